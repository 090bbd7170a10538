"""How every bench ends: one line a goal, `name: value, goal, met|missed`."""

from __future__ import annotations

import operator
from collections.abc import Callable

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
}


def report(name: str, value: float, relation: str, goal: float, unit: str = "") -> bool:
    """Print a measured value beside its goal and return whether it is met."""
    met = _COMPARE[relation](value, goal)
    shown = f"{value:.4g}{unit}"
    print(f"{name}: {shown}, goal {relation} {goal:g}{unit}, {'met' if met else 'missed'}")
    return met
