"""The pages of rounds: the list, drawing, one round, closing, and putting back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import Engine
from werkzeug.serving import make_server

from analysis.wording import plain
from db import review_items, reviewers, rounds
from db.engine import connect
from db.judgments import record
from db.leases import Wish, hand_out
from db.review_events import Judge
from tests.db.judging import standing
from tests.webapp.accounts import add_account, sign_in, token_of
from tests.webapp.filling import fill, labeled, picture, predictions, run_info
from tests.webapp.test_sheet import HOSTILE, Tags
from vision.records import ImageRecord
from webapp.app import create_app
from webapp.rounds import PER_PAGE

HERE = {"Sec-Fetch-Site": "same-origin"}
FORM = {"design": "uniform", "size": "20", "run": "1", "overlap": "1", "twice": "0"}
PICTURES = 60
PAGES = ("/", "/rounds/", "/results/", "/sheet/", "/failures/")
"""What each page leads to."""


class Fields(HTMLParser):
    """Collects what a browser would post of a page's forms: the last value of each name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self.values[self._select] = value
        elif tag == "input" and name and ("checked" in given or given.get("type") != "radio"):
            self.values[name] = value


@pytest.fixture
def pages(empty_database: str) -> FlaskClient:
    """A client of pages over one run of 60 pictures."""
    fill(
        empty_database,
        run_info(None),
        [
            labeled(n, ImageRecord(f"{n}/0", f"{n}.jpg", tweet_id=str(n)), picture(seed=n))
            for n in range(PICTURES)
        ],
    )
    return create_app(empty_database).test_client()


@pytest.fixture
def engine(pages: FlaskClient, empty_database: str) -> Iterator[Engine]:
    engine = connect(empty_database)
    yield engine
    engine.dispose()


def draw(client: FlaskClient, **fields: str) -> int:
    answer = client.post("/rounds/", data=FORM | fields, headers=HERE)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rpartition("/")[2])


def row_of(engine: Engine, round_id: int) -> rounds.RoundRow:
    with engine.connect() as connection:
        row = rounds.by_id(connection, round_id)
    assert row is not None
    return row


def reviewer(engine: Engine, name: str) -> int:
    if name == reviewers.LOCAL:
        return reviewers.local(engine).id
    reviewers.add(engine, name, "reviewer", None)
    with engine.connect() as connection:
        found = reviewers.credentials(connection, name)
    assert found is not None
    return found[0].id


def drawn_keys(engine: Engine, round_id: int) -> list[int]:
    """Return the numbers of a round's pictures, in the order of their positions."""
    with engine.connect() as connection:
        row = rounds.by_id(connection, round_id)
        assert row is not None
        shown = review_items.items(connection, row, range(row.size))
    return [int(shown[position].key.partition("/")[0]) for position in sorted(shown)]


def judge(
    engine: Engine, round_id: int, verdicts: dict[int, str], name: str = "local", **other: Any
) -> None:
    row = row_of(engine, round_id)
    events = [
        Judge(str(uuid4()), row.uuid, position, verdict, **other)
        for position, verdict in verdicts.items()
    ]
    assert all(answer.why is None for answer in record(engine, reviewer(engine, name), events))


def boxes(page: str) -> list[int]:
    """Return the positions that a page offers to put back."""
    return [int(each) for each in re.findall(r'name="position" value="(\d+)"', page)]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_nothing_labeled_yet_teaches_the_command(empty_database: str) -> None:
    client = create_app(empty_database).test_client()
    assert "python bin/label_images.py --input ~/Pictures" in client.get("/rounds/").text
    answer = client.post("/rounds/", data=FORM, headers=HERE)
    assert answer.status_code == 400


def test_no_round_yet_teaches_what_one_is(pages: FlaskClient) -> None:
    page = pages.get("/rounds/").text
    assert "No round was drawn yet." in page
    assert "A round is a sample that is drawn before anybody looks" in page


