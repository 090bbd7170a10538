"""What the reviewers of a soak know, beside what the database holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, select

from bench.reviewing.protocol import Log
from db.review_models import FULL, Judgment, Lease, Reviewer, RoundItem

CONTENT = {
    "position": "position",
    "verdict": "verdict",
    "rank": "correct_rank",
    "note": "note",
    "seconds": "seconds",
    "blind": "blind",
}
"""Fields of an event, and the columns they are stored in."""


@dataclass
class Found:
    """Acknowledged events beside the database; 0 of each is right.

    `lost`: not stored, stored otherwise, or undone by nobody. `doubled`: a reviewer has two
    standing verdicts on an item. `over`: items with more reviewers than they take. `surplus`:
    standing verdicts without a place. `strange`: verdicts that nobody sent. `open_places`: items
    not yet judged by all. `unreturned`: leases that nobody has turned into a verdict.
    """

    lost: int
    doubled: int
    over: int
    surplus: int
    strange: int
    open_places: int
    unreturned: int


def over(connection: Connection, round_id: int, overlap: int, among: set[int] | None) -> set[int]:
    """Return which items (of some, or of all) more than `overlap` reviewers judged or hold."""
    holding = select(Lease.position, Lease.reviewer_id).where(
        Lease.round_id == round_id,
        Lease.expires_at.is_(None) | (Lease.expires_at > datetime.now(UTC)),
    )
    judging = select(Judgment.position, Judgment.reviewer_id).where(
        Judgment.round_id == round_id, Judgment.retracted_at.is_(None)
    )
    if among is not None:
        holding = holding.where(Lease.position.in_(among))
        judging = judging.where(Judgment.position.in_(among))
    pairs = {tuple(row) for query in (holding, judging) for row in connection.execute(query)}
    reviewers = Counter(position for position, _ in pairs)
    return {position for position, number in reviewers.items() if number > overlap}


def compare(connection: Connection, round_id: int, overlap: int, logs: Sequence[Log]) -> Found:
    """Compare what the reviewers know with what is stored."""
    judged = connection.execute(select(Judgment).where(Judgment.round_id == round_id)).all()
    names = {row.id: row.name for row in connection.execute(select(Reviewer.id, Reviewer.name))}
    leases = connection.execute(select(Lease).where(Lease.round_id == round_id)).all()
    incomplete = select(RoundItem.position).where(
        RoundItem.round_id == round_id, RoundItem.places != FULL
    )
    stored = {row.uuid: row for row in judged}
    standing = [row for row in judged if row.retracted_at is None]
    places = {(row.position, row.reviewer_id) for row in leases}
    sent = {uuid for log in logs for uuid in log.sent}
    return Found(
        lost=sum(_lost(log, stored, names) for log in logs),
        doubled=len(standing) - len({(row.position, row.reviewer_id) for row in standing}),
        over=len(over(connection, round_id, overlap, None)),
        surplus=sum((row.position, row.reviewer_id) not in places for row in standing),
        strange=len(stored.keys() - sent),
        open_places=len(connection.execute(incomplete).all()),
        unreturned=sum(row.expires_at is not None for row in leases),
    )


def _lost(log: Log, stored: Mapping[str, Row], names: Mapping[int, str]) -> int:
    """Return how many acknowledged events of a reviewer did not come to what they should."""
    last: dict[int, str] = {}
    verdicts = [event for event in log.acknowledged.values() if event["kind"] == "judge"]
    for event in log.acknowledged.values():
        if event["kind"] == "judge":
            last[event["position"]] = event["uuid"]
        else:
            undone = log.acknowledged[event["judgment"]]
            if last.get(undone["position"]) == undone["uuid"]:
                del last[undone["position"]]
    lost = 0
    for event in verdicts:
        row = stored.get(event["uuid"])
        stands = last.get(event["position"]) == event["uuid"]
        lost += (
            row is None
            or any(getattr(row, column) != event[name] for name, column in CONTENT.items())
            or names[row.reviewer_id] != log.name
            or (row.retracted_at is None) != stands
        )
    return lost
