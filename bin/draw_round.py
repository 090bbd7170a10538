#!/usr/bin/env python3
"""Draw a round: a random sample of a run's pictures for people to judge."""

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import drawing
from analysis.followup import QUESTIONS, Question
from db.engine import connect
from db.row_ids import row_id
from db.verdicts import DESIGNS, STRATIFIED
from vision import door
from vision.errors import InputError


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description="Draw a round: a random sample of a run's pictures for people to judge. "
        "Of near-duplicates one at most is drawn.",
        epilog="uniform: every picture has the same chance; stratified: the same within strata of "
        "scores, finer where more is open; certify: uniform within the best-scored 80 percent, for "
        "a threshold with a guarantee; curate: uniform, to keep or reject pictures before "
        "training. With --for, a picture's chance grows with what its verdict would tell: judge "
        "100 to 200 pictures of a stratified round first, then follow it.",
    )
    add = made.add_argument
    add("--size", type=int, required=True, metavar="N", help="pictures to draw")
    add("--design", choices=DESIGNS, default=STRATIFIED, help="default: %(default)s")
    add(
        "--for", dest="about", choices=QUESTIONS, metavar="QUESTION",
        help=f"aim at what one figure needs: {', '.join(QUESTIONS)}, of right top-1 predictions",
    )  # fmt: skip
    add("--at", type=float, metavar="T", help="threshold of that precision or recall, a score")
    add(
        "--follow", type=row_id, metavar="ROUND",
        help="second phase of this round: aim by its verdicts, draw none of its pictures",
    )  # fmt: skip
    add("--run", type=row_id, metavar="ID", help="run to draw from (default: the newest)")
    add(
        "--overlap", type=int, default=1, metavar="K",
        help="reviewers that judge each picture (default: %(default)s)",
    )  # fmt: skip
    add(
        "--reviewed-twice", type=float, default=0.0, metavar="SHARE",
        help="share of the pictures, 0 to 1, that a second reviewer judges (default: 0)",
    )  # fmt: skip
    add("--seed", type=int, metavar="S", help="draws the same round again (default: a random one)")
    add("--name", help="default: design, size and date")
    add("--once", action="store_true", help="do nothing where a round of the run was drawn before")
    add(
        "--database", metavar="URL",
        help="default: $DATABASE_URL, or sqlite:///data/proofsheet.db",
    )  # fmt: skip
    add("-v", "--verbose", action="store_true", help="show where an error arose")
    return made


def draw(database: str | None, request: drawing.Request, once: bool) -> None:
    engine = connect(database)
    try:
        before = drawing.drawn_before(engine, request.run_id) if once else None
        if before is not None:
            print(f"round {before.id} ({before.name}) was drawn before")
            return
        drawn = drawing.draw(engine, request)
    finally:
        engine.dispose()
    low, high = (f"{probability:.3g}" for probability in drawn.probabilities)
    print(
        f"round {drawn.round_id} ({drawn.name}): {drawn.size:,} of the {drawn.pictures:,} pictures"
        f" of run {drawn.run_id}, {drawn.clusters:,} without near-duplicates;"
        f" inclusion probability {low if low == high else f'{low} to {high}'}; seed {drawn.seed}"
    )
    print("judge it: make serve")


def main() -> int:
    made = parser()
    given = made.parse_args()
    try:
        question = Question(given.about, given.at) if given.about else None
        if question is None and given.at is not None:
            raise InputError("--at is the threshold of a question: name it with --for")
        request = drawing.Request(
            size=given.size,
            design=given.design,
            run_id=given.run,
            overlap=given.overlap,
            reviewed_twice=given.reviewed_twice,
            seed=given.seed,
            name=given.name,
            question=question,
            follows=given.follow,
        )
    except InputError as error:
        made.error(str(error))
    return door.run(lambda: draw(given.database, request, given.once), verbose=given.verbose)


if __name__ == "__main__":
    sys.exit(main())
