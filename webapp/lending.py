"""Hands out items of a round, a run's own one with what was labeled since."""

from __future__ import annotations

from dataclasses import replace

from db import implicit_rounds, leases, rounds
from db.leases import Handed, Wish
from webapp import store


def lend(row: rounds.RoundRow, reviewer_id: int, wish: Wish, *, behind: bool) -> Handed:
    """Hand out items as `db.leases.hand_out` does.

    While a round is `behind` (`db.implicit_rounds.behind`), what it lacks is taken in before
    anything is taken out of the hands of other reviewers.
    """
    engine = store.engine()
    first = leases.hand_out(engine, row.id, reviewer_id, replace(wish, gently=behind))
    if not behind or first.state in ("open", "closed"):
        return first
    implicit_rounds.top_up(engine, row.id, later=store.in_background)
    kept = [position for position in wish.have if position not in first.dropped]
    rest = leases.hand_out(
        engine,
        row.id,
        reviewer_id,
        Wish(wish.want - len(first.positions), (*kept, *first.positions), wish.showing),
    )
    return Handed((*first.positions, *rest.positions), (*first.dropped, *rest.dropped), rest.state)
