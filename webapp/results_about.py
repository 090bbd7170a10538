"""What a request for results is about, and what of it whoever asks may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask import abort, request

from analysis.summary import Summary
from db import browse, judged, round_overview, rounds, visibility
from db.row_ids import row_id
from db.verdicts import CURATE
from vision.errors import InputError
from webapp import people, results_query, runs, store
from webapp.results_memory import Subject, summary


@dataclass(frozen=True, slots=True)
class About:
    """What a request is about: all runs, the one that is meant, and rounds of it to choose from."""

    runs: Sequence[browse.RunRow]
    run: browse.RunRow
    rounds: Sequence[rounds.RoundRow]
    subject: Subject


def about_request() -> About | None:
    """Return what the request is about; None where nothing was ever labeled."""
    wanted = tuple(sorted(set(request.args.getlist("round", type=row_id))))
    with store.connection() as connection:
        all_runs, run = runs.chosen(connection)
        every = [row for row in rounds.all_rounds(connection) if row.design != CURATE]
        if run is None:
            return None
        if "round" in request.args:
            of = {row.run_id for row in every if row.id in wanted}
            if not of or not set(wanted) <= {row.id for row in every}:
                abort(404, "There is no such round of verdicts: the page of rounds lists all.")
            if len(of) > 1:
                abort(400, "These rounds are of different runs: their verdicts do not add up.")
            run = next(each for each in all_runs if each.id in of)
        elif "run" not in request.args:
            counts = judged.verdict_counts(connection)
            run = next((each for each in all_runs if counts[each.id]), run)
    own = [row for row in every if row.run_id == run.id]
    # all of them are the same as none named
    some = wanted if set(wanted) != {row.id for row in own} else ()
    return About(all_runs, run, own, Subject(run.id, some or None))


def known() -> About:
    """Return what the request is about; it ends with 404 where nothing was ever labeled."""
    about = about_request()
    if about is None:
        abort(404, "Nothing was labeled yet: the sheet says how.")
    return about


@contextmanager
def asked_for(about: About | None = None) -> Iterator[tuple[About, Summary, str]]:
    """Give what a request asks for; one that cannot be answered ends with a sentence."""
    about = about or known()
    try:
        asked = results_query.read(request.values)
    except InputError as error:
        abort(400, f"{_sentence(error)}")
    try:
        with summary(about.subject, asked, request.args.get("tag")) as (made, said):
            yield about, made, said
    except InputError as error:
        abort(404, _sentence(error))


def _sentence(error: InputError) -> str:
    said = str(error)
    return f"{said[0].upper()}{said[1:]}."


def details(made: Summary) -> bool:
    """Say whether the viewer may see what was said of single pictures and labels.

    Of a picture that they may still be given, in whichever open round of the run, it would tell
    them what others said.
    """
    reviewer = people.current()
    others = set(made.judged.reviews.reviewers) - {reviewer.name}
    if reviewer.role == "admin" or not others:
        return True
    source = made.source
    assert source.run_id is not None  # judged pictures of a database are those of a run
    with store.connection() as connection:
        every = round_overview.of_run(connection, source.run_id)
        still_open = [
            each.row.id for each in every if each.state == "open" and each.row.design != CURATE
        ]
        return not visibility.share_pictures(connection, source.round_ids, still_open)


def refuse_details(made: Summary, detailed: bool = True) -> None:
    """End a request for details, if it is one, with 403 where the viewer may not see them."""
    if detailed and not details(made):
        abort(
            403,
            "What others said of single pictures and labels is for admins while the round is open.",
        )