def test_the_form_as_it_comes_can_be_posted(pages: FlaskClient, engine: Engine) -> None:
    fields = Fields(pages.get("/rounds/").text).values
    assert (fields["design"], fields["size"]) == ("stratified", str(PICTURES))
    answer = pages.post("/rounds/", data=fields | {"size": "40"}, headers=HERE)
    row = row_of(engine, 1)
    assert answer.headers["Location"] == "/rounds/1"
    assert (row.design, row.size, row.overlap, row.reviewed_twice) == ("stratified", 40, 1, 0)


def test_a_drawn_round_is_as_asked_for(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages, design="certify", size="10", twice="30", name=" First look ", seed="7")
    row = row_of(engine, round_id)
    assert (row.run_id, row.name, row.design, row.seed) == (1, "First look", "certify", 7)
    assert (row.size, row.overlap, row.reviewed_twice, row.reviews) == (10, 1, 0.3, 13)
    said = text_of(pages.get(f"/rounds/{round_id}").text)
    assert "10 pictures, certify, of run 1 (efficientnet_lite0)" in said
    assert "seed 7; one reviewer a picture, two for 30 % of them." in said
    assert "0 of 13 verdicts" in said
    assert "60 pictures, 60 without near-duplicates. Only scores of" in said


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("size", "many", "The size &#39;many&#39; is no whole number"),
        ("size", "0", "The size &#39;0&#39; is no whole number from 1"),
        ("size", "61", "This run has 60 pictures without near-duplicates: choose a size up to 60."),
        ("size", "9" * 5000, "is no whole number from 1"),
        ("overlap", "21", "The number of reviewers a picture &#39;21&#39;"),
        ("twice", "101", "The share reviewed twice &#39;101&#39; is no percentage from 0 to 100"),
        ("twice", "nan", "The share reviewed twice &#39;nan&#39;"),
        ("seed", "-1", "The seed &#39;-1&#39;"),
        ("run", "99", "There is no run 99: choose one of 1 (efficientnet_lite0)."),
        ("run", "", "The run &#39;&#39;"),
        ("design", "guess", "&#39;guess&#39; is no design"),
        ("name", "n" * 256, "1 to 255 printable characters"),
        ("name", HOSTILE * 9, "1 to 255 printable characters"),
    ],
)
def test_what_cannot_be_drawn_is_said_beside_what_was_typed(
    pages: FlaskClient, field: str, value: str, sentence: str
) -> None:
    form = FORM | {"name": "Kept", "seed": "5", "size": "12"} | {field: value}
    answer = pages.post("/rounds/", data=form, headers=HERE)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert 'role="alert"' in answer.text
    kept = Fields(answer.text).values
    for name, typed in form.items():
        if name not in ("design", "run") or name != field:
            assert kept[name] == typed
    assert "No round was drawn yet." in answer.text
    assert "<script>alert" not in answer.text


def test_twice_and_overlap_exclude_each_other(pages: FlaskClient) -> None:
    form = FORM | {"overlap": "2", "twice": "10"}
    answer = pages.post("/rounds/", data=form, headers=HERE)
    assert answer.status_code == 400
    assert "give only one of the two" in answer.text


def test_the_list_shows_each_round_with_its_state(pages: FlaskClient, engine: Engine) -> None:
    first = draw(pages, name="Done one", size="2")
    second = draw(pages, name="Closed one")
    third = draw(pages, name="Open one", overlap="2")
    judge(engine, first, {0: "top1", 1: "skip"})
    judge(engine, third, {0: "top1"})
    rounds.close(engine, second)
    page = pages.get("/rounds/").text
    assert page.index("Open one") < page.index("Closed one") < page.index("Done one")
    table = [text_of(row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)][1:]
    assert [re.search(r"\d+ of \d+", row).group() for row in table] == [  # type: ignore[union-attr]
        "1 of 40",
        "0 of 20",
        "2 of 2",
    ]
    states = [re.search("open|complete|closed", row.replace("Open one", "")) for row in table]
    assert [state and state.group() for state in states] == ["open", "closed", "complete"]
    assert "uniform, of run 1 (efficientnet_lite0)" in table[0]
    assert re.findall(r'href="(/\?round=\d+)"', page) == [f"/?round={third}"]


