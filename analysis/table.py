"""The judged pictures of an exported table: the original's TSV, with or without unjudged rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.answers import ANSWERS, Said, agree
from analysis.judged import UNKNOWN, Ints, Judged, Pool, Reviews, Source
from analysis.ranks import SCORES, VERDICT, Ranks
from analysis.weights import Phase, weigh
from db.view import RUN_STRIDE
from vision.errors import InputError

LABEL, ID = "keyword1", "id"
PICTURE = ("tweet_id", "link")
NEEDED = (LABEL, *SCORES, VERDICT)
"""The columns that figures need, in any order; others may be there. `id` is looked at if it is."""

UNIFORM_NOTE = (
    "The table carries no inclusion probabilities: it is read as a uniform random sample."
)

_EXPORT = "export it with bin/export_results.py"
_UNJUDGED = -1


def read_table(path: Path) -> Judged:
    """Return the judged pictures of a table; see `read_ranked`."""
    return read_ranked(path)[0]


def read_ranked(path: Path) -> tuple[Judged, Ranks]:
    """Return the judged pictures of a table, as a uniform sample of what it stands for, and the
    scores of all ranks of theirs.

    Parameters
    ----------
    path : Path
        Tab-separated values in UTF-8 with a header, as `db.export` and the mysql client write
        them. Rows without a verdict (label_id NULL) make the pool known; without any, figures are
        about future pictures like the judged ones.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, holds a value that cannot be, verdicts on
        several runs, or no verdict; the sentence names the line.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError(f"{path} has a header and no rows: judge some pictures, then {_EXPORT}")
    _check_ids(path, rows)
    verdict = np.array([row.verdict for row in rows])
    judged = np.flatnonzero(verdict != _UNJUDGED)
    if not len(judged):
        raise InputError(
            f"none of the {len(rows):,} rows of {path} has a verdict (label_id is NULL): judge some"
            f" pictures, then {_EXPORT}"
        )
    names, classes = _numbered([row.label for row in rows])
    pool = Pool(
        np.array([row.scores[0] for row in rows]), classes, names, known=len(judged) < len(rows)
    )
    ranks = Ranks.of((rows[place].scores, rows[place].verdict) for place in judged)
    return _judged(path, pool, judged, verdict[judged]), ranks


