"""What the reviewer's page asks for, as its JSON says it."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image

from db import rounds
from db.engine import connect
from db.sink import DatabaseSink
from tests.db.judging import draw
from tests.webapp.filling import fill, labeled, picture, run_info
from vision.records import ImageRecord
from webapp.app import MOST_BYTES, create_app
from webapp.pictures import SCREEN_SIDE
from webapp.review import AHEAD, HISTORY_PAGE, MOST_EVENTS


def config(client: FlaskClient, path: str = "/") -> dict[str, Any]:
    page = client.get(path)
    assert page.status_code == 200
    found = re.search(
        r'<script type="application/json" id="review-config">(.*?)</script>', page.text
    )
    assert found is not None
    return json.loads(found[1])


@pytest.fixture
def site(tmp_path: Path, empty_database: str) -> FlaskClient:
    """A client of pages over three pictures, one of them with a post."""
    photos = tmp_path / "photos"
    photos.mkdir()
    events = []
    for number in range(3):
        data = picture(seed=number, size=(2000, 500) if number == 2 else (480, 300))
        (photos / f"{number}.jpg").write_bytes(data)
        text = "</script><script>alert(1)</script> a cat" if number == 1 else None
        record = ImageRecord(f"{number}.jpg", f"{number}.jpg", text=text, author="ann")
        events.append(labeled(number, record, data))
    fill(empty_database, run_info(photos), events)
    return create_app(empty_database).test_client()


class Page:
    """Sends what the page would."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.config = config(client)
        self.round = self.config["round"]["uuid"]

    def next(self, want: int = 1, have: tuple[int, ...] = (), **other: Any) -> dict[str, Any]:
        body = {"round": self.round, "want": want, "have": list(have), **other}
        answer = self.client.post(self.config["urls"]["next"], json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def send(self, *events: dict[str, Any], **other: Any) -> dict[str, Any]:
        body = {"events": list(events), **other}
        answer = self.client.post(self.config["urls"]["verdicts"], json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def judge(self, position: int, verdict: str = "top1", **other: Any) -> dict[str, Any]:
        return {
            "kind": "judge", "uuid": str(uuid4()), "round": self.round, "position": position,
            "verdict": verdict, **other,
        }  # fmt: skip

    def history(self, **query: Any) -> dict[str, Any]:
        return self.client.get(
            self.config["urls"]["history"], query_string={"round": self.round, **query}
        ).json


def test_the_page_says_what_can_be_done(site: FlaskClient) -> None:
    told = config(site)
    assert told["round"] | {"uuid": "", "name": ""} == {
        "uuid": "", "id": 1, "name": "", "design": "uniform", "k": 5, "size": 0, "overlap": 1,
        "implicit": True,
    }  # fmt: skip
    assert told["reviewer"]["name"] == "local"
    assert told["ahead"] == AHEAD >= 5
    actions = {action["name"]: action for action in told["actions"]}
    assert actions["topk"]["keys"] == ["k"]
    assert (actions["rank3"]["verdict"], actions["rank3"]["rank"]) == ("topk", 3)
    assert "rank6" not in actions


def test_items_are_pictures_with_predictions_and_their_post_as_text(site: FlaskClient) -> None:
    page = Page(site)
    handed = page.next(want=AHEAD)
    assert handed["state"] == "done"
    assert sorted(item["position"] for item in handed["items"]) == [0, 1, 2]
    item = next(item for item in handed["items"] if item["image_id"] == 2)
    assert item["text"] == "</script><script>alert(1)</script> a cat"
    assert item["author"] == "ann"
    assert item["link"] is None
    assert (item["remote"], item["copies"]) == (False, 1)
    assert len(item["predictions"]) == 5
    assert all(isinstance(label, str) and 0 <= score <= 1 for label, score in item["predictions"])
    for size in ("picture", "full", "thumb"):
        assert site.get(item[size]).content_type == "image/jpeg"


def test_large_files_are_scaled_for_the_screen_and_small_ones_are_not(site: FlaskClient) -> None:
    items = {item["image_id"]: item for item in Page(site).next(want=3)["items"]}
    for image_id, size in ((3, (SCREEN_SIDE, 400)), (1, (480, 300))):
        data = site.get(items[image_id]["picture"]).data
        with Image.open(io.BytesIO(data)) as shown:
            assert shown.size == size
    assert site.get(items[1]["picture"]).data == site.get(items[1]["full"]).data


def test_a_round_from_its_first_picture_to_its_end(site: FlaskClient) -> None:
    page = Page(site)
    first, second = (item["position"] for item in page.next(want=2)["items"])
    given = page.judge(first, "topk", rank=2, note="hm", seconds=1.5, blind="scores")
    for _ in range(2):
        assert page.send(given, round=page.round, showing=second) == {
            "stored": [given["uuid"]],
            "elsewhere": [],
            "refused": [],
        }
    (judged,) = page.history()["judgments"]
    assert (judged["verdict"], judged["rank"], judged["note"]) == ("topk", 2, "hm")
    assert judged["item"]["position"] == first
    assert datetime.fromisoformat(judged["at"]).tzinfo is not None
    undo = {
        "kind": "retract",
        "uuid": str(uuid4()),
        "round": page.round,
        "judgment": judged["uuid"],
    }
    assert page.send(undo)["stored"] == [undo["uuid"]]
    assert page.history() == {"judgments": [], "more": False}
    assert {item["position"] for item in page.next(want=3)["items"]} == {0, 1, 2}
    page.send(*(page.judge(position, "none") for position in (0, 1, 2)))
    progress = site.get(page.config["urls"]["progress"], query_string={"round": page.round}).json
    assert (progress["done"], progress["of"], progress["minutes_left"]) == (3, 3, 0)
    assert progress["reviewers"][0]["name"] == "local"
    assert page.next() == {"items": [], "dropped": [], "state": "done"}


def test_history_comes_in_pages(site: FlaskClient) -> None:
    page = Page(site)
    page.next(want=3)
    page.send(*(page.judge(position) for position in (2, 0, 1)))
    first = page.history(limit=2)
    assert [each["item"]["position"] for each in first["judgments"]] == [1, 0]
    assert first["more"]
    rest = page.history(limit=HISTORY_PAGE, before=first["judgments"][-1]["id"])
    assert [each["item"]["position"] for each in rest["judgments"]] == [2]
    assert not rest["more"]


def test_what_is_refused_is_told_beside_what_is_stored(site: FlaskClient) -> None:
    page = Page(site)
    page.next(want=3)
    good, bad, elsewhere = page.judge(0), page.judge(1, "keep"), page.judge(2)
    elsewhere["round"] = str(uuid4())
    answer = page.send(bad, good, elsewhere)
    assert answer["stored"] == [good["uuid"]]
    assert [each["uuid"] for each in answer["refused"]] == [bad["uuid"]]
    assert answer["elsewhere"] == [elsewhere["uuid"]]
    assert "no verdict of a uniform round" in answer["refused"][0]["why"]


def test_half_a_character_in_a_note_does_not_block_the_rest(site: FlaskClient) -> None:
    page = Page(site)
    page.next(want=3)
    given = page.judge(0, note="cut \ud83d off")
    assert page.send(given)["stored"] == [given["uuid"]]
    assert page.history()["judgments"][0]["note"] == "cut ? off"


EVENT = {
    "kind": "judge",
    "uuid": str(uuid4()),
    "round": str(uuid4()),
    "position": 0,
    "verdict": "top1",
}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/review/next", [], "no JSON object"),
        ("/review/next", {"want": 1}, "'round'"),
        ("/review/next", {"round": 1, "want": 1}, "'round'"),
        ("/review/next", {"round": "x", "want": "1"}, "'want'"),
        ("/review/next", {"round": "x", "want": -1}, "'want'"),
        ("/review/next", {"round": "x", "want": True}, "'want'"),
        ("/review/next", {"round": "x", "want": 1, "have": [2**31]}, "'have'"),
        ("/review/next", {"round": "x", "want": 1, "have": {}}, "'have'"),
        ("/review/next", {"round": "x", "want": 1, "showing": 1.5}, "'showing'"),
        ("/review/verdicts", {"events": {}}, "'events'"),
        ("/review/verdicts", {"events": [EVENT] * (MOST_EVENTS + 1)}, "'events'"),
        ("/review/verdicts", {"events": [1]}, "no JSON object"),
        ("/review/verdicts", {"events": [EVENT | {"uuid": "1"}]}, "'uuid'"),
    ],
)
def test_what_is_no_request_of_the_page(
    site: FlaskClient, path: str, body: Any, field: str
) -> None:
    answer = site.post(path, json=body)
    assert answer.status_code == 400
    assert field in answer.json["error"]