def test_the_round_of_a_run_is_listed_once_it_was_needed(pages: FlaskClient) -> None:
    assert pages.get("/").status_code == 200
    said = text_of(pages.get("/rounds/").text)
    assert "all pictures of run 1 (efficientnet_lite0), made by itself" in said
    assert "0 of 60" in said
    page = pages.get("/rounds/1").text
    assert "60 pictures of the run are not in the round yet" in re.sub(r"\s+", " ", page)
    assert "Close this round" not in page
    answer = pages.post("/rounds/1/close", headers=HERE | {"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert "stays open" in answer.text
    assert pages.post("/rounds/1/put-back", data={}, headers=HERE).status_code == 303


def test_progress_and_open_questions(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages, size="5")
    judge(engine, round_id, {0: "top1", 1: "skip"})
    said = text_of(pages.get(f"/rounds/{round_id}").text)
    assert "1 answered, 1 skipped, 0 unsure." in said
    judge(engine, round_id, {2: "none", 3: "unsure"}, "ann")
    said = text_of(pages.get(f"/rounds/{round_id}").text)
    assert "4 of 5 verdicts" in said
    assert re.search(r"\d+ a minute, 1 min left\.", said)
    assert re.search(r"ann 2 \d+\.\d local 2 \d+\.\d", said)
    # what others said is not told while some of it may still be given to the viewer
    assert "answered" not in said
    judge(engine, round_id, {4: "top1"})
    said = text_of(pages.get(f"/rounds/{round_id}").text)
    assert "3 answered, 1 skipped, 1 unsure." in said


def test_strata_are_told(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages, design="stratified", size="40")
    strata = row_of(engine, round_id).strata
    assert strata is not None
    page = pages.get(f"/rounds/{round_id}").text
    told = re.findall(
        r"([\d.]+)\s*% to ([\d.]+)\s*%</th>\s*<td>(\d+)</td><td>(\d+)</td>\s*<td>(\d+)", page
    )
    assert len(told) == len(strata["strata"]) > 1
    assert sum(int(drawn) for *_, drawn in told) == 40
    assert sum(int(number) for _, _, number, _, _ in told) == PICTURES


def test_closing(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages)
    assert "Close this round" in pages.get(f"/rounds/{round_id}").text
    answer = pages.post(f"/rounds/{round_id}/close", data={}, headers=HERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/rounds/{round_id}")
    page = pages.get(f"/rounds/{round_id}").text
    assert "; closed 2" in page
    assert "Close this round" not in page
    assert "Review this round" not in page
    me = reviewer(engine, "local")
    assert hand_out(engine, round_id, me, Wish(1)).state == "closed"


def test_a_closed_round_puts_nothing_back(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages)
    judge(engine, round_id, {0: "top1"})
    rounds.close(engine, round_id)
    page = pages.get(f"/rounds/{round_id}").text
    assert "Top-1 right" in page
    assert boxes(page) == []
    answer = pages.post(f"/rounds/{round_id}/put-back", data={"position": "0"}, headers=HERE)
    assert answer.status_code == 400
    assert len(standing(engine, round_id)) == 1


def test_judged_pictures_are_listed_and_put_back(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages)
    judge(engine, round_id, {0: "top1", 3: "none", 4: "novocab"})
    judge(engine, round_id, {5: "topk"}, "ann", rank=2, note="a boat")
    path = f"/rounds/{round_id}"
    page = pages.get(path).text
    assert boxes(page) == [0, 3, 4, 5]
    said = text_of(page)
    assert "Picture 4" in said
    label = {n: [plain(each.label) for each in predictions(f"{n}/0")] for n in range(PICTURES)}
    drawn = dict(enumerate(drawn_keys(engine, round_id)))
    first = {position: label[number][0] for position, number in drawn.items()}
    assert f"local: Top-1 right : {first[0]} 2" in said
    assert f"local: None right of {first[3]} 2" in said
    assert f"local: No such class of {first[4]} 2" in said
    second = label[drawn[5]][1]
    assert re.search(f"ann: Later one right , number 2: {second} .*? a boat", said)

    chosen = {"position": ["0", "5"], "show": "all"}
    answer = pages.post(f"{path}/put-back", data=chosen, headers=HERE)
    assert answer.headers["Location"] == f"{path}?show=all&put_back=2#judged"
    page = pages.get(answer.headers["Location"]).text
    assert "2 pictures put back to be judged anew." in page
    assert boxes(page) == [3, 4]
    me = reviewer(engine, "local")
    assert hand_out(engine, round_id, me, Wish(3)).positions == [0, 1, 2]


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["99"], ["9" * 30]])
def test_senseless_choices_put_nothing_back(
    pages: FlaskClient, engine: Engine, chosen: list[str]
) -> None:
    round_id = draw(pages)
    judge(engine, round_id, {0: "top1"})
    answer = pages.post(f"/rounds/{round_id}/put-back", data={"position": chosen}, headers=HERE)
    page = pages.get(answer.headers["Location"]).text
    assert "nothing was put back" in page
    assert boxes(page) == [0]


def test_pages_of_judged_pictures_by_filter(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages, size="60")
    judge(engine, round_id, {n: "skip" if n % 10 == 0 else "top1" for n in range(60)})
    path, seen = f"/rounds/{round_id}", []
    while path:
        page = pages.get(path).text
        assert len(boxes(page)) <= PER_PAGE
        seen += boxes(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following.group(1).replace("&amp;", "&") if following else ""
    assert seen == list(range(60))
    skipped = pages.get(f"/rounds/{round_id}?show=skipped").text
    assert boxes(skipped) == list(range(0, 60, 10))
    assert 'aria-current="true">Skipped' in skipped
    assert "No such picture" in pages.get(f"/rounds/{round_id}?show=unsure").text
    too_many = {"position": [str(n) for n in range(PER_PAGE + 1)]}
    answer = pages.post(f"/rounds/{round_id}/put-back", data=too_many, headers=HERE)
    assert answer.status_code == 400
    assert len(standing(engine, round_id)) == 60


def test_the_page_stays_where_it_was_after_putting_back(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages, size="60")
    judge(engine, round_id, dict.fromkeys(range(60), "skip"))
    page = pages.get(f"/rounds/{round_id}?show=skipped&after=49").text
    fields = Fields(page).values
    assert (fields["show"], fields["after"], fields["position"]) == ("skipped", "49", "59")
    answer = pages.post(f"/rounds/{round_id}/put-back", data=fields, headers=HERE)
    following = pages.get(answer.headers["Location"]).text
    assert boxes(following) == list(range(50, 59))
    assert "1 picture put back" in following


def test_nobody_sees_another_s_verdict_before_giving_one(
    pages: FlaskClient, engine: Engine
) -> None:
    round_id = draw(pages, size="6", overlap="2")
    judge(engine, round_id, {0: "none", 1: "skip", 2: "top1"}, "ann", note="a secret")
    judge(engine, round_id, {2: "none"})
    judge(engine, round_id, {0: "top1"}, "bob")
    path = f"/rounds/{round_id}"
    items = re.findall(
        r"<li>\s*<a class=\"film\".*?</div>\s*</li>", pages.get(path).text, re.DOTALL
    )
    hidden = [each for each in items if "hidden while you may still be given it" in each]
    assert (len(items), len(hidden)) == (3, 1)
    assert "Picture 2" in hidden[0]
    assert not re.search("ann|secret|Skip|right", text_of(hidden[0]))
    assert boxes(pages.get(f"{path}?show=skipped").text) == []
    assert boxes(pages.get(f"{path}?show=noted").text) == [0, 2]
    assert boxes(pages.get(f"{path}?show=disagreement").text) == [0, 2]


def disputed(pages: FlaskClient, engine: Engine) -> int:
    """Return a round in which ann and bob disagree on the first two of three pictures."""
    round_id = draw(pages, size="6", overlap="2")
    judge(engine, round_id, {0: "none", 1: "top1", 2: "top1"}, "ann")
    judge(engine, round_id, {0: "top1", 1: "novocab", 2: "top1"}, "bob")
    return round_id


def settle_forms(page: str) -> dict[str, dict[str, str]]:
    """Return what each form that settles would post as the page comes, by its id."""
    forms = re.findall(r'<form id="(settle-\d+)".*?</form>', page, re.DOTALL)
    found = {}
    for name in forms:
        own = re.search(rf'<form id="{name}".*?</form>', page, re.DOTALL)
        choice = re.search(rf'<select[^>]* form="{name}".*?</select>', page, re.DOTALL)
        assert own is not None
        assert choice is not None
        found[name] = {"right": ""} | Fields(own.group()).values | Fields(choice.group()).values
    return found


def test_a_disagreement_is_settled_on_its_list(pages: FlaskClient, engine: Engine) -> None:
    round_id = disputed(pages, engine)
    path = f"/rounds/{round_id}"
    assert settle_forms(pages.get(path).text) == {}
    page = pages.get(f"{path}?show=disagreement").text
    forms = settle_forms(page)
    assert sorted(forms) == ["settle-0", "settle-1"]
    assert {each["right"] for each in forms.values()} == {""}
    number = drawn_keys(engine, round_id)[0]
    labels = [plain(each.label) for each in predictions(f"{number}/0")]
    offered = re.findall(r"<option[^>]*>([^<]*)</option>", page)[:8]
    assert [" ".join(each.split()) for each in offered] == [
        "choose",
        f"Top-1 right: {labels[0]}",
        "Later one right",
        "None right",
        *(f"Prediction {rank} right: {labels[rank - 1]}" for rank in range(2, 6)),
    ]

    answer = pages.post(f"{path}/settle", data=forms["settle-0"] | {"right": "rank3"}, headers=HERE)
    assert answer.headers["Location"] == f"{path}?show=disagreement&settled=0#judged"
    page = pages.get(answer.headers["Location"]).text
    assert "Picture 1 is settled." in page
    assert sorted(settle_forms(page)) == ["settle-1"]

    page = pages.get(f"{path}?show=settled").text
    said = f"local settled: Later one right , number 3: {labels[2]}"
    assert said in text_of(page)
    assert settle_forms(page)["settle-0"]["right"] == "rank3"
    again = settle_forms(page)["settle-0"] | {"right": "none"}
    pages.post(f"{path}/settle", data=again, headers=HERE)
    page = pages.get(f"{path}?show=settled").text
    assert settle_forms(page)["settle-0"]["right"] == "none"
    assert said not in text_of(page)
    assert "ann: None right" in text_of(page)
    assert "2 of 12" not in text_of(page)
    assert "6 of 12 verdicts" in text_of(page)


def test_a_disagreement_of_two_rounds_is_settled(pages: FlaskClient, engine: Engine) -> None:
    first, second = (draw(pages, size=str(PICTURES), name=name) for name in ("One", "Two"))
    number = drawn_keys(engine, first)[0]
    at = drawn_keys(engine, second).index(number)
    judge(engine, first, {0: "top1"}, "ann")
    judge(engine, second, {at: "none"})
    page = pages.get(f"/rounds/{first}?show=disagreement").text
    assert re.search(r"local: None right of .*? UTC in Two", text_of(page))
    assert "in One" not in text_of(page)
    form = settle_forms(page)["settle-0"] | {"right": "top1"}
    assert pages.post(f"/rounds/{first}/settle", data=form, headers=HERE).status_code == 303
    for round_id in (first, second):
        assert settle_forms(pages.get(f"/rounds/{round_id}?show=disagreement").text) == {}
        assert len(settle_forms(pages.get(f"/rounds/{round_id}?show=settled").text)) == 1


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        ({"right": ""}, 400, "which verdict on it is right"),
        ({"right": "skip"}, 400, "which verdict on it is right"),
        ({"right": "keep"}, 400, "which verdict on it is right"),
        ({"right": "rank9"}, 400, "which verdict on it is right"),
        ({"item": "x"}, 400, "Choose a picture of the list"),
        ({"item": "-1"}, 400, "Choose a picture of the list"),
        ({"item": "2"}, 409, "reviewers do not disagree on this picture"),
        ({"item": "99"}, 409, "the round has no item 99"),
    ],
)
def test_what_cannot_be_settled_is_said(
    pages: FlaskClient, engine: Engine, changed: dict[str, str], code: int, sentence: str
) -> None:
    round_id = disputed(pages, engine)
    before = standing(engine, round_id)
    form = {"item": "0", "right": "none"} | changed
    answer = pages.post(f"/rounds/{round_id}/settle", data=form, headers=HERE)
    assert answer.status_code == code
    assert sentence in answer.text
    assert standing(engine, round_id) == before


