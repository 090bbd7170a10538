"""The results page over HTTP: its states, who sees what, and whose numbers it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from flask.testing import FlaskClient

from analysis import figures, wording
from analysis.estimates import FUTURE, Costs
from analysis.frames import read
from analysis.summary import Asked, Summary
from db import rounds, thresholds
from db.engine import connect
from tests.db.judging import store_round
from tests.webapp.accounts import PASSWORD, add_account, sign_in
from tests.webapp.filling import fill, labeled, picture, run_info
from tests.webapp.judged_site import JudgedRun
from tests.webapp.test_rounds import Fields
from tests.webapp.test_rounds import text_of as tags_gone
from tests.webapp.test_sheet import HOSTILE, Tags
from vision.records import ImageRecord, Prediction
from webapp.app import create_app
from webapp.headers import HEADERS
from webapp.results_figures import DETAILED, FIGURES

HERE = {"Sec-Fetch-Site": "same-origin"}
PARTS = ("labels", "pictures", "agreement")


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> JudgedRun:
    """Eighty pictures of which sixty are judged."""
    made = JudgedRun(tmp_path_factory.mktemp("sixty"))
    made.judge(range(60))
    made.engine.dispose()  # all of it is in the file that is copied
    return made


@pytest.fixture
def run(sixty: JudgedRun, tmp_path: Path) -> Iterator[JudgedRun]:
    """Eighty pictures of which sixty are judged, to be changed by the test."""
    made = sixty.copied(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def reading(sixty: JudgedRun) -> FlaskClient:
    """A client of the same run, for tests that change nothing."""
    return create_app(sixty.url).test_client()


@pytest.fixture
def client(run: JudgedRun) -> FlaskClient:
    return create_app(run.url).test_client()


def text_of(page: str) -> str:
    return plain_spaces(unescape(tags_gone(page)))


def plain_spaces(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def summary(run: JudgedRun, asked: Asked | None = None) -> Summary:
    with run.engine.connect() as connection:
        return Summary(read(connection, run.run_id), asked)


def plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else pytest.approx(value, abs=1e-6) for value in values]


def test_nothing_labeled_yet_teaches_the_command(empty_database: str) -> None:
    client = create_app(empty_database).test_client()
    assert "python bin/label_images.py --input ~/Pictures" in client.get("/results/").text
    for path in ("/results/state.json", "/results.json", "/results/curve.json", "/results/labels"):
        assert client.get(path).status_code == 404


def test_nothing_judged_yet_teaches_what_to_press(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path)
    client = create_app(made.url).test_client()
    page = text_of(client.get("/results/").text)
    assert "Nothing of run 1 is judged yet" in page
    assert "press 1 where the first prediction is right" in page
    assert "59 verdicts , all right" in page
    assert "29 verdicts , all right" in text_of(client.get("/results/?precision=90").text)
    assert client.get("/results.json").status_code == 404
    assert "Nothing was judged yet" in client.get("/results.json").json["error"]
    made.judge([0, 1], said="unsure")
    page = text_of(client.get("/results/").text)
    assert "No verdict that counts yet" in page
    assert "every one is unsure, a skip" in page
    made.engine.dispose()


def test_a_run_without_verdicts_points_to_one_with_some(
    run: JudgedRun, client: FlaskClient
) -> None:
    data = picture(seed=999)
    later = fill(run.url, run_info(None), [labeled(0, ImageRecord("new.jpg", "new.jpg"), data)])
    page = client.get(f"/results/?run={later}").text
    assert "Nothing of run 2 is judged yet" in page
    assert re.search(r'href="/results/\?run=1">Run 1</a>.*?60 verdicts', page, re.DOTALL)
    # the newest with verdicts is shown where none is asked for
    assert "Results of run 1" in client.get("/results/").text


def test_the_page_says_what_analysis_finds(sixty: JudgedRun, reading: FlaskClient) -> None:
    made = summary(sixty)
    page = text_of(reading.get("/results/").text)
    assert plain_spaces(wording.headline(made)) in page
    assert wording.PREVIEW in page
    assert "60 of a uniform round of 80" in page
    for figure in (made.accuracy, made.topk_accuracy, made.at.precision, made.at.recall):
        said = f"{wording.percent(figure.value)} {wording.percent(figure.low)} to"
        assert plain_spaces(said) in page
    assert f"about {made.more['accuracy']} verdicts" in page


def test_a_complete_round_is_no_preview(run: JudgedRun, client: FlaskClient) -> None:
    run.judge(range(60, 80))
    assert wording.PREVIEW not in text_of(client.get("/results/").text)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", Asked()),
        ("precision=90&confidence=80", Asked(target=0.9, confidence=0.8)),
        ("about=future&at=0.7", Asked(about=FUTURE, threshold=0.7)),
        ("accept=2&reject=0.5&review=0.25", Asked(costs=Costs(2, 0.5, 0.25))),
    ],
)
def test_the_slider_moves_over_what_analysis_finds(
    sixty: JudgedRun, reading: FlaskClient, query: str, asked: Asked
) -> None:
    made = summary(sixty, asked)
    told = reading.get(f"/results/curve.json?{query}").json
    at = np.array(told["thresholds"])
    assert list(at) == sorted(set(at))
    assert told["written"] == [wording.threshold(made.judged.pool, each) for each in at]
    assert told["coverage"]["value"] == plain(np.array([made.judged.pool.coverage(t) for t in at]))
    for name, made_of in (
        ("precision", made.estimator.precisions(at)),
        ("recall", made.estimator.recalls(at)),
        ("cost", made.estimator.costs(at, asked.costs)),
    ):
        for end in ("value", "low", "high"):
            assert told[name][end] == plain(getattr(made_of, end))
    assert at[told["chosen"]] == made.chosen[0]
    assert told["target"] == asked.target
    assert told["band"]["low"] == plain(made.bands.precision.low)


def test_the_certified_threshold_is_a_stop_of_the_slider(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path, number=70)
    made.judge(range(70), said="top1")
    client = create_app(made.url).test_client()
    certified = summary(made).certified
    told = client.get("/results/curve.json").json
    assert told["thresholds"][told["certified"]] == certified.threshold
    assert told["chosen"] == told["certified"]
    page = text_of(client.get("/results/").text)
    assert "at least 95" in page
    assert plain_spaces(wording.headline(summary(made))) in page
    made.engine.dispose()


def test_all_numbers_are_those_of_the_report(sixty: JudgedRun, reading: FlaskClient) -> None:
    from analysis.numbers import numbers

    told = reading.get("/results.json?precision=90").json
    told.pop("tag")
    assert told == json.loads(json.dumps(numbers(summary(sixty, Asked(target=0.9)))))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("precision=100", "The target precision '100' is no number from 1 to 99.99."),
        ("precision=nan", "The target precision 'nan' is no number"),
        ("confidence=x", "The confidence 'x' is no number"),
        ("at=1.5", "The threshold '1.5' is no number from 0 to 1."),
        ("at=inf", "The threshold 'inf' is no number"),
        ("accept=-1", "The cost of a false accept '-1' is no number from 0 to"),
        ("about=all", "Figures are about no 'all': choose one of pool, future."),
    ],
)
def test_what_does_not_fit_is_said(reading: FlaskClient, query: str, sentence: str) -> None:
    page = reading.get(f"/results/?{query}")
    assert page.status_code == 400
    assert sentence in page.text.replace("&#39;", "'")
    answer = reading.get(f"/results.json?{query}")
    assert answer.status_code == 400
    assert sentence in answer.json["error"]


@pytest.mark.parametrize("query", ["run=9", "run=x", "round=9", "round=x", "round=1&round=9"])
@pytest.mark.parametrize("path", ["/results/", "/results/state.json", "/results/figures/roc.svg"])
def test_unknown_runs_and_rounds(reading: FlaskClient, path: str, query: str) -> None:
    assert reading.get(f"{path}?{query}").status_code == 404


def test_rounds_by_themselves_and_together(run: JudgedRun, client: FlaskClient) -> None:
    first = run.round_id
    run.round_id = store_round(run.engine, run.run_id)
    curating = store_round(run.engine, run.run_id, design="curate")
    run.judge(range(70, 80))
    assert client.get("/results.json").json["n"] == 70
    assert client.get(f"/results.json?round={run.round_id}").json["n"] == 10
    assert client.get(f"/results.json?round={first}").json["n"] == 60
    both = client.get(f"/results/?round={first}&round={run.round_id}").text
    assert both.count('name="round"') == both.count(" checked") == 2
    assert client.get(f"/results/?round={curating}").status_code == 404
    page = client.get(f"/rounds/{run.round_id}").text
    assert f"/results/?round={run.round_id}" in page
    assert "/results/?round" not in client.get(f"/rounds/{curating}").text


def test_rounds_of_different_runs_do_not_add_up(run: JudgedRun, client: FlaskClient) -> None:
    data = picture(seed=999)
    later = fill(run.url, run_info(None), [labeled(0, ImageRecord("new.jpg", "new.jpg"), data)])
    other = store_round(run.engine, later)
    answer = client.get(f"/results/?round={run.round_id}&round={other}")
    assert answer.status_code == 400
    assert "of different runs" in answer.text


def test_the_form_asks_for_what_is_shown(reading: FlaskClient) -> None:
    given = {"precision": "90", "confidence": "99", "accept": "3", "reject": "0", "review": "0.5"}
    fields = Fields(reading.get("/results/", query_string=given | {"at": "0.75"}).text).values
    assert {name: fields[name] for name in given} == given
    assert fields["about"] == "pool"
    assert "t = 0.75" in text_of(reading.get("/results/", query_string=fields).text)


def test_a_verdict_changes_the_state_and_every_figure(run: JudgedRun, client: FlaskClient) -> None:
    before = client.get("/results/state.json").json["tag"]
    assert client.get("/results/curve.json").json["tag"] == before
    assert client.get("/results/state.json").json["tag"] == before
    run.judge([60])
    after = client.get("/results/state.json").json["tag"]
    assert after != before
    told = client.get("/results.json").json
    assert (told["tag"], told["n"]) == (after, 61)
    # what belongs to a page that is shown stays as it was
    assert client.get(f"/results.json?tag={before}").json["n"] == 60
    run.judge([61])
    run.judge([62])
    client.get("/results.json")
    run.judge([63])
    # too old to be remembered
    assert client.get(f"/results.json?tag={before}").json["n"] == 64


def test_figures_are_pictures_and_kept_by_their_state(run: JudgedRun, client: FlaskClient) -> None:
    path = "/results/figures/roc.svg?at=0.7"
    answer = client.get(path)
    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert answer.headers["X-Content-Type-Options"] == HEADERS["X-Content-Type-Options"]
    tag = answer.headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path + "1", headers={"If-None-Match": tag}).status_code == 200
    run.judge([60])
    fresh = client.get(path, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.headers["ETag"] != tag


def test_a_figure_is_drawn_once_for_several_tabs(
    run: JudgedRun, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    draw = figures.FIGURES["roc"]
    counted = {"roc": lambda summary: made.append(summary) or draw(summary)}
    monkeypatch.setattr(figures, "FIGURES", figures.FIGURES | counted)
    path = "/results/figures/roc.svg?at=0.7"
    first, again = client.get(path), client.get(path)
    assert first.data == again.data
    assert len(made) == 1
    client.get(f"{path}1")
    assert len(made) == 2
    run.judge([60])
    assert client.get(path).data != first.data
    assert len(made) == 3


def test_a_figure_of_a_forgotten_state_is_not_kept_as_of_it(reading: FlaskClient) -> None:
    answer = reading.get("/results/figures/roc.svg?tag=forgotten")
    assert answer.status_code == 200
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("name", [*FIGURES, *DETAILED])
def test_every_figure_of_the_page_can_be_drawn(reading: FlaskClient, name: str) -> None:
    page = reading.get("/results/").text + reading.get("/results/labels").text
    answer = reading.get(f"/results/figures/{name}.svg")
    assert answer.status_code == 200
    root = ElementTree.fromstring(answer.text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in answer.text
    if name != "agreement":  # nothing was judged twice
        assert f"/results/figures/{name}.svg" in page


def test_no_such_figure(reading: FlaskClient) -> None:
    assert reading.get("/results/figures/nose.svg").status_code == 404


def test_hostile_labels_are_text(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path, labels=(HOSTILE, "b", "c"))
    made.judge(range(80))
    client = create_app(made.url).test_client()
    for path in ("/results/", *(f"/results/{part}" for part in PARTS)):
        page = client.get(path).text
        tags = Tags()
        tags.feed(page)
        scripts = [dict(tags.attributes).get("onerror"), page.count("alert(1)</script>")]
        assert scripts == [None, 0]
    assert "&lt;script&gt;alert(1)" in client.get("/results/labels").text
    svg = client.get("/results/figures/labels.svg").text
    assert "<script" not in svg
    made.engine.dispose()


def test_labels_are_sorted_as_asked(sixty: JudgedRun, reading: FlaskClient) -> None:
    def names(sort: str) -> list[str]:
        page = reading.get(f"/results/labels?sort={sort}").text
        return re.findall(r'<th scope="row">(tabby|moped|daisy)</th><td>2', page)

    assert names("label") == ["daisy", "moped", "tabby"]
    table = summary(sixty).labels
    by_share = np.array(table.names)[np.argsort(-table.share, kind="stable")]
    assert names("right") == by_share.tolist()
    assert reading.get("/results/labels?sort=nose").status_code == 404


def test_few_labels_at_first_and_all_on_request(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path, number=80, labels=[f"label {n}" for n in range(40)])
    made.judge(range(80))
    client = create_app(made.url).test_client()
    page = client.get("/results/labels").text
    assert page.count('<th scope="row">label') == 30 + page.count('class="word">label')
    assert "All 40 labels" in page
    assert "not enough data" in page
    everything = client.get("/results/labels?all=1").text
    assert everything.count("not enough data") == 40
    assert "All 40 labels" not in everything
    made.engine.dispose()


def test_pictures_stand_on_their_side_of_the_threshold(
    sixty: JudgedRun, reading: FlaskClient
) -> None:
    judged = summary(sixty).judged
    page = reading.get("/results/pictures?at=0.75").text
    sections = dict(
        re.findall(r'<section aria-labelledby="([\w-]+)">(.*?)</section>', page, re.DOTALL)
    )
    accepted, right = judged.scores >= 0.75, judged.top1 == 1
    for name, inside in (
        ("false-positives", accepted & ~right),
        ("false-negatives", ~accepted & right),
        ("true-positives", accepted & right),
        ("true-negatives", ~accepted & ~right),
    ):
        shown = {int(each) for each in re.findall(r'href="/sheet/(\d+)\?run=1"', sections[name])}
        expected = set(judged.image_ids[inside].tolist())
        assert shown <= expected
        assert len(shown) == min(len(expected), 24)
        assert len(expected) > 0
    # a later rank was told to be right
    assert re.search(
        r"is (tabby|moped|daisy)", sections["true-negatives"] + sections["false-positives"]
    )


def accounts(run: JudgedRun) -> tuple[FlaskClient, FlaskClient]:
    """Add an admin and a reviewer; return their clients, signed in."""
    add_account(run.url, "ada", "admin")
    add_account(run.url, "ann")
    both = []
    for name in ("ada", "ann"):
        client = create_app(run.url).test_client()
        sign_in(client, name, password=PASSWORD)
        both.append(client)
    return both[0], both[1]


def test_single_verdicts_are_not_for_who_may_still_be_given_them(run: JudgedRun) -> None:
    ada, ann = accounts(run)
    detailed = [f"/results/{part}" for part in PARTS]
    detailed += [f"/results/figures/{name}.svg" for name in DETAILED]
    for path in detailed:
        assert ann.get(path).status_code == 403, path
        assert ada.get(path).status_code == 200, path
    page = ann.get("/results/")
    assert page.status_code == 200
    assert "for admins while the round is open" in page.text
    assert "/results/labels" not in page.text
    assert "/results/labels" in ada.get("/results/").text
    assert ann.get("/results/figures/roc.svg").status_code == 200
    rounds.close(run.engine, run.round_id)
    for path in detailed:
        assert ann.get(path).status_code == 200, path


def test_labels_are_not_told_while_another_round_can_still_give_the_pictures(
    run: JudgedRun,
) -> None:
    _, ann = accounts(run)
    first = run.round_id
    rounds.close(run.engine, first)
    for design, code in (("curate", 200), ("uniform", 403)):
        other = store_round(run.engine, run.run_id, design=design)
        for query in ("", f"?round={first}"):
            assert ann.get(f"/results/labels{query}").status_code == code
    rounds.close(run.engine, other)
    assert ann.get("/results/labels").status_code == 200


def test_all_numbers_leave_out_what_is_not_for_the_viewer(run: JudgedRun) -> None:
    ada, ann = accounts(run)
    assert {"labels", "confusions", "agreement"} <= ada.get("/results.json").json.keys()
    told = ann.get("/results.json").json
    assert not {"labels", "confusions", "agreement"} & told.keys()
    assert told["n"] == 60


def test_own_verdicts_are_one_s_own(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path)
    _, ann = accounts(made)
    made.judge(range(60), "ann")
    assert ann.get("/results/labels").status_code == 200
    made.judge([60], "ada")
    assert ann.get("/results/labels").status_code == 403
    made.engine.dispose()


def test_pictures_that_an_admin_may_still_be_given_are_not_shown(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path)
    first, made.round_id = made.round_id, store_round(made.engine, made.run_id, overlap=2)
    ada, _ = accounts(made)
    made.judge(range(60), "ann")
    made.judge(range(5), "ada")
    # another round can still give them all
    assert "/sheet/" not in ada.get("/results/pictures?at=0.1").text.split("<section", 1)[1]
    rounds.close(made.engine, first)
    page = ada.get("/results/pictures?at=0.1").text
    assert set(re.findall(r'href="/sheet/(\d+)', page)) == {str(n + 1) for n in range(5)}
    assert "Hidden while you may still be given them" in page
    made.engine.dispose()


def store_form(client: FlaskClient, query: str = "") -> dict[str, str]:
    return {
        "at": Fields(client.get(f"/results/?{query}").text.split('class="store"')[1]).values["at"]
    }


def test_storing_a_threshold(run: JudgedRun, client: FlaskClient) -> None:
    form = store_form(client, "at=0.75")
    answer = client.post("/results/threshold?run=1&confidence=90", data=form, headers=HERE)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert "python bin/export_labels.py --run 1" in page
    # the page stays at what was stored
    assert "At t = 0.75" in text_of(page)
    with run.engine.connect() as connection:
        found = thresholds.newest(connection, run.run_id)
    assert found is not None
    made = summary(run, Asked(threshold=0.75, confidence=0.9))
    assert (found.threshold, found.criterion, found.confidence) == (0.75, "given", 0.9)
    assert found.coverage == made.judged.pool.coverage(0.75)
    assert found.judged == (made.judged.scores >= 0.75).sum()
    assert found.precision_low == pytest.approx(made.at.precision.low)
    assert found.basis["rounds"] == [run.round_id]
    assert found.basis["calibration"] == made.recalibration.fitted.to_dict()


def test_the_certified_threshold_is_stored_as_such(tmp_path: Path) -> None:
    made = JudgedRun(tmp_path, number=70)
    made.judge(range(70), said="top1")
    client = create_app(made.url).test_client()
    client.post("/results/threshold?run=1", data=store_form(client), headers=HERE)
    with made.engine.connect() as connection:
        found = thresholds.newest(connection, made.run_id)
    certified = summary(made).certified
    assert found is not None
    assert (found.criterion, found.threshold) == ("certified", certified.threshold)
    assert (found.target, found.judged, found.right) == (0.95, certified.judged, certified.right)
    made.engine.dispose()


def test_who_may_store(run: JudgedRun) -> None:
    ada, ann = accounts(run)
    assert 'class="store"' not in ann.get("/results/").text
    token = Fields(ada.get("/results/").text).values["csrf_token"]
    assert ada.post("/results/threshold?run=1", data={"at": "0.7"}).status_code == 403
    given = {"at": "0.7", "csrf_token": token}
    assert ada.post("/results/threshold?run=1", data=given).status_code == 303
    own = Fields(ann.get("/results/").text).values["csrf_token"]
    given["csrf_token"] = own
    assert ann.post("/results/threshold?run=1", data=given).status_code == 403
    with run.engine.connect() as connection:
        assert len(thresholds.of_run(connection, run.run_id)) == 1


def test_a_page_from_elsewhere_stores_nothing(run: JudgedRun, client: FlaskClient) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post("/results/threshold?run=1", data={"at": "0.7"}, headers=foreign)
    assert answer.status_code == 403


def test_verdicts_on_a_part_of_the_scores_alone(tmp_path: Path) -> None:
    """A certifying round tells nothing of the accuracy: the page says so, and has no figure."""
    made = JudgedRun(tmp_path)
    from analysis import drawing
    from tests.webapp.judged_site import verdict

    drawn = drawing.draw(made.engine, drawing.Request(40, "certify", seed=1))
    made.round_id = drawn.round_id
    made.judge(range(40))
    assert verdict(0, 80) == ("top1", None)
    client = create_app(made.url).test_client()
    page = text_of(client.get(f"/results/?round={drawn.round_id}").text)
    assert "Unknown: pictures were drawn only from scores of" in page
    assert client.get(f"/results/figures/roc.svg?round={drawn.round_id}").status_code == 200
    made.engine.dispose()


def test_on_a_server_s_database(database_url: str, tmp_path: Path) -> None:
    """The same on SQLite and MariaDB: page, numbers, a new verdict, a stored threshold."""
    top = (Prediction(0, "tabby", 0.9), Prediction(1, "moped", 0.05))
    run_id = fill(
        database_url,
        run_info(None),
        [
            labeled(n, ImageRecord(f"{n}", f"{n}.jpg"), picture(seed=n, size=(48, 32)), top)
            for n in range(20)
        ],
    )
    made = JudgedRun.__new__(JudgedRun)
    made.url, made.number, made.run_id = database_url, 20, run_id
    made.engine = connect(database_url)
    made.round_id = store_round(made.engine, run_id)
    client = create_app(database_url).test_client()
    assert "Nothing of run" in client.get("/results/").text
    made.judge(range(15))
    assert client.get("/results.json").json["n"] == 15
    made.judge([15])
    assert client.get("/results.json").json["n"] == 16
    for path in ("/results/", "/results/pictures", "/results/labels", "/results/agreement"):
        assert client.get(path).status_code == 200
    answer = client.post(f"/results/threshold?run={run_id}", data={"at": "0.9"}, headers=HERE)
    assert answer.status_code == 303
    made.engine.dispose()
