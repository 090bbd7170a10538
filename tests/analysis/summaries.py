"""Judged runs of every kind that figures have to stand: certain, undefined, weighted, disputed.

Each is made once for all tests, and so are its figures: nobody changes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from analysis.judged import Source
from analysis.sampling import sample
from analysis.simulated import FAIR, GOOD, Corpus, Quality, corpus, judge
from analysis.summary import Asked, Summary
from analysis.table import UNIFORM_NOTE
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of

SHA = "ab12cd34" + 56 * "0"


@cache
def _corpus(quality: Quality) -> Corpus:
    return corpus(quality, 3000, np.random.default_rng(1))


@cache
def drawn(design: str, size: int, quality: Quality = FAIR, **asked: object) -> Summary:
    """Return a summary of a round of a simulated run."""
    made, rng = _corpus(quality), np.random.default_rng(2)
    judged = judge(made, sample(design, size, made.scores, made.cluster, rng))
    source = Source(
        "run 7 of sqlite:///data/test.db", f"a {design} round of {size}",
        model="vgg16", weights_sha256=SHA, run_id=7, round_ids=(3,),
    )  # fmt: skip
    return Summary(replace(judged, source=source), Asked(**asked))


@cache
def _scored(*right: int) -> Summary:
    scores = np.linspace(0.3, 0.99, len(right))
    return Summary(judged_of(scores, right, pool=np.linspace(0.2, 1, 10 * len(right))))


@cache
def table() -> Summary:
    """Return a summary of verdicts of which nobody knows what they were drawn from."""
    judged = drawn(UNIFORM, 120).judged
    scores, right = judged.scores, judged.top1
    source = Source("some table.tsv", "120 rows", notes=(UNIFORM_NOTE,))
    return Summary(replace(judged_of(scores, right), source=source))


@cache
def disputed() -> Summary:
    """Return a summary of pictures that several people have answered for, not all alike."""
    summary = drawn(UNIFORM, 200)
    judged, rng = summary.judged, np.random.default_rng(3)
    item = np.repeat(np.arange(100), 2)
    who = np.concatenate([rng.permutation(3)[:2] for _ in range(100)])
    other = rng.random(200) < 0.15
    answer = np.where(other, rng.integers(0, 3, 200), judged.reviews.answer[item])
    reviews = replace(
        judged.reviews, item=item, reviewer=who, answer=answer,
        settles=np.zeros(200, bool), reviewers=["ann", "<b>bob</b> $x$", "\N{BIRD}\x07 cy"],
    )  # fmt: skip
    # the pictures left open were the more likely drawn
    source = replace(judged.source, unsure=6, skipped=4, open_share=0.04, complete=False)
    top1 = np.where(np.arange(200) % 20 == 0, 0.5, judged.top1)
    return Summary(replace(judged, top1=top1, reviews=reviews, source=source))


KINDS: dict[str, Callable[[], Summary]] = {
    "all right": lambda: _scored(*[1] * 30),
    "all wrong": lambda: _scored(*[0] * 30),
    "two verdicts": lambda: _scored(0, 1),
    "stratified": lambda: drawn(STRATIFIED, 300),
    "future": lambda: drawn(STRATIFIED, 300, about="future", threshold=0.9),
    "census": lambda: drawn(UNIFORM, 3000),
    "certified": lambda: drawn(CERTIFY, 500, GOOD),
    "out of reach": lambda: drawn(UNIFORM, 200, target=0.999),
    "table": table,
    "disputed": disputed,
}
"""By name."""