def test_a_body_that_is_no_json(site: FlaskClient) -> None:
    answer = site.post("/review/next", data="{", content_type="application/json")
    assert answer.status_code == 400
    assert "no JSON object" in answer.json["error"]


def test_json_that_is_nested_too_deep(site: FlaskClient) -> None:
    answer = site.post("/review/next", data="[" * 200_000, content_type="application/json")
    assert answer.status_code == 400
    assert "nested too deep" in answer.json["error"]


def test_a_body_that_is_too_large(site: FlaskClient) -> None:
    body = json.dumps({"note": "x" * MOST_BYTES})
    answer = site.post("/review/verdicts", data=body, content_type="application/json")
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"position": None}, "'position'"),
        ({"seconds": -1}, "'seconds'"),
        ({"seconds": "1"}, "'seconds'"),
        ({"seconds": float("nan")}, "'seconds'"),
        ({"seconds": 10**400}, "'seconds'"),
        ({"kind": "retract"}, "'judgment'"),
        ({"kind": "guess"}, "'guess'"),
        ({"rank": "2"}, "'rank'"),
    ],
)
def test_a_broken_event_holds_up_no_other(
    site: FlaskClient, wrong: dict[str, Any], field: str
) -> None:
    page = Page(site)
    page.next(want=3)
    good, bad = page.judge(0), page.judge(1) | wrong
    answer = page.send(bad, good)
    assert answer["stored"] == [good["uuid"]]
    assert [each["uuid"] for each in answer["refused"]] == [bad["uuid"]]
    assert field in answer["refused"][0]["why"]


