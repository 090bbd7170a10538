"""The contact sheet, its pages, the large frame and the failures."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.webapp.filling import failed, fill, labeled, picture, predictions, run_info
from vision.records import Event, ImageRecord, Prediction
from webapp.app import create_app
from webapp.sheet import PER_SHEET

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&amp;'


class Tags(HTMLParser):
    """Collects the names of all elements, and all attributes, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def frames(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="frame-(\d+)"', page)]


def events(number: int, first: int = 0) -> list[Event]:
    data = picture()
    return [
        labeled(position, ImageRecord(f"{first + position}/0", f"{first + position}.jpg"), data)
        for position in range(number)
    ]


def client_of(database: str) -> FlaskClient:
    return create_app(database).test_client()


def test_nothing_labeled_yet_teaches_the_command(empty_database: str) -> None:
    client = client_of(empty_database)
    answer = client.get("/sheet/")
    assert answer.status_code == 200
    assert "python bin/label_images.py --input ~/Pictures" in answer.text
    assert client.get("/failures/").headers["Location"] == "/sheet/"
    assert client.get("/sheet/1").status_code == 404


def test_every_frame_once_and_in_order_over_the_sheets(empty_database: str) -> None:
    fill(empty_database, run_info(None), events(2 * PER_SHEET + 5))
    client = client_of(empty_database)
    path, seen, sheets = "/sheet/", [], 0
    while path:
        page = client.get(path).text
        assert len(frames(page)) <= PER_SHEET
        seen += frames(page)
        sheets += 1
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following.group(1).replace("&amp;", "&") if following else ""
    assert sheets == 3
    assert seen == list(range(1, 2 * PER_SHEET + 6))


@pytest.mark.parametrize("number", [PER_SHEET, 1])
def test_a_full_sheet_offers_no_empty_next_one(empty_database: str, number: int) -> None:
    fill(empty_database, run_info(None), events(number))
    assert 'rel="next"' not in client_of(empty_database).get("/sheet/").text


def test_labels_scores_and_bars(empty_database: str) -> None:
    top = (Prediction(3, "tiger_shark", 0.87312), Prediction(1, "tench", 0.0004))
    fill(empty_database, run_info(None), [labeled(0, ImageRecord("1/0", "a.jpg"), picture(), top)])
    client = client_of(empty_database)
    for path, score in (("/sheet/", "87.3"), ("/sheet/1", "87.31")):
        page = client.get(path).text
        assert re.search(r"tiger shark</span>\s*<span class=\"score\">" + score, page)
        assert 'class="filled" width="87.31"' in page
        assert page.index("tiger shark") < page.index("tench")


def test_the_newest_run_is_shown_and_others_on_request(empty_database: str) -> None:
    fill(empty_database, run_info(None, model="vgg16"), events(3))
    fill(empty_database, run_info(None, model="resnet50"), events(2, first=10))
    client = client_of(empty_database)
    assert "2 pictures labeled by" in client.get("/sheet/").text
    older = client.get("/sheet/?run=1").text
    assert "3 pictures labeled by" in older
    assert "resnet50" in older  # the switcher
    assert frames(older) == [1, 2, 3]
    assert client.get("/sheet/1?run=1").status_code == 200
    assert client.get("/sheet/1?run=2").status_code == 404


@pytest.mark.parametrize("query", ["run=99", "run=x", "run=", "run=-1"])
@pytest.mark.parametrize("page", ["/sheet/", "/sheet/1", "/failures/"])
def test_unknown_runs(client: FlaskClient, page: str, query: str) -> None:
    answer = client.get(f"{page}?{query}")
    assert answer.status_code == 404
    assert "no such run" in answer.text


@pytest.mark.parametrize("path", ["/sheet/0", "/sheet/999", "/sheet/-1", "/sheet/x", "/sheet/1e3"])
def test_unknown_frames(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("after", ["x", "-5", "", "9" * 30])
def test_senseless_places_in_the_sheet_do_not_break_it(client: FlaskClient, after: str) -> None:
    assert client.get(f"/sheet/?after={after}").status_code in (200, 404)


def test_hostile_text_is_shown_as_text(empty_database: str) -> None:
    record = ImageRecord(
        HOSTILE, f"javascript:{HOSTILE}", tweet_id="1", author=HOSTILE, text=HOSTILE
    )
    top = tuple(Prediction(i, f"{HOSTILE}{i}", 0.1) for i in range(5))
    fill(
        empty_database,
        run_info(None, model=HOSTILE),
        [labeled(0, record, picture(), top), failed(1, HOSTILE)],
    )
    client = client_of(empty_database)
    for path in ("/sheet/", "/sheet/1", "/failures/"):
        page = client.get(path).text
        assert "&lt;script&gt;alert(1)" in page
        tags = Tags()
        tags.feed(page)
        assert tags.names.count("script") == 1
        assert not [name for name, _ in tags.attributes if name.startswith("on")]
        links = [value for name, value in tags.attributes if name in ("href", "src")]
        assert all(link.startswith(("/", "#")) for link in links)


def test_no_inline_script_or_style_on_any_page(client: FlaskClient) -> None:
    for path in ("/sheet/", "/sheet/1", "/failures/", "/nowhere"):
        page = client.get(path).text
        assert "style=" not in page
        assert "<style" not in page
        assert re.findall(r"<script[^>]*>", page) == [
            '<script type="module" src="/static/missing.js">'
        ]


def test_pictures_have_words(empty_database: str) -> None:
    said = ImageRecord("1/0", "a.jpg", tweet_id="1", text='A "cat" ' + "asleep " * 40)
    fill(
        empty_database,
        run_info(None),
        [labeled(0, said, picture()), labeled(1, ImageRecord("b", "b.jpg"), picture(seed=1))],
    )
    alts = re.findall(r'alt="([^"]*)"', client_of(empty_database).get("/sheet/").text)
    assert alts[0].startswith("Picture 1: A &#34;cat&#34; asleep")
    assert len(alts[0]) < 150
    assert alts[1] == "Picture 2"


def test_failures_are_counted_in_words_and_listed(empty_database: str) -> None:
    failures = [failed(n, "gone (404)") for n in range(1, 4)]
    failures.append(failed(4, "not a picture", "decode"))
    fill(empty_database, run_info(None), [*events(1), *failures])
    client = client_of(empty_database)
    assert "4 could not be labeled: 3 gone (404), 1 not a picture." in client.get("/sheet/").text
    page = client.get("/failures/?run=1").text
    assert page.count("<td>gone (404)</td>") == 3
    assert "https://example.org/failed-4.jpg" in page


def test_a_run_without_failures_says_so(client: FlaskClient) -> None:
    assert "No picture of this run failed" in client.get("/failures/").text
    assert "could not be labeled" not in client.get("/sheet/").text


def test_an_unfinished_run_says_how_to_go_on(empty_database: str) -> None:
    fill(empty_database, run_info(None), events(1), finished=False)
    assert "--resume" in client_of(empty_database).get("/sheet/").text


def test_the_large_frame_tells_the_post_and_leads_back(tmp_path: Path) -> None:
    record = ImageRecord(
        "7/1", "https://example.org/a.jpg", tweet_id="7", author="ansel", text="Half Dome\nat dawn"
    )
    database = f"sqlite:///{tmp_path}/one.db"
    fill(database, run_info(None), [labeled(0, record, picture(), predictions(1))])
    page = client_of(database).get("/sheet/1?run=1&after=0").text
    assert "Half Dome\nat dawn" in page
    assert "ansel" in page
    assert 'href="https://example.org/a.jpg" rel="noreferrer noopener"' in page
    assert "/sheet/?run=1&amp;after=0#frame-1" in page
    assert page.count('class="label"') == 5
