"""However a run is cut, interrupted and resumed, the rows are those of one that was not."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event, select, update

from db.engine import connect
from db.models import Image, Run
from db.review_models import Base
from db.sink import DatabaseSink
from tests.db.making import content, facts, failed, info, labeled, post
from tests.db.proxy import Proxy, between
from tests.mariadb import Server
from vision.errors import StoreError
from vision.records import Event, ImageRecord

ROOT = Path(__file__).resolve().parents[2]


def test_rows(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    assert (sink.run_id, sink.position) == (1, 0)
    sink.write([labeled(0, post("1")), failed(1), labeled(2, post("2"))])
    assert sink.position == 3
    rows = content(engine)
    assert rows["run"] == [(1, 5, 3, 2, 1)]
    assert [row[1] for row in rows["image"]] == ["1/0", "2/0"]
    assert rows["prediction"][0] == (1, 1, 1, 0, "class 0", 0.7884975075721741)
    assert rows["prediction"][-1] == (1, 2, 5, 4, "class 4", 5e-324)
    assert rows["failure"][0][:6] == (1, 1, "line", "http://x/gone.jpg", "fetch", "gone (404)")


def test_a_picture_given_again_counts_as_seen(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("1")), labeled(1, post("1"))])
    sink.write([labeled(2, post("1"))])
    assert content(engine)["run"] == [(1, 5, 3, 1, 0)]
    assert len(content(engine)["prediction"]) == 5


def test_an_empty_batch(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([])
    assert sink.position == 0


def test_resume_takes_the_latest_run_like_it(engine: Engine) -> None:
    for _ in range(2):
        sink = DatabaseSink(engine, info(), resume=False)
        sink.write([labeled(0, post("1"))])
        sink.close(finished=True)
    resumed = DatabaseSink(engine, info(), resume=True)
    assert (resumed.run_id, resumed.position) == (2, 1)
    with engine.connect() as connection:
        done = connection.execute(select(Run.finished_at).order_by(Run.id)).scalars().all()
    assert done[0] is not None
    assert done[1] is None  # it goes on


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "vgg19"},
        {"weights_sha256": "cd" * 32},
        {"preprocessing": "stretch"},
        {"runtime": "openvino"},
        {"precision": "bf16"},
        {"k": 4},
        {"arguments": {"input": "other.json"}},
    ],
)
def test_resume_of_nothing_like_it_is_a_new_run(engine: Engine, changed: dict) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    other = DatabaseSink(engine, info(**changed), resume=True)
    assert (other.run_id, other.position) == (2, 0)


def test_pictures_that_changed_are_counted(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"), "one")])
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("1"), "other"), labeled(1, post("2"), "two")])
    assert sink.changed == 1
    with engine.connect() as connection:
        kept = connection.execute(select(Image.content_sha256).where(Image.id == 1)).scalar()
    assert kept == facts("one").content_sha256


def test_what_is_too_long_is_cut(engine: Engine) -> None:
    picture = labeled(0, post("1"))
    long = tuple(replace(best, label="x" * 300) for best in picture.predictions)
    failure = replace(failed(1, "k" * 600), reason="r" * 300, detail="d\ud800" * 50_000)
    DatabaseSink(engine, info(), resume=False).write([replace(picture, predictions=long), failure])
    rows = content(engine)
    assert rows["prediction"][0][4] == "x" * 255
    assert len(rows["failure"][0][2]) == 512
    assert rows["failure"][0][5] == "r" * 255
    assert len(rows["failure"][0][6]) == 100_000


def test_two_writers_of_one_run_do_not_mix(engine: Engine) -> None:
    first = DatabaseSink(engine, info(), resume=False)
    second = DatabaseSink(engine, info(), resume=True)
    first.write([labeled(0, post("1"))])
    with pytest.raises(StoreError, match="another process writes to run 1"):
        second.write([labeled(0, post("1")), labeled(1, post("2"))])


def test_a_full_disk(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/full.db")
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("1"))])
    before = content(engine)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    engine.dispose()
    # SQLite's own limit raises what a full disk raises
    event.listen(
        engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count={pages}").fetchall()
    )
    big = [labeled(n, ImageRecord(f"k{n}", "x" * 3000)) for n in range(1, 200)]
    with pytest.raises(StoreError, match="has no room left on its disk"):
        sink.write(big)
    assert content(engine) == before
    engine.dispose()


def events(numbers: Sequence[int]) -> list[Event]:
    """Return an input: 0 is a failure, else a picture; the same number is the same picture."""
    return [
        failed(position, f"line {position}")
        if number == 0
        else labeled(position, post(str(number // 2), number % 2))
        for position, number in enumerate(numbers)
    ]


def clear(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))


class _CrashError(Exception):
    pass


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(1, 7), st.booleans(), st.integers(0, 5)), max_size=12),
)
def test_any_cuts_and_crashes_give_the_same_rows(
    engine: Engine, numbers: list[int], steps: list[tuple[int, bool, int]]
) -> None:
    whole = events(numbers)
    with tempfile.TemporaryDirectory() as folder:
        reference = connect(f"sqlite:///{folder}/reference.db")
        DatabaseSink(reference, info(), resume=False).write(whole)
        expected = content(reference)
        reference.dispose()

    clear(engine)
    sink = DatabaseSink(engine, info(), resume=False)
    first_run = sink.run_id
    for size, crashes, overlap in steps:
        # a resumed pipeline may give again what is stored
        start = max(0, sink.position - overlap)
        sink.write(whole[start : sink.position + size])
        if crashes:
            sink = DatabaseSink(engine, info(), resume=True)
    sink.write(whole)
    sink.close(finished=True)
    rows = content(engine)
    for table in ("run", "prediction", "failure"):
        # a server goes on numbering
        rows[table] = [(run_id - first_run + 1, *rest) for run_id, *rest in rows[table]]
    assert rows == expected


@pytest.mark.parametrize("kind", ["image", "prediction", "failure", "run"])
def test_a_batch_is_all_there_or_not_there(engine: Engine, kind: str) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write(events([1, 0, 2]))
    before = content(engine)
    verb = "UPDATE run" if kind == "run" else f"INSERT INTO {kind}"

    def crash(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(verb):
            raise _CrashError

    event.listen(engine, "after_cursor_execute", crash)
    with pytest.raises(_CrashError):
        sink.write(events([1, 0, 2, 5, 0, 6]))
    event.remove(engine, "after_cursor_execute", crash)
    assert content(engine) == before
    sink.write(events([1, 0, 2, 5, 0, 6]))
    assert content(engine)["run"] == [(1, 5, 6, 4, 2)]


@contextmanager
def proxied(server: Server, url: str) -> Iterator[tuple[Proxy, str]]:
    """Give a proxy and the address of a database through it."""
    with tempfile.TemporaryDirectory() as folder:
        listening = Path(folder) / "socket"
        with between(server.socket, listening) as proxy:
            yield proxy, url.replace(str(server.socket), str(listening))


@pytest.mark.slow
@pytest.mark.parametrize("statement", [b"COMMIT", b"INSERT INTO prediction", b"SELECT version_num"])
def test_an_answer_that_is_lost(mariadb: Server, tmp_path: Path, statement: bytes) -> None:
    name = f"lost_{statement.split()[-1].decode().lower()}"
    url = mariadb.create(name)
    with proxied(mariadb, url) as (proxy, through):
        engine = connect(through)
        sink = DatabaseSink(engine, info(), resume=False, delays=(0.05, 0.1, 0.2))
        sink.write(events([1, 0, 2]))
        proxy.lose.append(statement)
        sink.write(events([1, 0, 2, 5, 1, 0]))
        assert proxy.lose == []
        sink.close(finished=True)
        engine.dispose()
    engine = connect(url)
    rows = content(engine)
    engine.dispose()
    assert rows["run"] == [(1, 5, 6, 3, 2)]
    assert len(rows["prediction"]) == 15
    assert [row[0] for row in rows["image"]] == [1, 2, 3]
    assert [row[1] for row in rows["failure"]] == [1, 5]


@pytest.mark.slow
def test_a_server_that_stays_away(mariadb: Server) -> None:
    url = mariadb.create("stays_away")
    with proxied(mariadb, url) as (proxy, through):
        engine = connect(through)
        sink = DatabaseSink(engine, info(), resume=False, delays=(0.0, 0.0))
        proxy.lose += [b"SELECT version_num"] * 3
        with pytest.raises(StoreError, match="cannot be reached"):
            sink.write(events([1]))
        sink.write(events([1]))  # it is back
        engine.dispose()


WRITER = """
import sys
from db.engine import connect
from db.sink import DatabaseSink
from tests.db.making import info
from tests.db.test_sink import events
sink = DatabaseSink(connect(sys.argv[1]), info(), resume=True)
whole = events([n % 100 for n in range(1000)])
while sink.position < len(whole):
    sink.write(whole[sink.position : sink.position + 7])
    print(sink.position, flush=True)
sink.close(finished=True)
"""


@pytest.mark.slow
def test_killed_and_resumed(database_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, database_url]
    for kill_after in (1, 2, 5, 9, 30, None):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for lines, _ in enumerate(process.stdout, 1):
                if lines == kill_after:
                    process.send_signal(signal.SIGKILL)
        assert process.returncode == (0 if kill_after is None else -signal.SIGKILL)
    reference = connect(f"sqlite:///{tmp_path}/reference.db")
    DatabaseSink(reference, info(), resume=False).write(events([n % 100 for n in range(1000)]))
    engine = connect(database_url)
    assert content(engine) == content(reference)
    with engine.connect() as connection:
        assert connection.execute(select(Run.finished_at)).scalar() is not None
    engine.dispose()
    reference.dispose()


def test_a_run_is_found_among_damaged_ones(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    DatabaseSink(engine, info(), resume=False)
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == 2).values(arguments={}))
    assert DatabaseSink(engine, info(), resume=True).run_id == 1