def _judged(path: Path, pool: Pool, places: Ints, verdict: Ints) -> Judged:
    count, alone = len(places), np.arange(len(places))
    scores, classes = pool.scores[places], pool.classes[places]
    settles, nobody = np.zeros(count, bool), np.zeros(count, np.int64)
    told = np.where(verdict == 0, classes, UNKNOWN)
    agreed = agree(Said(alone, verdict, settles, told), count)
    cluster_size, ones = np.ones(count, np.int64), np.ones(count)
    phase = Phase(scores, ones, cluster_size, ones, np.zeros(1), equal=True)
    return Judged(
        scores=scores,
        top1=agreed.top1,
        topk=agreed.topk,
        classes=classes,
        right=agreed.right,
        image_ids=places,
        cluster_size=cluster_size,
        pool=pool,
        reviews=Reviews(alone, nobody, verdict, settles, ["not told"], ANSWERS),
        source=Source(
            what=str(path),
            design=f"{count:,} of {pool.size:,} rows judged" if pool.known else f"{count:,} rows",
            notes=(UNIFORM_NOTE,),
        ),
        **vars(weigh(pool.ascending, [phase], pool.known)),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table; `id` is None where there is no such column.

    `picture` is its post and link, empty where the columns do not tell; `scores` are those of all
    ranks, NaN where a run has fewer.
    """

    line: int
    id: int | None
    picture: tuple[str, ...]
    label: str
    scores: tuple[float, ...]
    verdict: int


def _rows(path: Path) -> Iterator[_Row]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            lines = (line.rstrip("\r\n") for line in file)
            place = _columns(path, next(lines, "").removeprefix("\ufeff").split("\t"))
            width = len(place)
            told = [place[each] for each in PICTURE] if {*PICTURE} <= {*place} else []
            for number, line in enumerate(lines, 2):
                if not line:
                    continue
                cells = line.split("\t")
                where = f"line {number} of {path}"
                if len(cells) != width:
                    raise InputError(
                        f"{where} has {len(cells)} fields and the header {width}: {_EXPORT}, or"
                        " mend the line"
                    )
                yield _Row(
                    line=number,
                    id=_id(where, cells[place[ID]]) if ID in place else None,
                    picture=tuple(cells[each] for each in told),
                    label=_label(where, cells[place[LABEL]]),
                    scores=_scores(where, [cells[place[name]] for name in SCORES]),
                    verdict=_verdict(where, cells[place[VERDICT]]),
                )
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: {_EXPORT}") from error


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    missing = [name for name in NEEDED if name not in header]
    if len(missing) == len(NEEDED):
        raise InputError(
            f"{path} begins with no header: its first line has to name {', '.join(NEEDED)}, in any"
            f" order ({_EXPORT}, or mysql without -N)"
        )
    if missing:
        raise InputError(f"{path} has no column {', '.join(missing)}: {_EXPORT}")
    twice = [name for name, times in Counter(header).items() if times > 1]
    if twice:
        raise InputError(f"{path} has several columns {', '.join(twice)}: leave one of each")
    return {name: place for place, name in enumerate(header)}


def _id(where: str, cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise InputError(f"the id {cell!r} in {where} is no whole number: {_EXPORT}") from None


def _label(where: str, cell: str) -> str:
    if cell == "NULL":
        raise InputError(f"{where} has no {LABEL}, the label of rank 1: leave the line out")
    return _plain(cell)


def _plain(cell: str) -> str:
    """Return a text as it was before the client escaped it."""
    if "\\" not in cell:
        return cell
    # the pieces between two backslashes in a row hold single ones alone
    pieces = cell.split("\\\\")
    for escaped, meant in (("\\t", "\t"), ("\\n", "\n"), ("\\0", "\0")):
        pieces = [piece.replace(escaped, meant) for piece in pieces]
    return "\\".join(pieces)


def _scores(where: str, cells: Sequence[str]) -> tuple[float, ...]:
    """Return the scores of all ranks, when they are such as scores can be."""
    before, read = 1.0, []
    for rank, (name, cell) in enumerate(zip(SCORES, cells, strict=True)):
        if cell == "NULL" and rank:
            before = -1.0  # a run with fewer ranks: none may follow
            read.append(np.nan)
            continue
        try:
            score = float(cell)
        except ValueError:
            score = np.nan
        if not 0 <= score <= 1:
            raise InputError(
                f"{name} in {where} is {cell}, and scores are numbers from 0 to 1: {_EXPORT}, or"
                " leave the line out"
            )
        if score > before:
            raise InputError(
                f"{name} in {where} is {cell}, more than the rank before it has: are the columns"
                f" mixed up? {_EXPORT}"
            )
        before = score
        read.append(score)
    return tuple(read)


def _verdict(where: str, cell: str) -> int:
    if cell == "NULL":
        return _UNJUDGED
    if cell in ("0", "1", "2"):
        return int(cell)
    if cell == "3":
        raise InputError(
            f"label_id in {where} is 3: the original's buttons stored 1, 2, 3 where its keys stored"
            " 0, 1, 2, and which of them a row is from cannot be told; judge these pictures anew"
        )
    raise InputError(
        f"label_id in {where} is {cell}: it has to be 0 (top1 right), 1 (a later one right), 2"
        " (none right) or NULL"
    )


def _check_ids(path: Path, rows: Sequence[_Row]) -> None:
    seen: dict[int, int] = {}
    pictures: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.id is None:
            first = pictures.setdefault(row.picture, row.line) if row.picture else row.line
            if first != row.line:
                raise InputError(
                    f"lines {first} and {row.line} of {path} are of one picture: leave one"
                )
            continue
        if row.id in seen:
            raise InputError(
                f"lines {seen[row.id]} and {row.line} of {path} have the same id {row.id}: leave"
                " one verdict a picture"
            )
        seen[row.id] = row.line
    runs = sorted({(each - 1) // RUN_STRIDE + 1 for each in seen})
    if len(runs) > 1:
        raise InputError(
            f"{path} holds verdicts on runs {', '.join(map(str, runs))}, whose predictions differ:"
            f" export one of them (bin/export_results.py --run {runs[-1]})"
        )


def _numbered(labels: Sequence[str]) -> tuple[Sequence[str], Ints]:
    number: dict[str, int] = {}
    classes = [number.setdefault(label, len(number)) for label in labels]
    return list(number), np.array(classes)
