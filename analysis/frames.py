"""The judged pictures of a run, out of the database, each with what it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from analysis.answers import ANSWERS, Agreed, agree
from analysis.judged import Floats, Ints, Judged, Pool, Reviews, Source
from analysis.verdict_columns import Columns, open_share, phases
from analysis.weights import weigh
from db import judged as stored
from db.engine import Connection
from db.rereading import Seen, see
from db.retry import shown
from db.rounds import RoundRow, all_rounds
from db.verdicts import AIMED, CURATE
from vision.errors import InputError
from vision.faith import Check


def read(
    connection: Connection,
    run_id: int | None = None,
    round_ids: Collection[int] | None = None,
    seen: Seen | None = None,
) -> Judged:
    """Return what was judged of a run.

    Parameters
    ----------
    connection : Connection
    run_id : int, optional
        The newest run with verdicts if None.
    round_ids : collection of int, optional
        Only these of its rounds; all, put together by their inclusion probabilities, if None.
    seen : db.rereading.Seen, optional
        What has been read of this run and these rounds just now, so that it is not read again.

    Raises
    ------
    InputError
        If there are no such runs, rounds or verdicts; the sentence says what to do.
    """
    every = all_rounds(connection)
    if round_ids is not None:
        run_id = _run_of(every, round_ids, run_id)
    notes: list[str] = []
    if run_id is None or seen is None or not seen.verdicts.ids:
        run_id, notes = _run(connection, run_id)
    facts = stored.about_run(connection, run_id)
    assert facts is not None
    seen = seen or see(connection, run_id, round_ids)
    rows, pool_rows = seen.verdicts, seen.pool
    with_verdicts = set(rows.round_ids)
    rounds = [row for row in every if row.id in with_verdicts]
    columns = Columns.of(rows, pool_rows, rounds)
    agreed = agree(columns.said, len(columns.image_ids))
    counted = agreed.answered & ~np.isnan(columns.probability)
    if not counted.any():
        raise InputError(
            f"no verdict on run {run_id} can be counted: every one is unsure, a skip, or on a"
            " picture without inclusion probability; judge pictures of a drawn round (make serve)"
        )
    notes += _left_out(agreed, columns.probability)
    drawn, order, unreached = phases(rounds, columns, counted)
    pool = Pool(np.array(pool_rows.scores), columns.pool_classes, columns.names)
    notes += _unlike(rounds, pool, unreached)
    weights = weigh(pool.ascending, drawn, known=True)
    by_time = np.argsort(columns.answered_by[order])
    order = order[by_time]
    judged_positions = _positions(rows)
    open_ = ~agreed.answered
    unsure = open_ & np.isin(np.arange(len(open_)), columns.said.picture[columns.unsure])
    return Judged(
        scores=columns.scores[order],
        top1=agreed.top1[order],
        topk=agreed.topk[order],
        classes=columns.classes[order],
        right=agreed.right[order],
        image_ids=columns.image_ids[order],
        cluster_size=columns.cluster_size[order],
        pool=pool,
        reviews=_reviews(connection, columns, order),
        source=Source(
            what=f"run {run_id} of {shown(connection.engine.url)}",
            design=_design(rounds, judged_positions),
            notes=tuple(notes),
            unsure=int(unsure.sum()),
            skipped=int((open_ & ~unsure).sum()),
            open_share=open_share(rounds, columns, agreed.answered),
            complete=_complete(rounds, judged_positions),
            run_id=run_id,
            model=facts.model,
            weights_sha256=facts.weights_sha256,
            runtime=facts.runtime,
            precision=facts.precision,
            preprocessing=facts.preprocessing,
            check=_check(facts),
            round_ids=tuple(sorted(row.id for row in rounds)),
        ),
        **vars(weights.in_order(by_time)),
    )


def _check(facts: stored.RunFacts) -> str | None:
    found = facts.arguments.get("check")
    return str(Check(**found)) if found else None


def _run(connection: Connection, wanted: int | None) -> tuple[int, list[str]]:
    """Return the run that is meant, and what is to be said of that choice."""
    counts = stored.verdict_counts(connection)
    with_some = [run_id for run_id, count in counts.items() if count]
    if not counts:
        raise InputError(
            "nothing was labeled yet: label pictures first (bin/label_images.py --database)"
        )
    if wanted is not None and wanted not in counts:
        known = ", ".join(map(str, list(counts)[:5]))
        raise InputError(f"there is no run {wanted}: choose one of {known}")
    if not with_some:
        raise InputError("nothing was judged yet: judge some pictures first (make serve)")
    if wanted is None:
        newest = next(iter(counts))
        chosen = with_some[0]
        if newest == chosen:
            return chosen, []
        return chosen, [f"Run {newest} is newer and has no verdicts of its own."]
    if not counts[wanted]:
        others = ", ".join(f"{run_id} has {counts[run_id]:,}" for run_id in with_some[:5])
        raise InputError(
            f"run {wanted} has no verdicts (run {others}): judge some of its pictures, or compare"
            f" it with a judged run (bin/report.py --compare {wanted})"
        )
    return wanted, []


def _run_of(every: Sequence[RoundRow], wanted: Collection[int], run_id: int | None) -> int | None:
    found = {row.id: row for row in every}
    for round_id in wanted:
        if round_id not in found:
            raise InputError(f"there is no round {round_id}: the page of rounds lists all")
        if found[round_id].design == CURATE:
            raise InputError(f"round {round_id} sorts pictures and judges no prediction")
    runs = {found[round_id].run_id for round_id in wanted} | ({run_id} - {None})
    if len(runs) > 1:
        raise InputError(
            f"rounds {', '.join(map(str, sorted(wanted)))} are not all of one run: verdicts on"
            " different predictions cannot be put together"
        )
    return next(iter(runs), None)


def _left_out(agreed: Agreed, probability: Floats) -> list[str]:
    picked = int((agreed.answered & np.isnan(probability)).sum())
    if not picked:
        return []
    return [f"{picked:,} judged pictures were not drawn at random and enter no figure."]


def _unlike(rounds: Sequence[RoundRow], pool: Pool, unreached: int) -> list[str]:
    """Say what part of the pool the sample cannot have reached."""
    notes = []
    if unreached:
        notes.append(f"{unreached:,} pictures that were labeled later are not reached yet")
    drawn_from = [
        row.strata["pictures"] for row in rounds if row.strata and "pictures" in row.strata
    ]
    more = pool.size - min(drawn_from, default=pool.size)
    if more > 0:
        notes.append(f"{more:,} pictures were labeled after a round was drawn")
    return [f"{note}: taken to be like the others." for note in notes]


def _positions(rows: stored.Verdicts) -> dict[int, int]:
    """Return how many pictures of each round have a verdict."""
    round_ids, positions = np.array(rows.round_ids), np.array(rows.positions)
    return {
        round_id: int(np.count_nonzero(np.bincount(positions[round_ids == round_id])))
        for round_id in set(rows.round_ids)
    }


def _design(rounds: Sequence[RoundRow], judged: Mapping[int, int]) -> str:
    parts = []
    for row in sorted(rounds, key=lambda row: row.id):
        if row.implicit_run_id is not None:
            parts.append(f"{judged[row.id]:,} of all {row.size:,} pictures in random order")
        elif judged[row.id] < row.size:
            parts.append(f"{judged[row.id]:,} of {_round(row)}")
        else:
            parts.append(_round(row))
    return ", then ".join(parts)


def _round(row: RoundRow) -> str:
    article = "an" if row.design == AIMED else "a"
    return f"{article} {row.design} round of {row.size:,}"


def _complete(rounds: Sequence[RoundRow], judged: Mapping[int, int]) -> bool:
    return all(row.closed_at is not None or judged[row.id] >= row.size for row in rounds)


def _reviews(connection: Connection, columns: Columns, order: Ints) -> Reviews:
    said = columns.said
    ids, reviewer = np.unique(columns.reviewer_id, return_inverse=True)
    names = stored.reviewer_names(connection, set(ids.tolist()))
    item = np.full(len(columns.image_ids), -1)
    item[order] = np.arange(len(order))
    kept = (said.code >= 0) & (item[said.picture] >= 0)
    return Reviews(
        item=item[said.picture][kept],
        reviewer=reviewer[kept],
        answer=said.code[kept],
        settles=said.settles[kept],
        reviewers=[names[each] for each in ids.tolist()],
        answers=ANSWERS,
    )
