"""One event on its way through the stages."""

from __future__ import annotations

from dataclasses import dataclass

from vision.errors import PictureError
from vision.prepare import Outcome
from vision.records import Event, Failure, ImageRecord, Labeled, utf8
from vision.source import BadInput


@dataclass(eq=False, slots=True)
class Slot:
    """A place in the input; `outcome` is shared by slots with the same bytes."""

    position: int
    item: ImageRecord | BadInput
    outcome: Outcome | None = None
    repeated: bool = False

    @property
    def record(self) -> ImageRecord:
        """The picture of a slot that is no bad input."""
        assert isinstance(self.item, ImageRecord)
        return self.item

    @property
    def done(self) -> bool:
        return isinstance(self.item, BadInput) or bool(self.outcome and self.outcome.done)

    def event(self) -> Event:
        if isinstance(self.item, BadInput):
            bad = self.item
            return _failure(self.position, bad, PictureError("read", bad.reason, bad.detail))
        outcome = self.outcome
        assert outcome is not None
        if outcome.error is not None:
            return _failure(self.position, self.item, outcome.error)
        facts, found, features = outcome.facts, outcome.predictions, outcome.features
        assert facts is not None
        return Labeled(self.position, self.item, facts, found, self.repeated, features)


def _failure(position: int, item: ImageRecord | BadInput, error: PictureError) -> Failure:
    # what went wrong may quote the input, and that need not be text at all
    told = map(utf8, (item.key, item.link, error.stage, error.reason, error.detail))
    key, link, stage, reason, detail = told
    return Failure(position, key, link, stage, reason, detail)