def test_hostile_names_and_notes_are_shown_as_text(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages, name=HOSTILE)
    judge(engine, round_id, {0: "top1"}, HOSTILE, note=HOSTILE)
    for path in ("/rounds/", f"/rounds/{round_id}"):
        page = pages.get(path).text
        assert "&lt;script&gt;alert(1)" in page
        assert "style=" not in page
        tags = Tags()
        tags.feed(page)
        assert tags.names.count("script") == 1
        assert not [name for name, _ in tags.attributes if name.startswith("on")]


@pytest.mark.parametrize("path", ["/rounds/99", "/rounds/0", "/rounds/x", f"/rounds/{2**63}"])
def test_unknown_rounds(pages: FlaskClient, path: str) -> None:
    answer = pages.get(path)
    assert answer.status_code == 404
    nav = re.search(r'<nav class="pages".*?</nav>', answer.text, re.DOTALL)
    assert nav is not None
    links = re.findall(r'href="([^"]+)"', nav.group())
    assert links == list(PAGES)
    assert pages.post(f"{path}/close", data={}, headers=HERE).status_code == 404
    assert pages.post(f"{path}/put-back", data={}, headers=HERE).status_code == 404
    assert pages.post(f"{path}/settle", data={}, headers=HERE).status_code == 404


