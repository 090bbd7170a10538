"""The door that makes accounts, with a password from a pipe and from a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from db import reviewers
from db.engine import connect
from webapp import passwords

ROOT = Path(__file__).resolve().parents[2]
DOOR = [sys.executable, str(ROOT / "bin" / "add_reviewer.py")]
PASSWORD = "a quiet ground"

Door = Callable[..., str]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def door(database: str, tmp_path: Path) -> Door:
    """Return a function that runs the door and returns what it said."""

    def run(*options: str, stdin: str | bytes = f"{PASSWORD}\n", code: int = 0) -> str:
        answer = subprocess.run(
            [*DOOR, *options],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "DATABASE_URL": database},
        )
        said = (answer.stderr if code else answer.stdout).decode()
        assert answer.returncode == code, answer.stderr.decode()
        assert not (answer.stdout if code else answer.stderr)
        assert "Traceback" not in said
        return said

    return run


def account(database: str, name: str) -> tuple[str, str | None]:
    """Return the role of a reviewer and the hash of the password."""
    engine = connect(database)
    try:
        with engine.connect() as connection:
            found = reviewers.credentials(connection, name)
    finally:
        engine.dispose()
    assert found is not None
    return found[0].role, found[1]


def test_an_account_is_made(door: Door, database: str) -> None:
    assert door("ann") == (
        "ann can sign in, as reviewer\n"
        "nobody can draw or close rounds yet: make an account with --role admin too\n"
    )
    assert door("chief", "--role", "admin") == "chief can sign in, as admin\n"
    assert door("bob") == "bob can sign in, as reviewer\n"
    role, password_hash = account(database, "ann")
    assert role == "reviewer"
    assert passwords.is_right(PASSWORD, password_hash)
    assert not passwords.is_right(f"{PASSWORD}\n", password_hash)


def test_an_admin_elsewhere(door: Door, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    door(" Ren\u00e9 de la Croix ", "--role", "admin", "--database", other, stdin=PASSWORD)
    assert account(other, "Ren\u00e9 de la Croix")[0] == "admin"


def test_a_name_that_is_taken(door: Door, database: str) -> None:
    door("ann")
    before = account(database, "ann")
    said = door("ann", "--role", "admin", stdin="another password\n", code=1)
    assert "there is a reviewer ann already: --new-password" in said
    assert "--disable" in said
    assert account(database, "ann") == before


def test_a_new_password(door: Door, database: str) -> None:
    door("ann", "--role", "admin")
    assert "ann has a new password" in door("ann", "--new-password", stdin="another password\r\n")
    role, password_hash = account(database, "ann")
    assert role == "admin"
    assert passwords.is_right("another password", password_hash)
    assert not passwords.is_right(PASSWORD, password_hash)


def test_disabled_and_back_again(door: Door, database: str) -> None:
    door("ann")
    door("bob")
    assert door("ann", "--disable") == "ann can no longer sign in; the verdicts stay\n"
    assert account(database, "ann")[1] is None
    assert "no accounts are left: the pages answer on this machine only" in door("bob", "--disable")
    assert "there is a reviewer ann already" in door("ann", code=1)
    door("ann", "--new-password")
    assert passwords.is_right(PASSWORD, account(database, "ann")[1])


@pytest.mark.parametrize("option", ["--new-password", "--disable"])
def test_a_name_that_nobody_has(door: Door, option: str) -> None:
    assert "there is no reviewer ann" in door("ann", option, code=1)


@pytest.mark.parametrize("name", ["", "  ", "a\tb", "a\nb", "\x1b[31m", "\u202eann", "x" * 256])
def test_names_that_are_none(door: Door, name: str) -> None:
    assert "is no name" in door(name, code=1)


@pytest.mark.parametrize("option", [[], ["--disable"], ["--new-password"]])
def test_the_name_of_the_local_reviewer_is_reserved(door: Door, option: list[str]) -> None:
    assert "belongs to whoever judges without an account" in door(" local ", *option, code=1)


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        ("", "has 0 characters"),
        ("\n", "has 0 characters"),
        ("ninechars\n", "has 9 characters: it takes at least 10"),
        ("ten characters\x00\n", "control character"),
        (b"\xff" * 12, "no UTF-8"),
    ],
)
def test_passwords_that_are_none(door: Door, database: str, stdin: str | bytes, said: str) -> None:
    assert said in door("ann", stdin=stdin, code=1)
    door("ann")


def test_wrong_use(door: Door) -> None:
    for options in ([], ["ann", "--disable", "--new-password"], ["ann", "--role", "owner"],
                    ["ann", "--role", "admin", "--disable"]):  # fmt: skip
        assert "usage: add_reviewer.py" in door(*options, code=2)


def test_a_database_that_cannot_be_used(door: Door) -> None:
    assert "cannot make the folder" in door("ann", "--database", "sqlite:////proc/x/y.db", code=1)


def at_a_terminal(database: str, *lines: str) -> tuple[int, str]:
    """Make the account ann at a terminal where `lines` are typed; return exit code and screen."""
    ours, theirs = os.openpty()
    command = subprocess.Popen(
        [*DOOR, "ann", "--database", database],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    screen = b""
    for line in lines:
        asked = screen.count(b": ")
        while screen.count(b": ") == asked:
            screen += os.read(ours, 1000)
        # what is typed before the echo is off would be shown, and then thrown away
        while termios.tcgetattr(ours)[3] & termios.ECHO:
            pass
        os.write(ours, f"{line}\n".encode())
    try:
        while some := os.read(ours, 1000):
            screen += some
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return command.wait(), screen.decode()


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(database: str) -> None:
    code, screen = at_a_terminal(database, PASSWORD, PASSWORD)
    assert code == 0
    assert screen.split("\r\n")[:3] == [
        "Password for ann: ", "The same once more: ", "ann can sign in, as reviewer",
    ]  # fmt: skip
    assert passwords.is_right(PASSWORD, account(database, "ann")[1])


def test_at_a_terminal_two_that_differ_change_nothing(database: str) -> None:
    code, screen = at_a_terminal(database, PASSWORD, "another password")
    assert code == 1
    assert "the two passwords differ" in screen
    engine = connect(database)
    with engine.connect() as connection:
        assert not reviewers.have_accounts(connection)
    engine.dispose()
