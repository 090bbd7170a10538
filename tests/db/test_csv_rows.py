"""Good rows come through; of a bad one the line and the reason are said."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.csv_rows import CsvRow, parse
from vision.records import ImageFacts, ImageRecord, Labeled, Prediction
from vision.rows import csv_text

GOOD = "1,http://x/a.jpg,crane,0.5,crane,0.25\n"


def read(text: str) -> tuple[list[CsvRow], list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []
    rows = list(parse(io.StringIO(text, newline="\n"), lambda line, why: bad.append((line, why))))
    return rows, bad


def test_a_row() -> None:
    rows, bad = read(GOOD)
    assert bad == []
    (row,) = rows
    assert row[:3] == (1, "1", "http://x/a.jpg")
    assert row.predictions == (("crane", 0.5), ("crane", 0.25))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_headers_and_empty_lines_are_no_rows(end: str) -> None:
    header = "tweet_id,link,label_1,score_1,label_2,score_2"
    rows, bad = read(end.join([header, GOOD.strip(), "", header, GOOD.strip()]))
    assert [row.line for row in rows] == [2, 5]
    assert bad == []


@pytest.mark.parametrize(
    "line", ["http://x/a.jpg,http://x/a.jpg,a,1,b,0", ",http://x/a.jpg,a,1,b,0"]
)
def test_no_id(line: str) -> None:
    ((row,), _) = read(line)
    assert row.tweet_id is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,http://x", "2 columns instead of 6"),
        ("1,http://x,a,0.5", "4 columns instead of 6"),
        ("1,http://x,a,0.5,b,0.2,c", "7 columns instead of 6"),
        ("just words", "1 columns instead of 6"),
        ("1,,a,0.5,b,0.2", "no link"),
        ("1,l,a,high,b,0.2", "a score is no number"),
        ("1,l,a,,b,0.2", "a score is no number"),
        ("1,l,a,nan,b,0.2", "is not in [0, 1]"),
        ("1,l,a,0.5,b,nan", "is not in [0, 1]"),
        ("1,l,a,inf,b,0.2", "is not in [0, 1]"),
        ("1,l,a,1.5,b,0.2", "is not in [0, 1]"),
        ("1,l,a,0.5,b,-0.2", "is not in [0, 1]"),
        ("1,l,a,0.2,b,0.5", "do not fall"),
        ("1,l\0,a,0.5,b,0.2", "a NUL character"),
        ("1,l,a\udcff,0.5,b,0.2", "not UTF-8"),
        (f"{'9' * 256},l,a,0.5,b,0.2", "tweet_id of over 255"),
        (f"1,{'l' * 70_000},a,0.5,b,0.2", "link of over 65535"),
        (f"1,l,{'a' * 256},0.5,b,0.2", "label of over 255"),
        ('1,"l,a,0.5,b,0.2', "a quote is not closed"),
        ('1,"l"x,a,0.5,b,0.2', "broken CSV"),
    ],
)
def test_a_bad_row_is_left_out_and_the_rest_stays(line: str, reason: str) -> None:
    rows, bad = read(f"{GOOD}{line}\n{GOOD}{GOOD}")
    assert [row.line for row in rows] == [1, 3, 4]
    ((number, said),) = bad
    assert number == 2
    assert reason in said


def test_the_first_good_row_decides_on_k() -> None:
    rows, bad = read("1,l,a\n1,l,a,0.5\n1,l,a,0.5,b,0.1\n")
    assert [row.line for row in rows] == [2]
    assert [line for line, _ in bad] == [1, 3]
    assert "pairs of label, score" in bad[0][1]


def test_an_open_quote_takes_no_more_than_its_line() -> None:
    rows, bad = read(f'1,"l,a,0.5,b,0.2\n{GOOD * 40}2,"m,a,0.5,b,0.2\n{GOOD}')
    assert len(rows) == 41
    assert [line for line, _ in bad] == [1, 42]


def test_what_the_labeler_writes_is_read() -> None:
    record = ImageRecord("1/0", "a\r,b\n.jpg", tweet_id="1")
    best = (Prediction(0, 'a "cat", black', 0.5), Prediction(1, "dog", 0.25))
    event = Labeled(0, record, ImageFacts("0" * 64, 0, 1, 1), best)
    rows, bad = read(csv_text([event, event]))
    assert bad == []
    assert [(row.tweet_id, row.link) for row in rows] == [("1", "a\r,b\n.jpg")] * 2
    assert rows[0].predictions == (('a "cat", black', 0.5), ("dog", 0.25))


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(
        st.tuples(
            cells,
            cells.filter(bool),
            st.lists(st.tuples(cells, st.floats(0, 1)), min_size=2, max_size=2),
        ),
        max_size=8,
    )
)
def test_what_a_csv_writer_writes_is_read(rows: list) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    expected = []
    for tweet_id, link, pairs in rows:
        pairs.sort(key=lambda pair: -pair[1])
        writer.writerow([tweet_id, link, *(cell for pair in pairs for cell in pair)])
        expected.append((None if tweet_id in ("", link) else tweet_id, link, tuple(pairs)))
    found, bad = read(out.getvalue())
    assert bad == []
    assert [(row.tweet_id, row.link, row.predictions) for row in found] == expected
