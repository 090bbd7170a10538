"""What analysis reads of a run, again: only as far as it has changed since it was read before."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from itertools import compress
from typing import Any

from sqlalchemy import Connection

from db import judged
from db.judged import Fingerprint, Pool, Verdicts


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run had when its fingerprint was this."""

    fingerprint: Fingerprint
    verdicts: Verdicts
    pool: Pool


def see(
    connection: Connection,
    run_id: int,
    round_ids: Collection[int] | None = None,
    before: Seen | None = None,
) -> Seen:
    """Return what a run has now.

    Parameters
    ----------
    connection : Connection
    run_id : int
    round_ids : collection of int, optional
        Verdicts of these rounds alone.
    before : Seen, optional
        What was seen earlier of the same run and rounds. It stays as it is.
    """
    now = judged.fingerprint(connection, run_id)
    if before is not None and before.fingerprint == now:
        return before
    if before is None or now.images_labeled != before.fingerprint.images_labeled:
        pool = judged.pool(connection, run_id)
    else:
        pool = before.pool
    kept = None if before is None else _grown(connection, run_id, round_ids, before, now)
    return Seen(now, kept or judged.verdicts(connection, run_id, round_ids), pool)


def _grown(
    connection: Connection,
    run_id: int,
    round_ids: Collection[int] | None,
    before: Seen,
    now: Fingerprint,
) -> Verdicts | None:
    """Return the verdicts seen before less those taken back and with the later ones.

    None where others came in between: ids are given out before they can be seen, and a
    transaction that began first may end last.
    """
    last, verdicts = before.fingerprint.last_id, before.verdicts
    come = now.verdicts - before.fingerprint.verdicts
    if judged.count_after(connection, run_id, last) != come:
        return None
    columns = [getattr(verdicts, field.name) for field in fields(Verdicts)]
    if now.retracted != before.fingerprint.retracted:
        gone = judged.retracted(connection, run_id)
        stands = [each not in gone for each in verdicts.ids]
        columns = [_like(column, compress(column, stands)) for column in columns]
    if come:
        later = judged.verdicts(connection, run_id, round_ids, after=last)
        more = [getattr(later, field.name) for field in fields(Verdicts)]
        columns = [column + each for column, each in zip(columns, more, strict=True)]
    return Verdicts(*columns)


def _like(column: Sequence[Any], values: Any) -> Any:
    return array(column.typecode, values) if isinstance(column, array) else list(values)
