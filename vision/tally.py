"""What a run has done so far, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vision.records import Event, Failure


@dataclass
class Tally:
    """What a run has done so far. `failed` counts by (stage, reason); `skipped` are events that
    an earlier run had stored already."""

    skipped: int = 0
    labeled: int = 0
    repeated: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        return self.labeled + self.failed.total()

    def add(self, event: Event) -> None:
        if isinstance(event, Failure):
            self.failed[event.stage, event.reason] += 1
        else:
            self.labeled += 1
            self.repeated += event.repeated