def test_an_unknown_round_leads_to_all_of_them(pages: FlaskClient) -> None:
    assert '<a href="/rounds/">All rounds</a>' in pages.get("/rounds/99").text


def test_a_later_prediction_without_a_rank_has_no_label(pages: FlaskClient, engine: Engine) -> None:
    round_id = draw(pages)
    judge(engine, round_id, {0: "topk"})
    assert re.search(
        r"local: Later one right \d{4}-", text_of(pages.get(f"/rounds/{round_id}").text)
    )


@pytest.mark.parametrize("query", ["show=liked", "run=99", "show="])
def test_unknown_lists_and_runs(pages: FlaskClient, query: str) -> None:
    round_id = draw(pages)
    path = "/rounds/" if query.startswith("run") else f"/rounds/{round_id}"
    assert pages.get(f"{path}?{query}").status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=-5", "put_back=x", f"after={9**40}"])
def test_senseless_places_do_not_break_the_page(pages: FlaskClient, query: str) -> None:
    assert pages.get(f"/rounds/{draw(pages)}?{query}").status_code == 200


def test_every_page_leads_to_the_others(pages: FlaskClient) -> None:
    round_id = draw(pages)
    for path in ("/", "/rounds/", f"/rounds/{round_id}", "/sheet/?run=1", "/failures/"):
        page = pages.get(path).text
        nav = re.search(r'<nav class="pages".*?</nav>', page, re.DOTALL)
        assert nav is not None
        links = re.findall(r'href="([^"]+)"', nav.group())
        assert links == ["/", *(f"{each}?run=1" for each in PAGES[1:])]
        assert nav.group().count("aria-current") == 1
        assert '<a class="name" href="/">' in page


