"""The view `classifications`: the seed's wide table, one row a picture of a run.

Of several verdicts on a picture the latest counts, or the latest that settles a disagreement.
"""

from __future__ import annotations

from db.verdicts import VERDICTS

RUN_STRIDE = 1_000_000_000
"""A row's id is `(run - 1) * RUN_STRIDE + image`: the first run's ids are the image ids."""

WIDTH = 5
"""Predictions shown a picture; a run with fewer has NULL in the rest."""

COLUMNS = (
    "id",
    "tweet_id",
    "link",
    *(f"{name}{rank}" for rank in range(1, WIDTH + 1) for name in ("keyword", "score")),
    "label_id",
)


def _select() -> str:
    ranks = range(1, WIDTH + 1)
    shown = ",\n    ".join(
        f"p{rank}.label AS keyword{rank}, p{rank}.score AS score{rank}" for rank in ranks
    )
    joins = "\n".join(
        f"LEFT JOIN prediction p{rank} ON p{rank}.run_id = p1.run_id"
        f" AND p{rank}.image_id = p1.image_id AND p{rank}.`rank` = {rank}"
        for rank in ranks[1:]
    )
    exported = [verdict for verdict in VERDICTS.values() if verdict.label_id is not None]
    cases = " ".join(f"WHEN '{verdict.name}' THEN {verdict.label_id}" for verdict in exported)
    listed = ", ".join(f"'{verdict.name}'" for verdict in exported)
    return f"""\
SELECT
    (p1.run_id - 1) * {RUN_STRIDE} + image.id AS id,
    COALESCE(image.tweet_id, image.`key`) AS tweet_id,
    image.link AS link,
    {shown},
    CASE verdicts.verdict {cases} END AS label_id
FROM prediction p1
JOIN image ON image.id = p1.image_id
{joins}
LEFT JOIN (
    SELECT round.run_id, round_item.image_id,
        COALESCE(MAX(CASE WHEN judgment.settles THEN judgment.id END), MAX(judgment.id))
            AS judgment_id
    FROM judgment
    JOIN round_item ON round_item.round_id = judgment.round_id
        AND round_item.position = judgment.position
    JOIN round ON round.id = judgment.round_id
    WHERE judgment.retracted_at IS NULL AND judgment.verdict IN ({listed})
    GROUP BY round.run_id, round_item.image_id
) latest ON latest.run_id = p1.run_id AND latest.image_id = p1.image_id
LEFT JOIN judgment verdicts ON verdicts.id = latest.judgment_id
WHERE p1.`rank` = 1"""  # noqa: S608 - only constants of this house


def create_view(dialect: str) -> str:
    """Return the statement that makes the view, once `drop_view` ran or there was none.

    On a server the view looks with the rights of who asks, so that it outlives its maker.
    """
    rights = "" if dialect == "sqlite" else "SQL SECURITY INVOKER "
    return f"CREATE {rights}VIEW classifications AS\n{_select()}"


DROP_VIEW = "DROP VIEW IF EXISTS classifications"
