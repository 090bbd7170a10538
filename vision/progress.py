"""What a person sees of a run: a bar (or a line now and then), and a summary at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping

from vision.tally import Tally

_LINE_SECONDS = 10.0


class Progress:
    """Shows a run's `Tally` on stderr: a bar on a terminal, else a line every 10 seconds."""

    def __init__(self, *, quiet: bool, total: int | None = None, has_bar: bool = True) -> None:
        self._quiet = quiet
        self._total = total
        self._began = time.monotonic()
        self._next_line = self._began + _LINE_SECONDS
        self._bar = None
        if not quiet and has_bar and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit=" pictures", dynamic_ncols=True, leave=False)

    def __call__(self, tally: Tally) -> None:
        if self._bar is not None:
            self._bar.set_postfix(labeled=tally.labeled, failed=tally.failed.total(), refresh=False)
            self._bar.update(tally.skipped + tally.seen - self._bar.n)
        elif not self._quiet and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_SECONDS
            of = f" of {self._total:,}" if self._total else ""
            rate = tally.seen / self.seconds
            _say(
                f"{tally.seen:,}{of} pictures: {tally.labeled:,} labeled, "
                f"{tally.failed.total():,} failed, {rate:.1f} a second"
            )

    @property
    def seconds(self) -> float:
        """Seconds since the beginning, never 0."""
        return max(time.monotonic() - self._began, 1e-9)

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.close()


def summary(tally: Tally, passed: Mapping[str, int], seconds: float, computed: str) -> str:
    """Return the closing lines of a run: what was seen and became of it, failures by reason, and
    what it was computed in."""
    rows = [("seen", f"{tally.seen:,}"), ("labeled", f"{tally.labeled:,}")]
    if tally.skipped:
        rows.insert(0, ("done before", f"{tally.skipped:,}"))
    if tally.repeated:
        rows.append(("  of them repeated", f"{tally.repeated:,}"))
    rows.append(("failed", f"{tally.failed.total():,}"))
    by_stage: Counter[str] = Counter()
    for (stage, _), count in tally.failed.items():
        by_stage[stage] += count
    for stage, count in by_stage.most_common():
        reasons = ", ".join(
            f"{n:,} {reason}" for (at, reason), n in tally.failed.most_common() if at == stage
        )
        rows.append((f"  {stage}", f"{count:,}  ({reasons})"))
    rows += [(f"passed over: {what}", f"{count:,}") for what, count in sorted(passed.items())]
    rows.append(("computed in", computed))
    rate = tally.seen / seconds
    rows.append(("time", f"{seconds:.1f} s, {rate:.1f} pictures a second"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
