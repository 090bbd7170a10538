"""Who may look and who judges: locally, from elsewhere, and with accounts."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.webapp.accounts import (
    ELSEWHERE,
    PASSWORD,
    WRITING,
    add_account,
    app_with_writes,
    set_password,
    sign_in,
    token_of,
)
from webapp.app import create_app


@pytest.fixture
def writer(database: str) -> FlaskClient:
    return app_with_writes(database).test_client()


# on this machine, without accounts


def test_without_accounts_the_local_reviewer_judges(writer: FlaskClient) -> None:
    answer = writer.put("/review/written", json={"a": 1})
    assert answer.json == {"by": "local", "sent": '{"a": 1}'}
    assert writer.get("/review/for-admins").text == "the plan"
    assert "Sign out" not in writer.get("/sheet/").text
    assert "Set-Cookie" not in answer.headers


def test_without_accounts_no_key_is_made(writer: FlaskClient, tmp_path: Path) -> None:
    writer.put("/review/written", json={})
    assert not (tmp_path / "session.key").exists()


def test_without_accounts_the_sign_in_page_leads_home(writer: FlaskClient) -> None:
    assert writer.get("/sign-in").headers["Location"] == "/"


OWN = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8888"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://example.org"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://example.org"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:5001"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://localhost.example.org"},
]


@pytest.mark.parametrize("headers", OWN)
def test_our_own_pages_may_write(writer: FlaskClient, headers: dict) -> None:
    for method in WRITING:
        form = {"a": "form"}
        answer = writer.open("/review/written", method=method, headers=headers, data=form)
        assert answer.status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_foreign_pages_may_not(writer: FlaskClient, headers: dict) -> None:
    for method in WRITING:
        answer = writer.open("/review/written", method=method, headers=headers, json={})
        assert answer.status_code == 403
        assert "only the pages of Proofsheet itself" in answer.json["error"]


def test_a_program_that_tells_nothing_may_write(writer: FlaskClient) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            answer = writer.open("/review/written", method=method, data="{}", content_type=kind)
            assert answer.json["by"] == "local"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 403),
        ("multipart/form-data; boundary=x", 403),
        ("text/plain", 403),
        ("text/plain; application/json", 403),
        ("text/ping", 403),
        (None, 403),
    ],
)
def test_a_post_that_tells_nothing_must_be_none_that_a_form_can_send(
    writer: FlaskClient, kind: str | None, code: int
) -> None:
    answer = writer.post("/review/written", data="{}", content_type=kind)
    assert answer.status_code == code


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_link_on_a_foreign_page_may_lead_here(writer: FlaskClient, headers: dict) -> None:
    assert writer.get("/sheet/", headers=headers).status_code == 200


# from elsewhere, without accounts


@pytest.mark.parametrize(
    "sent",
    [
        {"environ_overrides": ELSEWHERE},
        {"environ_overrides": ELSEWHERE, "headers": {"Host": "192.168.1.5:5000"}},
        {"environ_overrides": {"REMOTE_ADDR": "2001:db8::1"}},
        {"environ_overrides": {"REMOTE_ADDR": "::ffff:192.168.1.7"}},
        {"environ_overrides": {"REMOTE_ADDR": ""}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Forwarded-Proto": "https"}},
        {"headers": {"X-Real-IP": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Via": "1.1 example"}},
        {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1.0"}},  # as nginx passes requests on
    ],
)
def test_from_elsewhere_there_is_only_how_to_make_an_account(
    client: FlaskClient, sent: dict
) -> None:
    for path in ("/", "/sheet/", "/pictures/1", "/sign-in", "/nowhere", "/static/proofsheet.css"):
        answer = client.get(path, **sent)
        assert answer.status_code == 403
        assert "python bin/add_reviewer.py NAME --role admin" in answer.text


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_several_addresses(client: FlaskClient, remote: str) -> None:
    assert client.get("/sheet/", environ_overrides={"REMOTE_ADDR": remote}).status_code == 200


def test_a_stranger_is_not_told_where_the_database_is(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, not a database, and long enough at that")
    client = create_app(f"sqlite:///{tmp_path}/notes.db").test_client()
    answer = client.get("/sheet/", environ_overrides=ELSEWHERE)
    assert answer.status_code == 503
    assert "notes.db" not in answer.text
    assert client.get("/static/proofsheet.css", buffered=True).status_code == 200


# with accounts


def test_the_first_account_closes_the_pages_at_once(database: str, client: FlaskClient) -> None:
    assert client.get("/sheet/").status_code == 200
    add_account(database)
    assert client.get("/sheet/").status_code == 303
    set_password(database, "ann", None)
    assert client.get("/sheet/").status_code == 200
    assert client.get("/sheet/", environ_overrides=ELSEWHERE).status_code == 403


@pytest.mark.parametrize("path", ["/", "/sheet/", "/sheet/1?run=1&after=0", "/failures/", "/x"])
def test_pages_lead_to_the_sign_in_and_back(database: str, client: FlaskClient, path: str) -> None:
    add_account(database)
    answer = client.get(path, environ_overrides=ELSEWHERE, headers={"Host": "proofs.example"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=/")
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    form = {"name": "ann", "password": PASSWORD, "csrf_token": token_of(page.text)}
    onward = client.post("/sign-in", data=form | {"next": next_of(page.text)})
    assert (onward.status_code, onward.headers["Location"]) == (303, path)


def next_of(page: str) -> str:
    return page.split('name="next" value="')[1].split('"')[0].replace("&amp;", "&")


def test_programs_are_told_so_in_json(database: str, client: FlaskClient) -> None:
    add_account(database)
    for answer in (
        client.post("/review/next", json={}),
        client.get("/data/?limit=1"),
        client.get("/labels.json"),
        client.get("/sheet/", headers={"Accept": "application/json"}),
    ):
        assert answer.status_code == 401
        assert set(answer.json) == {"error", "sign_in"}
        assert client.get(answer.json["sign_in"]).status_code == 200


def test_a_picture_in_a_page_is_not_answered_with_a_page(
    database: str, client: FlaskClient
) -> None:
    add_account(database)
    headers = {"Sec-Fetch-Dest": "image"}
    assert client.get("/pictures/1", headers=headers).status_code == 401
    assert client.get("/pictures/1").status_code == 303


def test_static_files_are_for_everybody(database: str, client: FlaskClient) -> None:
    add_account(database)
    answer = client.get("/static/proofsheet.css", environ_overrides=ELSEWHERE, buffered=True)
    assert answer.status_code == 200


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_what_is_for_admins(database: str, role: str) -> None:
    add_account(database, role=role)
    client = app_with_writes(database).test_client()
    sign_in(client)
    answer = client.get("/review/for-admins")
    if role == "admin":
        assert answer.text == "the plan"
    else:
        assert answer.status_code == 403
        assert "Only an admin" in answer.json["error"]


def test_cookies_of_other_servers_here_break_nothing(client: FlaskClient) -> None:
    for name in ("remember_token", "session"):
        client.set_cookie(name, "1|abc")
    assert client.get("/sheet/").status_code == 200


def test_pages_are_kept_by_no_browser(client: FlaskClient) -> None:
    assert client.get("/sheet/").headers["Cache-Control"] == "no-store"
    assert "max-age" in client.get("/pictures/1").headers["Cache-Control"]
