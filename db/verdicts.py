"""What a reviewer may say of a picture, and for which rounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict. `label_id` is what it is exported as (None: it is not).

    `curating` verdicts belong to rounds that sort pictures before training, the others to rounds
    that judge predictions. `answers` is false where the reviewer leaves the question open: such
    verdicts are nonresponse, counted but never redrawn.
    """

    name: str
    label_id: int | None = None
    curating: bool = False
    answers: bool = True


_ALL = (
    Verdict("top1", 0),  # the first prediction is right
    Verdict("topk", 1),  # a later one is right; which may be told by its rank
    Verdict("none", 2),  # none of them is
    Verdict("novocab", 2),  # none is, and no class of the model could be
    Verdict("keep", curating=True),
    Verdict("reject", curating=True),
    Verdict("unsure", answers=False),
    Verdict("skip", answers=False),
)

VERDICTS = {verdict.name: verdict for verdict in _ALL}

UNIFORM, STRATIFIED, CERTIFY, CURATE = DESIGNS = ("uniform", "stratified", "certify", "curate")
"""How a round is drawn; the names that `bin/draw_round.py --design` takes."""

AIMED = "aimed"
"""The design of a round that aims at a question (`bin/draw_round.py --for`)."""


def allowed(verdict: Verdict, design: str) -> bool:
    """Say whether a verdict may be given in a round of this design."""
    return not verdict.answers or verdict.curating == (design == CURATE)
