"""Signing in and out: passwords, tokens, sessions, limits, and where it leads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from db import reviewers
from db.engine import connect
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
from tests.webapp.test_app import ROOT, served
from webapp import sign_in as sign_in_page
from webapp.app import create_app


@pytest.fixture
def annes(database: str) -> FlaskClient:
    """A client that is signed in as ann, a reviewer."""
    add_account(database)
    client = app_with_writes(database).test_client()
    assert sign_in(client).status_code == 303
    return client


def test_signed_in(annes: FlaskClient) -> None:
    page = annes.get("/sheet/")
    assert page.status_code == 200
    assert "ann" in page.text
    assert "Sign out" in page.text
    token = token_of(page.text)
    answer = annes.put("/review/written", json={}, headers={"X-CSRFToken": token})
    assert answer.json["by"] == "ann"
    assert annes.get("/sign-in?next=/failures/").headers["Location"] == "/failures/"


def test_names_are_trimmed_and_accents_may_be_typed_either_way(
    database: str, client: FlaskClient
) -> None:
    add_account(database, "Ren\u00e9")
    assert sign_in(client, " Rene\u0301 ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [("ann", "a quiet grounD"), ("ann", ""), ("Ann", PASSWORD), ("bob", PASSWORD), ("", ""),
     ("local", ""), ("local", "None"), ("ann\0", PASSWORD), ("gone", PASSWORD)],
)  # fmt: skip
def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    database: str, client: FlaskClient, name: str, password: str
) -> None:
    add_account(database)
    add_account(database, "gone")
    set_password(database, "gone", None)
    answer = sign_in(client, name, password=password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert client.get("/sheet/").status_code == 303


def test_after_a_wrong_password_the_name_stands_as_it_was_typed(
    database: str, client: FlaskClient
) -> None:
    add_account(database)
    page = sign_in(client, 'ann "<b>', password="wrong").text
    assert 'value="ann &#34;&lt;b&gt;" required></p>' in page
    assert page.index("autofocus") > page.index('id="password"')
    assert "wrong" not in page[page.index('id="password"') :]


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    database: str, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(database)
    computed = []
    for name in ("hash", "verify"):
        real = getattr(PasswordHasher, name)
        monkeypatch.setattr(
            PasswordHasher, name, lambda *a, real=real: computed.append(1) or real(*a)
        )
    sign_in(client, "nobody")
    assert len(computed) == 1
    sign_in(client, password="wrong and long")
    assert len(computed) == 2


# tokens


@pytest.mark.parametrize("token", [None, "", "made up", "another's"])
def test_each_write_needs_the_token(annes: FlaskClient, token: str | None) -> None:
    if token == "another's":
        token = token_of(annes.application.test_client().get("/sign-in").text)
    headers = {} if token is None else {"X-CSRFToken": token}
    for method in WRITING:
        answer = annes.open("/review/written", method=method, json={}, headers=headers)
        assert answer.status_code == 403
        assert "out of date" in answer.json["error"]


def test_the_token_may_be_a_field_of_a_form(annes: FlaskClient) -> None:
    token = token_of(annes.get("/sheet/").text)
    assert annes.post("/review/written", data={"csrf_token": token}).status_code == 200


def test_signing_in_and_out_needs_the_token_too(annes: FlaskClient) -> None:
    assert annes.post("/sign-out").status_code == 403
    assert annes.get("/sheet/").status_code == 200
    other = annes.application.test_client()
    form = {"name": "ann", "password": PASSWORD}
    assert other.post("/sign-in", data=form).status_code == 403


def test_the_token_outlives_the_hours(annes: FlaskClient) -> None:
    assert annes.application.config["WTF_CSRF_TIME_LIMIT"] is None


# sessions


def test_the_cookie(database: str, client: FlaskClient) -> None:
    add_account(database)
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires" not in cookie
    client.delete_cookie("proofsheet")
    assert "Secure" in client.get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]


def test_a_session_starts_afresh_with_the_sign_in(database: str, client: FlaskClient) -> None:
    add_account(database)
    client.get("/sign-in")
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
        old = before["csrf_token"]
    sign_in(client)
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after["csrf_token"] != old


def test_signing_out(annes: FlaskClient) -> None:
    assert annes.get("/sign-out").status_code == 405
    token = token_of(annes.get("/sheet/").text)
    answer = annes.post("/sign-out", data={"csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert annes.get("/sheet/").status_code == 303


@pytest.mark.parametrize("password", ["another password", None])
def test_a_new_password_or_none_ends_the_sessions(
    annes: FlaskClient, database: str, password: str | None
) -> None:
    add_account(database, "bob")
    assert annes.get("/sheet/").status_code == 200
    set_password(database, "ann", password)
    assert annes.get("/sheet/").status_code == 303


def test_a_session_of_another_key_is_none(annes: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "session.key").unlink()
    database = f"sqlite:///{tmp_path}/proofsheet.db"
    later = create_app(database).test_client()
    cookie = annes.get_cookie("proofsheet")
    assert cookie is not None
    later.set_cookie("proofsheet", cookie.value)
    assert later.get("/sheet/").status_code == 303


def test_a_dated_hash_is_renewed(database: str, client: FlaskClient) -> None:
    engine = connect(database)
    dated = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    reviewers.add(engine, "ann", "reviewer", dated)
    assert sign_in(client).status_code == 303
    assert client.get("/sheet/").status_code == 200
    with engine.connect() as connection:
        found = reviewers.credentials(connection, "ann")
    engine.dispose()
    assert found is not None
    assert found[1] != dated
    assert not PasswordHasher().check_needs_rehash(str(found[1]))


def test_a_hash_that_is_none_lets_nobody_in(database: str, client: FlaskClient) -> None:
    engine = connect(database)
    reviewers.add(engine, "ann", "reviewer", PASSWORD)
    engine.dispose()
    assert sign_in(client).status_code == 401


# where a sign-in leads


@pytest.mark.parametrize(
    "next_page",
    ["//evil.example", "/\\evil.example", "http://evil.example", "https:evil.example", "evil",
     "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "javascript:1",
     "/ok\r\nLocation: http://evil.example", "///evil.example", "\\\\evil.example", "", "/a\\b"],
)  # fmt: skip
def test_a_sign_in_leads_to_no_other_site(
    database: str, client: FlaskClient, next_page: str
) -> None:
    add_account(database)
    answer = sign_in(client, next=next_page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@given(st.text(alphabet="/\\\t\n :.ae@?#%", max_size=8).map(lambda rest: f"/{rest}"))
def test_where_a_sign_in_may_lead_is_here(path: str) -> None:
    if sign_in_page.LOCAL_PATH.fullmatch(path):
        seen_by_a_browser = path.replace("\t", "").replace("\n", "").replace("\\", "/")
        assert httpx.URL("http://here.example").join(seen_by_a_browser).host == "here.example"


# limits


def test_ten_tries_a_minute_by_address(database: str, client: FlaskClient) -> None:
    add_account(database)
    codes = [sign_in(client, f"name {n}").status_code for n in range(11)]
    assert codes == [401] * 10 + [429]
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "Too many sign-ins" in answer.text
    assert client.get("/sign-in").status_code == 200
    token = token_of(client.get("/sign-in").text)
    form = {"name": "ann", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=form, environ_overrides=ELSEWHERE).status_code == 303


def test_ten_tries_a_minute_by_name_from_wherever(database: str, client: FlaskClient) -> None:
    add_account(database)
    add_account(database, "bob")
    token = token_of(client.get("/sign-in").text)

    def code(n: int, name: str) -> int:
        form = {"name": name, "password": "wrong and long", "csrf_token": token}
        remote = {"REMOTE_ADDR": f"192.168.1.{n}"}
        return client.post("/sign-in", data=form, environ_overrides=remote).status_code

    assert [code(n, "ann") for n in range(11)] == [401] * 10 + [429]
    assert code(20, "bob") == 401


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(
    database: str, client: FlaskClient
) -> None:
    add_account(database)
    token = token_of(client.get("/sign-in").text)

    def code(n: int, forwarded: str) -> int:
        form = {"name": f"name {n}", "password": "wrong and long", "csrf_token": token}
        headers = {"X-Forwarded-For": forwarded}
        return client.post("/sign-in", data=form, headers=headers).status_code

    assert [code(n, f"10.0.0.{n}, 192.168.1.7") for n in range(11)] == [401] * 10 + [429]
    assert code(11, "192.168.1.8") == 401


# several processes


@pytest.mark.slow
def test_a_sign_in_holds_on_every_worker(database: str, tmp_path: Path) -> None:
    add_account(database)
    log = tmp_path / "workers.log"
    command = ["gunicorn", "--bind", "127.0.0.1:0", "--workers", "2", "webapp.app:create_app()"]
    with served([*command, "--access-logfile", str(log), "--access-logformat", "%(p)s"],
                ROOT, database) as address:  # fmt: skip
        with httpx.Client(base_url=address, trust_env=False) as browser:
            token = token_of(browser.get("/sign-in").text)
            form = {"name": "ann", "password": PASSWORD, "csrf_token": token}
            assert browser.post("/sign-in", data=form).status_code == 303
            cookies = browser.cookies

        def visit(_: int) -> int:
            return httpx.get(f"{address}/sheet/", cookies=cookies, trust_env=False).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(visit, range(64))) == {200}
    assert len(set(log.read_text().split())) == 2