def test_the_form_starts_on_the_run_one_comes_from(pages: FlaskClient, empty_database: str) -> None:
    fill(empty_database, run_info(None, model="vgg16"), [])
    assert Fields(pages.get("/rounds/").text).values["run"] == "2"
    assert Fields(pages.get("/rounds/?run=1").text).values["run"] == "1"


def test_a_form_of_a_foreign_page_draws_nothing(pages: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert pages.post("/rounds/", data=FORM, headers=headers).status_code == 403
    assert "No round was drawn yet." in pages.get("/rounds/").text


def test_reviewers_look_and_admins_act(
    pages: FlaskClient, engine: Engine, empty_database: str
) -> None:
    round_id = draw(pages, size="3", overlap="2")
    judge(engine, round_id, {0: "none"}, "cid", note="a secret")
    judge(engine, round_id, {0: "top1"}, "dan")
    add_account(empty_database, "ann", "reviewer")
    add_account(empty_database, "bob", "admin")
    ann, bob = (pages.application.test_client() for _ in range(2))
    for client, name in ((ann, "ann"), (bob, "bob")):
        assert client.get("/rounds/").status_code == 303  # to the sign-in page
        assert sign_in(client, name).status_code == 303

    paths = ("settle", "put-back", "close")
    # drawn last: a new round may hold the pictures, and what can still be given is not settled
    actions = (*(f"/rounds/{round_id}/{each}" for each in paths), "/rounds/")
    form = FORM | {
        "position": "0",
        "item": "0",
        "right": "top1",
        "csrf_token": token_of(ann.get("/rounds/").text),
    }
    for action in actions:
        assert f'action="{action}' not in ann.get("/rounds/").text
        answer = ann.post(action, data=form)
        assert answer.status_code == 403
        assert "Only an admin may do this" in answer.text
    page = ann.get(f"/rounds/{round_id}").text
    assert "2 of 6 verdicts" in text_of(page)
    assert not re.search("a secret|Judged pictures|Close this round", page)

    form["csrf_token"] = token_of(bob.get("/rounds/").text)
    page = bob.get(f"/rounds/{round_id}").text
    assert "a secret" in page
    assert len(re.findall(r'name="csrf_token" value="[^"]+"', page)) == 3
    page = bob.get(f"/rounds/{round_id}?show=disagreement").text
    assert len(re.findall(r'name="csrf_token" value="[^"]+"', page)) == 4
    for action in actions:
        assert bob.post(action, data=form | {"csrf_token": ""}).status_code == 403
        assert bob.post(action, data=form).status_code == 303
    assert standing(engine, round_id) == []
    assert row_of(engine, round_id).closed_at is not None


@pytest.mark.slow
def test_in_a_browser_a_round_is_drawn_looked_at_and_closed(
    browser: Browser, pages: FlaskClient, engine: Engine
) -> None:
    server = make_server("127.0.0.1", 0, pages.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"http://127.0.0.1:{server.port}/rounds/")
        page.get_by_label("certify").check()
        page.get_by_label("Pictures", exact=True).fill("4000")
        page.get_by_role("button", name="Draw the round").click()
        assert "choose a size up to 48" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("certify").is_checked()
        page.get_by_label("Pictures", exact=True).fill("4")
        page.get_by_role("button", name="Draw the round").click()
        page.wait_for_url("**/rounds/1")
        judge(engine, 1, {0: "top1", 1: "skip"})
        page.reload()
        page.get_by_label("Picture 2").check()
        page.get_by_role("button", name="Put back to be judged anew").click()
        assert page.get_by_role("status").inner_text() == "1 picture put back to be judged anew."
        assert not page.get_by_label("Picture 2").count()
        judge(engine, 1, {0: "none"}, "ann")
        page.get_by_role("link", name="Disagreement").click()
        page.get_by_label("Right is").select_option(label="None right")
        page.get_by_role("button", name="Settle: picture 1").click()
        assert page.get_by_role("status").inner_text() == "Picture 1 is settled."
        page.get_by_text("Close this round").click()
        page.get_by_role("button", name="Close the round").click()
        page.get_by_text("closed 2").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert [verdict for *_, verdict in standing(engine, 1)] == ["top1", "none", "none"]
    assert row_of(engine, 1).closed_at is not None
