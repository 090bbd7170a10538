"""Who may see what was said of a picture: nobody who may still be given it to judge."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, exists, or_, select
from sqlalchemy.orm import aliased

from db.reading import in_this_order
from db.review_models import FULL, Judgment, Lease, Round, RoundItem
from db.verdicts import CURATE, VERDICTS

BY_POSITION = "ix_judgment_round_id_position"
"""The index that finds the verdicts on an item."""

ANSWERS = [name for name, verdict in VERDICTS.items() if verdict.answers]


def same_question(item: type[RoundItem], of: type[Round]) -> ColumnElement[bool]:
    """Return the condition on an item and its round that they ask what a `RoundItem` asks.

    The picture and the run are the same, and predictions are judged in both, or pictures sorted.
    """
    return (
        (of.id == item.round_id)
        & (item.image_id == RoundItem.image_id)
        & (of.run_id == Round.run_id)
        & ((of.design == CURATE) == (Round.design == CURATE))
    )


def said_at(item: type[RoundItem], said: type[Judgment]) -> ColumnElement[bool]:
    """Return the condition on a verdict that it is on an item and stands."""
    return (
        (said.round_id == item.round_id)
        & (said.position == item.position)
        & said.retracted_at.is_(None)
    )


def same_pictures(connection: Connection, round_id: int, position: int) -> dict[int, int]:
    """Return where what an item asks is asked, by round: there, and in other rounds of the run."""
    item, of = aliased(RoundItem), aliased(Round)
    query = (
        select(item.round_id, item.position)
        .select_from(RoundItem)
        .join(Round, Round.id == RoundItem.round_id)
        .join(item, item.image_id == RoundItem.image_id)
        .join(of, same_question(item, of))
        .where(RoundItem.round_id == round_id, RoundItem.position == position)
    )
    return dict(connection.execute(query).all())


def visible(viewer_id: int, *, own_round: bool) -> ColumnElement[bool]:
    """Return the condition on a `RoundItem`, beside its `Round`, that the verdicts may be seen.

    Nobody but the viewer has said anything of the picture, or no open round of the run can give it
    to them any more: there they have answered, or every place is taken for good. `own_round` is
    whether the round that a run has by itself counts beside a drawn one. It is never closed: an
    admin could hardly ever settle a disagreement of a drawn round if it did.
    """
    item, of = aliased(RoundItem), aliased(Round)
    said = aliased(Judgment)
    # from the picture on: MariaDB would begin with all that anybody has said
    alike = in_this_order(
        select(item.position)
        .select_from(item)
        .join(of, of.id == item.round_id)
        .where(same_question(item, of))
    )
    by_others = alike.join(said, said_at(item, said)).where(said.reviewer_id != viewer_id)
    for dialect in ("mysql", "mariadb"):
        # by statistics that lag behind, all verdicts of a round look like one
        by_others = by_others.with_hint(said, f"FORCE INDEX ({BY_POSITION})", dialect)
    answered = exists().where(
        said_at(item, said), said.reviewer_id == viewer_id, said.verdict.in_(ANSWERS)
    )
    returns = exists().where(
        Lease.round_id == item.round_id,
        Lease.position == item.position,
        Lease.expires_at.is_not(None),
    )
    gives: ColumnElement[bool] = of.closed_at.is_(None)
    if not own_round:
        gives &= or_(of.implicit_run_id.is_(None), of.id == Round.id)
    to_come = alike.where(gives, or_(item.places != FULL, returns), ~answered).exists()
    return ~(by_others.exists() & to_come)


def visible_images(
    connection: Connection, round_ids: Collection[int], viewer_id: int, image_ids: Collection[int]
) -> set[int]:
    """Return those of some pictures, judged in some rounds, whose verdicts the viewer may see."""
    query = (
        select(RoundItem.image_id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(
            RoundItem.round_id.in_(round_ids),
            RoundItem.image_id.in_(image_ids),
            visible(viewer_id, own_round=True),
        )
    )
    return set(connection.execute(query).scalars())


def share_pictures(
    connection: Connection, judged_in: Collection[int], others: Collection[int]
) -> bool:
    """Say whether a picture that was judged in some rounds lies in one of others."""
    other = aliased(RoundItem)
    query = (
        select(Judgment.id)
        .join(RoundItem, said_at(RoundItem, Judgment))
        .join(other, other.image_id == RoundItem.image_id)
        .where(Judgment.round_id.in_(judged_in), other.round_id.in_(others))
        .limit(1)
    )
    return connection.execute(query).first() is not None
