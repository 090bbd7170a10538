"""Accounts from the command line: the work of `bin/add_reviewer.py`."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass

from sqlalchemy import Engine

from db import reviewers
from db.engine import connect
from db.models import NAME_LENGTH
from db.review_models import ROLES
from vision.errors import InputError
from webapp import passwords


def parser() -> argparse.ArgumentParser:
    """Return the command line of `bin/add_reviewer.py`."""
    described = argparse.ArgumentParser(
        description="Make an account for somebody who judges. The password is asked for twice, or"
        " read from standard input where that is no terminal. As soon as there is an account, all"
        " pages need sign-in."
    )
    described.add_argument("name", metavar="NAME", help="who it is for")
    what = described.add_mutually_exclusive_group()
    what.add_argument(
        "--role", choices=ROLES, default=ROLES[0], help="of a new account (default: %(default)s)"
    )
    what.add_argument(
        "--new-password",
        action="store_true",
        help="change the password of an account, or give a disabled one a password again; ends"
        " its sessions",
    )
    what.add_argument(
        "--disable",
        action="store_true",
        help="take the password away: nobody can sign in by that name, the verdicts stay",
    )
    described.add_argument(
        "--database",
        metavar="URL",
        help="where (default: $DATABASE_URL, or sqlite:///data/proofsheet.db)",
    )
    described.add_argument("-v", "--verbose", action="store_true", help="show where an error arose")
    return described


def run(given: argparse.Namespace) -> None:
    """Make or change the account that the command line names.

    Raises
    ------
    InputError
        When the name or the password will not do, or the name is taken or unknown.
    StoreError
        When the database cannot be used.
    """
    name = _checked(given.name)
    engine = connect(given.database)
    try:
        if given.disable:
            _disable(engine, name)
        elif given.new_password:
            _change_password(engine, name)
        else:
            _add(engine, name, given.role)
    finally:
        engine.dispose()


def _add(engine: Engine, name: str, role: str) -> None:
    taken = InputError(
        f"there is a reviewer {name} already: --new-password changes the password, --disable ends"
        " the account"
    )
    if _exists(engine, name):
        raise taken
    if not reviewers.add(engine, name, role, passwords.hash_of(_new_password(name))):
        raise taken
    print(f"{name} can sign in, as {role}")
    with engine.connect() as connection:
        if not reviewers.have_admin(connection):
            print("nobody can draw or close rounds yet: make an account with --role admin too")


def _change_password(engine: Engine, name: str) -> None:
    _must_exist(engine, name)
    reviewers.set_password(engine, name, passwords.hash_of(_new_password(name)))
    print(f"{name} has a new password; sessions with the old one have ended")


def _disable(engine: Engine, name: str) -> None:
    _must_exist(engine, name)
    reviewers.set_password(engine, name, None)
    print(f"{name} can no longer sign in; the verdicts stay")
    with engine.connect() as connection:
        if not reviewers.have_accounts(connection):
            print(
                "no accounts are left: the pages answer on this machine only, without sign-in,"
                " as before the first account"
            )


def _exists(engine: Engine, name: str) -> bool:
    with engine.connect() as connection:
        return reviewers.credentials(connection, name) is not None


def _must_exist(engine: Engine, name: str) -> None:
    if not _exists(engine, name):
        raise InputError(f"there is no reviewer {name}; without options one is made")


def _checked(text: str) -> str:
    name = passwords.typed(text.strip())
    if not name.isprintable() or not 1 <= len(name) <= NAME_LENGTH:
        raise InputError(
            f"{text!r} is no name: it takes 1 to {NAME_LENGTH} characters, none of them a control"
            " character"
        )
    if name == reviewers.LOCAL:
        raise InputError(
            f"the name {name} belongs to whoever judges without an account: take another"
        )
    return name


def _new_password(name: str) -> str:
    if sys.stdin.isatty():
        password = getpass(f"Password for {name}: ")
    else:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if len(password) < passwords.LEAST_LENGTH:
        raise InputError(
            f"the password has {len(password)} characters: it takes at least"
            f" {passwords.LEAST_LENGTH}"
        )
    if not password.isprintable():
        raise InputError("the password holds a control character or is no UTF-8: take another")
    if sys.stdin.isatty() and getpass("The same once more: ") != password:
        raise InputError("the two passwords differ: nothing is changed, try again")
    return password
