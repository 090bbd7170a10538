"""What a reviewer's page sends, and what it is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from db.review_models import BLIND

LONGEST_NOTE = 10_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A verdict as it was given. `rank` is the right one's, or None; `seconds` is >= 0 or None.

    `browsed`: the reviewer chose the picture and was not given it. `renews` names the standing
    verdict that this one only adds a note to: what it was given with stays.
    """

    uuid: str
    round_uuid: str
    position: int
    verdict: str
    rank: int | None = None
    note: str | None = None
    seconds: float | None = None
    blind: str = BLIND[0]
    browsed: bool = False
    renews: str | None = None


@dataclass(frozen=True, slots=True)
class Retract:
    """An undo: the reviewer takes back the verdict called `judgment_uuid`."""

    uuid: str
    round_uuid: str
    judgment_uuid: str


Event = Judge | Retract


class Answer(NamedTuple):
    """What became of an event: `why` is None once it is stored for good, else why it never is.

    `ELSEWHERE` as the reason says that another database may know its round.
    """

    uuid: str
    why: str | None


ELSEWHERE = "its round is not in this database"


class Showing(NamedTuple):
    """What is before a reviewer's eyes after the events of a request."""

    round_uuid: str
    position: int
