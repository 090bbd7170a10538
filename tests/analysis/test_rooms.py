"""The plan of the house names every room of analysis, once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {"prediction_analysis", "why_thresholds_need_care"}


def test_every_room_is_named_once() -> None:
    plan = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named: Counter[str] = Counter()
    for title in ("judging", "the figures"):
        rows = plan.split(f"## The rooms of {title}\n")[1].split("\n## ")[0].splitlines()
        for row in rows:
            floor = "analysis"
            for room in re.findall(r"`([\w.]+)`", row.split("|")[1] if "|" in row else ""):
                *given, name = room.split(".")
                # in a cell, what has no floor of its own is on that of the room before
                floor = given[0] if given else floor
                named[f"{floor}.{name}"] += 1
    rooms = {
        path.stem
        for path in (ROOT / "analysis").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    rooms -= NOTEBOOKS | {"__init__"}
    assert {room: named[f"analysis.{room}"] for room in rooms} == dict.fromkeys(rooms, 1)