@pytest.mark.parametrize(
    "name", ["7a6f0a52-63a1-4d0e-9d1c-8c1f6f0b7f11", "", "round", "é", "💩", "x" * 1000]
)
def test_a_round_of_another_database(site: FlaskClient, name: str) -> None:
    answer = site.post("/review/next", json={"round": name, "want": 1})
    assert answer.status_code == 404
    assert "load the page anew" in answer.json["error"]


def test_a_round_is_chosen_by_its_number(empty_database: str) -> None:
    engine = connect(empty_database)
    first, second = draw(engine, 2), draw(engine, 2, design="curate")
    rounds.close(engine, second.id)
    engine.dispose()
    client = create_app(empty_database).test_client()
    assert config(client)["round"]["id"] == second.id
    told = config(client, f"/?round={first.id}")
    assert told["round"]["uuid"] == first.uuid
    names = [action["name"] for action in config(client, f"/?round={second.id}")["actions"]]
    assert names[:2] == ["keep", "reject"]
    assert "top1" not in names
    for wrong in ("99", "x", "-1", "9" * 30):
        assert client.get(f"/?round={wrong}").status_code == 404


def test_nothing_labeled_yet(empty_database: str) -> None:
    page = create_app(empty_database).test_client().get("/")
    assert page.status_code == 200
    assert "Nothing on the light table yet" in page.text


def test_pictures_labeled_meanwhile_come_in(site: FlaskClient, empty_database: str) -> None:
    page = Page(site)
    assert len(page.next(want=10)["items"]) == 3
    data = picture(seed=9)
    record = ImageRecord("later.jpg", "later.jpg")
    engine = connect(empty_database)
    photos = run_info(Path(empty_database.removeprefix("sqlite:///")).parent / "photos")
    sink = DatabaseSink(engine, photos, resume=True)
    sink.write([labeled(sink.position, record, data)])
    sink.close(finished=True)
    engine.dispose()
    assert len(page.next(want=10, have=(0, 1, 2))["items"]) == 1
