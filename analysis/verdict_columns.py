"""Verdicts and judged pictures of a run as arrays, and the rounds among them as phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.answers import Said, counted, verdict_codes
from analysis.judged import UNKNOWN, Bools, Floats, Ints
from analysis.weights import Phase, lower_bounds
from db.judged import Class, Pool, Verdicts
from db.rounds import RoundRow
from db.verdicts import CERTIFY, UNIFORM

EVEN = (UNIFORM, CERTIFY)
"""Designs that give every picture within their reach the same chance."""

EQUAL = 1.01
"""Chances are called equal up to this ratio: those of large clusters of near-duplicates may be
less, as one picture of them at most is drawn."""


@dataclass(frozen=True)
class Columns:
    """What was said, and the pictures with any verdict, in the order of their ids.

    A picture that was judged in several rounds counts for one of them: a round of equal chances
    before others, so that it stays one, and then the first. What somebody said of it again in a
    later round is no second opinion: of each reviewer the last answer counts, beside what they say
    as an admin to settle a disagreement.

    Attributes
    ----------
    said : Said
        The words that count, one row each.
    reviewer_id : array (r,) of int
        Whose they are.
    unsure : array (r,) of bool
    image_ids, round_id, position, stratum, cluster_size, classes : array (n,) of int
    answered_by : array (n,) of int
        The place in time of the last answer on each picture.
    probability, scores : array (n,) of float
        NaN where a picture has no inclusion probability.
    pool_classes : array (N,) of int
    names : sequence of str
        Of the classes, those that only a later rank has included.
    """

    said: Said
    reviewer_id: Ints
    unsure: Bools
    image_ids: Ints
    answered_by: Ints
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
    def of(cls, rows: Verdicts, pool: Pool, rounds: Sequence[RoundRow]) -> Columns:
        """Make them of what the database has; `rounds` are those of the verdicts."""
        index = _index(rows, pool)
        pool_classes = np.array(pool.places)
        image_ids, picture = np.unique(np.array(rows.image_ids), return_inverse=True)
        place = np.searchsorted(np.array(pool.image_ids), image_ids)
        round_id, reviewer_id = np.array(rows.round_ids), np.array(rows.reviewer_ids)
        before = sorted(rounds, key=lambda row: (row.design not in EVEN, row.id))
        rank = {row.id: number for number, row in enumerate(before)}
        ranks = np.fromiter((rank[each] for each in rows.round_ids), np.int64)
        order = np.lexsort((ranks, picture))
        first = order[np.searchsorted(picture[order], np.arange(len(image_ids)))]
        code, settles = verdict_codes(rows.verdicts), np.array(rows.settles, dtype=bool)
        told = (UNKNOWN if each is None else index[each] for each in rows.right)
        right = np.where(code == 0, pool_classes[place][picture], np.fromiter(told, np.int64))
        counts = counted(picture, reviewer_id, code, settles)
        answered_by = np.full(len(image_ids), -1)
        answers = np.flatnonzero(code >= 0)
        answered_by[picture[answers]] = answers  # of several, the last stays
        return cls(
            said=Said(picture[counts], code[counts], settles[counts], right[counts]),
            reviewer_id=reviewer_id[counts],
            unsure=np.array([verdict == "unsure" for verdict in rows.verdicts], bool)[counts],
            image_ids=image_ids,
            answered_by=answered_by,
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


def _index(rows: Verdicts, pool: Pool) -> dict[Class, int]:
    """Return the number of each class, in the order in which they come."""
    index: dict[Class, int] = {}
    for each in (*pool.classes, *dict.fromkeys(rows.right)):
        if each is not None:
            index.setdefault(each, len(index))
    return index


def phases(
    rounds: Sequence[RoundRow], columns: Columns, counted: Bools
) -> tuple[list[Phase], Ints, int]:
    """Return each round's judged pictures as a phase.

    Parameters
    ----------
    rounds : sequence of RoundRow
    columns : Columns
    counted : array (n,) of bool
        Which pictures enter.

    Returns
    -------
    list of Phase
        The rounds by their ids, within each the pictures in the order of drawing.
    array of int
        The places of these pictures in `columns`, in the same order.
    int
        Pictures that a run has labeled later, of which none was reached yet.
    """
    found, order, unreached = [], [], 0
    for row in sorted(rounds, key=lambda row: row.id):
        places = np.flatnonzero(counted & (columns.round_id == row.id))
        if not len(places):
            continue
        places = places[np.argsort(columns.position[places])]
        strata, drawn = columns.stratum[places], _drawn_by_stratum(row)
        judged = np.bincount(strata, minlength=len(drawn))
        share = (judged / np.maximum(drawn, 1))[strata]
        weight = 1 / (columns.probability[places] * share)
        if row.implicit_run_id is not None:
            unreached += int(drawn[judged == 0].sum())
        told = row.strata or {}
        found.append(
            Phase(
                scores=columns.scores[places],
                weight=weight,
                cluster_size=columns.cluster_size[places],
                # of a run's own round, what was not judged was left to be drawn
                share=np.ones(len(places)) if row.implicit_run_id is not None else share,
                lower=lower_bounds(told) if "strata" in told else np.zeros(1),
                equal=row.design in EVEN and weight.max() / weight.min() < EQUAL,
                follows=row.follows_id is not None,
            )
        )
        order.append(places)
    return found, np.concatenate(order), unreached


def open_share(rounds: Sequence[RoundRow], columns: Columns, answered: Bools) -> float:
    """Return the share of the pool that the pictures stand for which nobody answered for.

    Each round tells it by its own chances; together they count by what was looked at in each.

    Parameters
    ----------
    rounds : sequence of RoundRow
    columns : Columns
    answered : array (n,) of bool
    """
    looked_at = ~np.isnan(columns.probability)
    found = 0.0
    for row in rounds:
        places = np.flatnonzero(looked_at & (columns.round_id == row.id))
        if not len(places):
            continue
        strata, drawn = columns.stratum[places], _drawn_by_stratum(row)
        share = (np.bincount(strata, minlength=len(drawn)) / np.maximum(drawn, 1))[strata]
        weight = 1 / (columns.probability[places] * share)
        left_open = float(weight @ ~answered[places] / weight.sum())
        found += left_open * len(places) / looked_at.sum()
    return found


def _drawn_by_stratum(row: RoundRow) -> Floats:
    told = row.strata or {}
    if "strata" in told:
        return np.array([each["drawn"] for each in told["strata"]], float)
    if "batches" in told:
        return np.array([each["pictures"] for each in told["batches"]], float)
    return np.array([row.size], float)
