"""The original client's HTTP interface, driven by a client written after its description."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.serving import make_server

from db import implicit_rounds, rounds
from db.engine import connect
from db.leases import Wish, hand_out
from db.review_models import Judgment
from tests.db.judging import people, standing
from tests.webapp.accounts import add_account, sign_in, token_of
from tests.webapp.filling import fill, labeled, picture, run_info
from vision.records import ImageRecord
from webapp.app import create_app

LABELS = [{"id": 0, "name": "top1"}, {"id": 1, "name": "top5"}, {"id": 2, "name": "None"}]


class Client:
    """Labels pictures as the original page did: one key a verdict, then the next picture."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.labels = {label["name"]: label["id"] for label in self.get("/labels.json")}

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def next(self) -> dict[str, Any] | None:
        rows = self.get("/data/", limit=1, offset=0, filter=1)
        return rows[0] if rows else None

    def label(self, row: dict[str, Any], name: str) -> None:
        body = {"id": row["id"], "label_id": self.labels[name]}
        answer = self.http.put(f"/data/{row['id']}.json", json=body)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def photos(folder: Path, number: int, first: int = 0) -> list[Any]:
    """Make photographs; return the events that label them."""
    folder.mkdir(exist_ok=True)
    events = []
    for position in range(number):
        name, data = f"{first + position}.jpg", picture(seed=first + position, size=(60, 40))
        (folder / name).write_bytes(data)
        record = ImageRecord(f"{first + position}/0", name, tweet_id=str(first + position))
        events.append(labeled(position, record, data))
    return events


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a server over two runs, of 2 and of 7 pictures."""
    fill(database_url, run_info(tmp_path / "photos"), photos(tmp_path / "photos", 2))
    fill(database_url, run_info(tmp_path / "photos"), photos(tmp_path / "photos", 7))
    server = make_server("127.0.0.1", 0, create_app(database_url), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def api(empty_database: str, tmp_path: Path) -> FlaskClient:
    """A client of an application over one run of 30 pictures."""
    fill(empty_database, run_info(tmp_path / "photos"), photos(tmp_path / "photos", 30))
    return create_app(empty_database).test_client()


def ids(client: FlaskClient, query: str) -> list[int]:
    answer = client.get(f"/data/?{query}")
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json]


def own_round(engine: Engine, run_id: int = 1) -> rounds.RoundRow:
    return implicit_rounds.implicit(engine, run_id)


def test_the_original_client_labels_a_run_to_its_end(site: str, database_url: str) -> None:
    client = Client(site)
    said, names = {}, ["top1", "top5", "None"]
    while row := client.next():
        assert row["id"] not in said
        assert row["label_id"] is None
        assert client.next() == row  # until it is judged
        shown = client.http.get(row["link"])
        assert shown.headers["Content-Type"] == "image/jpeg"
        name = names[len(said) % 3]
        client.label(row, name)
        said[row["id"]] = client.labels[name]
        assert client.get(f"/data/{row['id']}.json") == row | {"label_id": said[row["id"]]}
    assert sorted(said) == [1_000_000_000 + number for number in range(1, 8)]

    everything = client.get("/data/", limit=1000)
    assert {row["id"]: row["label_id"] for row in everything} == said
    engine = connect(database_url)
    verdicts = [verdict for _, _, verdict in standing(engine, own_round(engine, 2).id)]
    engine.dispose()
    assert sorted(verdicts) == sorted(["top1"] * 3 + ["topk"] * 2 + ["none"] * 2)


def test_labels(api: FlaskClient) -> None:
    assert api.get("/labels.json").json == LABELS


def test_a_row(api: FlaskClient) -> None:
    (row,) = api.get("/data/").json
    assert sorted(row) == ["id", "label_id", "link", "predictions", "tweet_id"]
    assert row["tweet_id"] == str(row["id"] - 1)
    assert row["link"] == f"/pictures/{row['id']}"
    assert len(row["predictions"]) == 5
    scores = [score for _, score in row["predictions"]]
    assert scores == sorted(scores, reverse=True)


def test_a_link_on_the_web_stays_what_was_posted(empty_database: str) -> None:
    record = ImageRecord("a picture", "https://example.org/a.jpg")
    fill(empty_database, run_info(None), [labeled(0, record, picture())])
    (row,) = create_app(empty_database).test_client().get("/data/").json
    assert (row["link"], row["tweet_id"]) == ("https://example.org/a.jpg", "a picture")


def test_the_list_is_in_a_random_order_that_stays(api: FlaskClient) -> None:
    whole = ids(api, "limit=1000")
    assert sorted(whole) == list(range(1, 31))
    assert whole != sorted(whole)
    assert ids(api, "limit=1000") == whole
    pieces = [ids(api, f"limit=7&offset={offset}") for offset in range(0, 35, 7)]
    assert [each for piece in pieces for each in piece] == whole
    assert ids(api, "offset=30") == ids(api, f"offset={2**31 - 1}") == []


def test_the_filtered_list_leaves_out_what_was_judged(api: FlaskClient) -> None:
    whole = ids(api, "limit=1000")
    for row_id in whole[::2]:
        assert api.put(f"/data/{row_id}.json", json={"label_id": 1}).status_code == 200
    assert ids(api, "limit=1000&filter=") == whole
    assert ids(api, "limit=1000&filter=no") == whole[1::2]
    assert ids(api, "limit=3&offset=2&filter=1") == whole[5:11:2]
    assert ids(api, "limit=3&offset=99&filter=1") == []


def test_only_a_list_from_the_start_lends(api: FlaskClient, empty_database: str) -> None:
    ids(api, "limit=1000")
    ids(api, "limit=5&offset=1&filter=1")
    engine = connect(empty_database)
    with engine.connect() as connection:
        counted = connection.exec_driver_sql("SELECT COUNT(*) FROM lease")
        assert counted.scalar() == 0
    ids(api, "limit=1000&filter=1")
    with engine.connect() as connection:
        counted = connection.exec_driver_sql("SELECT COUNT(*) FROM lease")
        assert counted.scalar() == 20  # as many as anybody is lent at once
    engine.dispose()


def test_the_same_label_again_stores_nothing_and_another_replaces(
    api: FlaskClient, empty_database: str
) -> None:
    for label_id in (0, 0, 2, 2):
        assert api.put("/data/5.json", json={"id": 5, "label_id": label_id}).json == {
            "status": "ok"
        }
    assert api.get("/data/5.json").json["label_id"] == 2
    engine = connect(empty_database)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM judgment").scalar() == 2
    assert [verdict for _, _, verdict in standing(engine, own_round(engine).id)] == ["none"]
    engine.dispose()


def test_what_is_labeled_later_comes_too(
    api: FlaskClient, empty_database: str, tmp_path: Path
) -> None:
    """A run that goes on: its newer pictures are in the list, and found by their ids."""
    assert len(ids(api, "limit=1000")) == 30
    folder = tmp_path / "photos"
    fill(empty_database, run_info(folder), photos(folder, 3, first=30))
    assert sorted(ids(api, "limit=1000")) == [1_000_000_031, 1_000_000_032, 1_000_000_033]
    assert api.get("/data/1000000032.json").status_code == 200
    assert api.get("/data/30.json").status_code == 200
    assert api.get("/data/31.json").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=", "limit=x", "limit=-1"])
@pytest.mark.parametrize("more", ["", "&offset=0", "&filter=1"])
def test_limits_that_will_not_do(api: FlaskClient, query: str, more: str) -> None:
    answer = api.get(f"/data/?{query}{more}")
    assert answer.status_code == 400
    assert "limit" in answer.json["error"]


@pytest.mark.parametrize("offset", ["-1", "x", "", "1.5", "1e3", "9" * 30, "٣", "2147483648"])
def test_offsets_that_will_not_do(api: FlaskClient, offset: str) -> None:
    answer = api.get(f"/data/?offset={offset}")
    assert answer.status_code == 400
    assert "offset" in answer.json["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"label_id": 3},
        {"label_id": -1},
        {"label_id": "0"},
        {"label_id": None},
        {"label_id": True},
        {"label_id": 0.0},
        {},
        {"id": 6, "label_id": 0},
        {"id": "5", "label_id": 0},
        [],
        "0",
    ],
)
def test_bodies_that_will_not_do(api: FlaskClient, body: object) -> None:
    answer = api.put("/data/5.json", json=body)
    assert answer.status_code == 400
    assert answer.json["error"]
    assert api.get("/data/5.json").json["label_id"] is None


@pytest.mark.parametrize(
    "row_id", ["0", "31", "1000000001", "1000000000", str(2**63 - 1), "9" * 30, "x", "-1"]
)
def test_rows_that_are_not_there(api: FlaskClient, row_id: str) -> None:
    for answer in (
        api.get(f"/data/{row_id}.json"),
        api.put(f"/data/{row_id}.json", json={"label_id": 0}),
    ):
        assert answer.status_code == 404
        assert answer.json["error"]


def test_a_number_too_long_to_read(api: FlaskClient) -> None:
    answer = api.get(f"/data/{'9' * 5000}.json")
    assert (answer.status_code, answer.is_json) == (404, True)


def test_nothing_labeled_yet(empty_database: str) -> None:
    client = create_app(empty_database).test_client()
    assert client.get("/data/").json == client.get("/data/?filter=1").json == []
    assert client.get("/data/1.json").status_code == 404
    assert client.get("/labels.json").json == LABELS


def test_reviewers_with_accounts_share_the_pictures_and_see_their_own_labels(
    api: FlaskClient, empty_database: str
) -> None:
    assert ids(api, "limit=1000")
    for name in ("ann", "bob"):
        add_account(empty_database, name)
    assert api.get("/data/").status_code == 401
    assert "Sign in" in api.get("/labels.json").json["error"]

    clients = [api.application.test_client() for _ in range(2)]
    for client, name in zip(clients, ("ann", "bob"), strict=True):
        assert sign_in(client, name).status_code == 303
    (first,), (second,) = (ids(client, "filter=1") for client in clients)
    assert first != second

    path, body = f"/data/{first}.json", {"label_id": 0}
    assert clients[0].put(path, json=body).status_code == 403
    token = token_of(clients[0].get("/sheet/").text)
    answer = clients[0].put(path, json=body, headers={"X-CSRFToken": token})
    assert answer.json == {"status": "ok"}
    assert [client.get(path).json["label_id"] for client in clients] == [0, None]
    assert first not in ids(clients[0], "filter=1&limit=1000")
    assert first not in ids(clients[1], "filter=1&limit=1000")


def test_what_somebody_else_has_in_hand_is_not_judged_beside_them(
    api: FlaskClient, empty_database: str
) -> None:
    engine = connect(empty_database)
    own = implicit_rounds.implicit(engine, 1)
    implicit_rounds.top_up(engine, own.id)
    (ann,) = people(engine, 1)
    assert hand_out(engine, own.id, ann, Wish(1)).positions == [0]
    rows = api.get("/data/?limit=2").json
    answer = api.put(f"/data/{rows[0]['id']}.json", json={"label_id": 0})
    assert answer.status_code == 409
    assert "Somebody else has this picture" in answer.json["error"]
    # a picture that nobody was given is taken as one that was picked
    assert api.put(f"/data/{rows[1]['id']}.json", json={"label_id": 0}).status_code == 200
    given = api.get("/data/?limit=1&filter=1").json[0]
    assert api.put(f"/data/{given['id']}.json", json={"label_id": 2}).status_code == 200
    with engine.connect() as connection:
        query = select(Judgment.position, Judgment.browsed).order_by(Judgment.id)
        assert [tuple(row) for row in connection.execute(query)] == [(1, True), (2, False)]
    engine.dispose()
