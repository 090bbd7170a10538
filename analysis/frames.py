"""The judged pictures of a run, out of the database, each with what it stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.answers import ANSWERS, Agreed, Said, agree, verdict_codes
from analysis.judged import UNKNOWN, Bools, Floats, Ints, Judged, Pool, Reviews, Source
from analysis.weights import Phase, lower_bounds, weigh
from db import judged as stored
from db.engine import Connection
from db.retry import shown
from db.rounds import RoundRow, all_rounds
from db.verdicts import CERTIFY, CURATE, UNIFORM
from vision.errors import InputError

EQUAL = 1.01
"""Chances are called equal up to this ratio: those of large clusters of near-duplicates may be
less, as one picture of them at most is drawn."""


def read(
    connection: Connection, run_id: int | None = None, round_ids: Collection[int] | None = None
) -> Judged:
    """Return what was judged of a run.

    Parameters
    ----------
    connection : Connection
    run_id : int, optional
        The newest run with verdicts if None.
    round_ids : collection of int, optional
        Only these of its rounds; all, put together by their inclusion probabilities, if None.

    Raises
    ------
    InputError
        If there are no such runs, rounds or verdicts; the sentence says what to do.
    """
    every = all_rounds(connection)
    if round_ids is not None:
        run_id = _run_of(every, round_ids, run_id)
    run_id, notes = _run(connection, run_id)
    facts = stored.about_run(connection, run_id)
    assert facts is not None
    rows = stored.verdicts(connection, run_id, round_ids)
    pool_rows = stored.pool(connection, run_id)
    rounds = [row for row in every if row.id in set(rows.round_ids)]
    columns = _Columns.of(rows, pool_rows)
    agreed = agree(columns.said, len(columns.image_ids))
    counted = agreed.answered & ~np.isnan(columns.probability)
    if not counted.any():
        raise InputError(
            f"no verdict on run {run_id} can be counted: every one is unsure, a skip, or on a"
            " picture without inclusion probability; judge pictures of a drawn round (make serve)"
        )
    notes += _left_out(agreed, columns.probability)
    phases, order = _phases(rounds, columns, counted, notes)
    pool = Pool(np.array(pool_rows.scores), columns.pool_classes, columns.names)
    notes += _growth(rounds, pool)
    weights = weigh(pool.ascending, phases, columns.cluster_size[order], known=True)
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
        reviews=_reviews(connection, rows, columns.said, order),
        source=Source(
            what=f"run {run_id} of {shown(connection.engine.url)}",
            design=_design(rounds, judged_positions),
            notes=tuple(notes),
            unsure=int(unsure.sum()),
            skipped=int((open_ & ~unsure).sum()),
            complete=_complete(rounds, judged_positions),
            run_id=run_id,
            model=facts.model,
            weights_sha256=facts.weights_sha256,
            runtime=facts.runtime,
            precision=facts.precision,
            preprocessing=facts.preprocessing,
            round_ids=tuple(sorted(row.id for row in rounds)),
        ),
        **vars(weights),
    )


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


@dataclass(frozen=True)
class _Columns:
    """Verdicts row by row, and pictures with any verdict: arrays over both, of the same order.

    A picture that was judged in several rounds counts as one of the first of them.
    """

    said: Said
    unsure: Bools
    image_ids: Ints
    round_id: Ints
    position: Ints
    stratum: Ints
    probability: Floats
    cluster_size: Ints
    scores: Floats
    classes: Ints
    pool_classes: Ints
    names: Sequence[str]

    @classmethod
    def of(cls, rows: stored.Verdicts, pool: stored.Pool) -> _Columns:
        index: dict[stored.Class, int] = {}
        for each in pool.classes:
            index.setdefault(each, len(index))
        for told in rows.right:
            if told is not None:
                index.setdefault(told, len(index))
        pool_classes = np.fromiter(map(index.__getitem__, pool.classes), np.int64)
        images, row_image = np.array(rows.image_ids), np.array(pool.image_ids)
        image_ids, first, picture = np.unique(images, return_index=True, return_inverse=True)
        place = np.searchsorted(row_image, image_ids)
        code = verdict_codes(rows.verdicts)
        right = np.fromiter(
            (UNKNOWN if told is None else index[told] for told in rows.right), np.int64
        )
        right = np.where(code == 0, pool_classes[place][picture], right)
        round_id = np.array(rows.round_ids)
        # the first round of each picture, not its first verdict
        order = np.lexsort((round_id, picture))
        first = order[np.searchsorted(picture[order], np.arange(len(image_ids)))]
        return cls(
            said=Said(picture, code, np.array(rows.settles, dtype=bool), right),
            unsure=np.array([verdict == "unsure" for verdict in rows.verdicts], bool),
            image_ids=image_ids,
            round_id=round_id[first],
            position=np.array(rows.positions)[first],
            stratum=np.array([each or 0 for each in rows.strata])[first],
            probability=np.array(rows.inclusion_probabilities, dtype=float)[first],
            cluster_size=np.array(rows.cluster_sizes)[first],
            scores=np.array(pool.scores)[place],
            classes=pool_classes[place],
            pool_classes=pool_classes,
            names=[label for _, label in index],
        )


def _phases(
    rounds: Sequence[RoundRow], columns: _Columns, counted: Bools, notes: list[str]
) -> tuple[list[Phase], Ints]:
    """Return each round's judged pictures as a phase, and the places of all of them in a row."""
    phases, order = [], []
    for row in sorted(rounds, key=lambda row: row.id):
        places = np.flatnonzero(counted & (columns.round_id == row.id))
        places = places[np.argsort(columns.position[places])]
        if not len(places):
            continue
        strata, drawn = columns.stratum[places], _drawn_by_stratum(row)
        judged = np.bincount(strata, minlength=len(drawn))
        weight = (drawn / np.maximum(judged, 1))[strata] / columns.probability[places]
        unreached = int(drawn[judged == 0].sum())
        if row.implicit_run_id is not None and unreached:
            notes.append(
                f"{unreached:,} pictures that were labeled later are not reached yet: taken to be"
                " like the others."
            )
        phases.append(
            Phase(
                scores=columns.scores[places],
                weight=weight,
                lower=_lower(row),
                equal=row.design in (UNIFORM, CERTIFY) and weight.max() / weight.min() < EQUAL,
            )
        )
        order.append(places)
    return phases, np.concatenate(order)


