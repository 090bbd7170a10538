"""What a reviewer can do with one key: the actions, their words, and the keys they lie on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from db.verdicts import CURATE

LONGEST_KEY = 20
"""Characters of a key's name, as browsers call it ("j", "Backspace", "ArrowLeft")."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key or button does.

    Attributes
    ----------
    name : str
        What its key is kept under.
    keys : tuple of str
        Its keys, as `KeyboardEvent.key` names them; a reviewer may change the first.
    title, hint : str
        On the button, and beside it in the key map.
    verdict : str, optional
        The verdict it gives; None if it gives none.
    rank : int, optional
        The right prediction's, where the action says which.
    """

    name: str
    keys: tuple[str, ...]
    title: str
    hint: str
    verdict: str | None = None
    rank: int | None = None


_JUDGING = (
    Action("top1", ("j",), "Top-1 right", "the first prediction is right", "top1"),
    Action("topk", ("k",), "Later one right", "a later prediction is right", "topk"),
    Action("none", ("l",), "None right", "none of the predictions is right", "none"),
    Action("rank1", ("1",), "Prediction 1 right", "the first prediction is right", "top1"),
)

_NO_CLASS = Action(
    "novocab", ("x",), "No such class", "no class of the model could be right", "novocab"
)

_CURATING = (
    Action("keep", ("j",), "Keep", "the picture is fit for training", "keep"),
    Action("reject", ("l",), "Reject", "the picture is not fit for training", "reject"),
)

_ALWAYS = (
    Action("skip", ("s",), "Skip", "leave this picture out", "skip"),
    Action("unsure", ("u",), "Unsure", "it cannot be told", "unsure"),
    Action("undo", ("Backspace", "z"), "Undo", "take the last verdict back"),
    Action("back", ("ArrowLeft",), "Back", "look at the picture judged before"),
    Action("forward", ("ArrowRight",), "Forward", "towards the picture to be judged"),
    Action("note", ("n",), "Note", "write a note on this picture"),
    Action("blind", ("b",), "Blind", "hide the scores, then the labels"),
    Action("zoom", ("f",), "Full size", "look at the picture in full size"),
    Action("help", ("?",), "Keys", "show the keys, and change them"),
)

MOST_RANKS = 9
"""Later predictions have the keys 2 to 9."""


def actions(design: str, k: int) -> tuple[Action, ...]:
    """Return what can be done in a round of a design over the top `k` predictions."""
    if design == CURATE:
        return (*_CURATING, *_ALWAYS)
    # with a single prediction there is no later one
    judging = [action for action in _JUDGING if k > 1 or action.verdict != "topk"]
    return (*judging, *_later_ranks(k), _NO_CLASS, *_ALWAYS)


def _later_ranks(k: int) -> Iterator[Action]:
    for rank in range(2, min(k, MOST_RANKS) + 1):
        title = f"Prediction {rank} right"
        yield Action(f"rank{rank}", (str(rank),), title, f"number {rank} is right", "topk", rank)


def shown(actions: tuple[Action, ...], own: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return actions as the page takes them, the first key of each as the reviewer has set it."""
    return [asdict(action) | {"keys": _keys(action, own)} for action in actions]


def _keys(action: Action, own: Mapping[str, str]) -> list[str]:
    return [own.get(action.name, action.keys[0]), *action.keys[1:]]


def problem(own: Mapping[str, str]) -> str | None:
    """Return why a reviewer cannot have these keys, in a sentence, or None."""
    every = {
        action.name: action for design in ("", CURATE) for action in actions(design, MOST_RANKS)
    }
    for name, key in own.items():
        if name not in every:
            return f"There is no action {name!r}."
        if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            return f"The key for {every[name].title!r} is none."
    for design in ("", CURATE):
        holder: dict[str, Action] = {}
        for action in actions(design, MOST_RANKS):
            for key in _keys(action, own):
                other = holder.setdefault(key.lower(), action)
                if other is not action:
                    return (
                        f"{other.title!r} and {action.title!r} would both be on the key {key!r}:"
                        " choose another for one of them."
                    )
    return None
