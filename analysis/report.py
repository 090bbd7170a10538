"""The report: all figures of a judged run as one HTML file, or as numbers for machines."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis import figure_arguments, sources, wording
from analysis.compare import compare
from analysis.galleries import galleries
from analysis.numbers import Row, numbers, rows
from analysis.other_run import predictions
from analysis.report_page import Compared, Extras, render
from analysis.summary import Asked, Summary
from db import judged as stored
from db.engine import Engine
from db.outfile import keep, opened
from db.row_ids import row_id
from db.tables import field
from vision.errors import InputError

HTML, JSON, TSV = FORMATS = ("html", "json", "tsv")
DEFAULT = "rdata/report.html"


def parser() -> argparse.ArgumentParser:
    """Return the parser of `bin/report.py`."""
    made = argparse.ArgumentParser(
        prog="report.py",
        description="Report how good a model is by what was judged: one HTML file with all figures,"
        " the threshold to use and what it rests on, or the numbers alone.",
        epilog="json and tsv hold the same figures, in the shape that analysis/numbers.py tells",
    )
    sources.add_arguments(made)
    figure_arguments.add_arguments(made)
    add = made.add_argument
    add(
        "--at",
        type=figure_arguments.share,
        metavar="T",
        help="threshold to look at (default: the certified one)",
    )
    add(
        "--half-width", type=figure_arguments.inner, default=Asked().half_width, metavar="H",
        help="of intervals, for which it is told how many more verdicts they take"
        " (default: %(default)s)",
    )  # fmt: skip
    add(
        "--compare", type=row_id, metavar="RUN",
        help="another run on the same pictures, scored by the same verdicts (html only)",
    )  # fmt: skip
    add("--format", choices=FORMATS, default=HTML, help="default: %(default)s")
    add(
        "--output", metavar="FILE",
        help=f"default: {DEFAULT} for html, standard output for json and tsv",
    )  # fmt: skip
    add("-v", "--verbose", action="store_true", help="show where an error arose")
    return made


def report(given: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises
    ------
    InputError, StoreError, OutputError
        If there are no verdicts that count, a number is out of range, the source cannot be read
        or the file not be written.
    """
    if given.compare is not None and (given.tsv is not None or given.format != HTML):
        raise InputError("--compare needs a database and goes with --format html")
    with sources.opened(given) as source:
        keep(source.files, given.output)
        asked = figure_arguments.asked(given)
        asked = replace(asked, threshold=given.at, half_width=given.half_width)
        summary = Summary(source.judged, asked)
        text = _MAKERS[given.format](summary, source.engine, given.compare)
    path = given.output or (DEFAULT if given.format == HTML else None)
    if path == DEFAULT:
        Path(DEFAULT).parent.mkdir(exist_ok=True)
    with opened(path) as out:
        out.write(text)
    said = [wording.headline(summary), *wording.notices(summary)]
    if path is not None:
        said.append(f"report: {path}")
    print("\n".join(said), file=sys.stderr)


def _html(summary: Summary, engine: Engine | None, other: int | None) -> str:
    if engine is None:
        return render(summary)
    with engine.connect() as connection:
        compared = None
        if other is not None:
            made = predictions(connection, summary.judged, other)
            facts = stored.about_run(connection, other)
            assert facts is not None
            found = compare(summary.judged, made, summary.estimator.about, summary.asked.confidence)
            compared = Compared(other, facts.model, found)
        shown = galleries(connection, summary.judged, summary.chosen[0])
    return render(summary, Extras(shown, compared))


def _json(summary: Summary, *_: Any) -> str:
    return json.dumps(numbers(summary), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def _tsv(summary: Summary, *_: Any) -> str:
    lines = [Row._fields, *rows(summary)]
    return "".join("\t".join(map(field, line)) + "\n" for line in lines)


_MAKERS = {HTML: _html, JSON: _json, TSV: _tsv}