def _drawn_by_stratum(row: RoundRow) -> Floats:
    told = row.strata or {}
    if "strata" in told:
        return np.array([each["drawn"] for each in told["strata"]], float)
    if "batches" in told:
        return np.array([each["pictures"] for each in told["batches"]], float)
    return np.array([row.size], float)


def _lower(row: RoundRow) -> Floats:
    told = row.strata or {}
    return lower_bounds(told) if "strata" in told else np.zeros(1)


def _left_out(agreed: Agreed, probability: Floats) -> list[str]:
    picked = int((agreed.answered & np.isnan(probability)).sum())
    if not picked:
        return []
    return [f"{picked:,} judged pictures were not drawn at random and enter no figure."]


def _growth(rounds: Sequence[RoundRow], pool: Pool) -> list[str]:
    drawn_from = {
        row.strata["pictures"] for row in rounds if row.strata and "pictures" in row.strata
    }
    more = pool.size - min(drawn_from, default=pool.size)
    if more <= 0:
        return []
    return [
        f"{more:,} pictures were labeled after the round was drawn: taken to be like the others."
    ]


def _positions(rows: stored.Verdicts) -> dict[int, int]:
    """Return how many pictures of each round have a verdict."""
    pairs = set(zip(rows.round_ids, rows.positions, strict=True))
    return Counter(round_id for round_id, _ in pairs)


def _design(rounds: Sequence[RoundRow], judged: Mapping[int, int]) -> str:
    parts = []
    for row in sorted(rounds, key=lambda row: row.id):
        if row.implicit_run_id is not None:
            parts.append(f"{judged[row.id]:,} of all {row.size:,} pictures in random order")
        elif judged[row.id] < row.size:
            parts.append(f"{judged[row.id]:,} of a {row.design} round of {row.size:,}")
        else:
            parts.append(f"a {row.design} round of {row.size:,}")
    return ", then ".join(parts)


def _complete(rounds: Sequence[RoundRow], judged: Mapping[int, int]) -> bool:
    return all(row.closed_at is not None or judged[row.id] >= row.size for row in rounds)


def _reviews(connection: Connection, rows: stored.Verdicts, said: Said, order: Ints) -> Reviews:
    names = stored.reviewer_names(connection, set(rows.reviewer_ids))
    ids, reviewer = np.unique(np.array(rows.reviewer_ids), return_inverse=True)
    item = np.full(int(said.picture.max()) + 1, -1)
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
