"""What a reviewer is shown of an item."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from db.models import Image
from db.predictions import TopK, top_k
from db.review_models import RoundItem
from db.rounds import RoundRow

_SHOWN = (
    RoundItem.position,
    RoundItem.cluster_size,
    Image.id,
    Image.key,
    Image.tweet_id,
    Image.link,
    Image.author,
    Image.text,
    Image.content_sha256,
)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A picture at its position of a round, with the run's predictions, rank 1 first."""

    position: int
    copies: int
    image_id: int
    key: str
    tweet_id: str | None
    link: str
    author: str | None
    text: str | None
    content_sha256: str | None
    predictions: TopK


def items(connection: Connection, row: RoundRow, positions: Collection[int]) -> dict[int, ItemRow]:
    """Return the items at some positions of a round, by position; nobody's verdict is in them."""
    if not positions:
        return {}
    shown = connection.execute(
        select(*_SHOWN)
        .join(Image, Image.id == RoundItem.image_id)
        .where(RoundItem.round_id == row.id, RoundItem.position.in_(positions))
    ).all()
    predictions = top_k(connection, row.run_id, [each.id for each in shown])
    return {each.position: ItemRow(*each, predictions=predictions[each.id]) for each in shown}
