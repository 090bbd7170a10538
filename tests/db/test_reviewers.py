"""Those who judge, on either database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select

from db import reviewers
from db.review_models import Reviewer
from db.reviewers import ReviewerRow


def found(engine: Engine, name: str) -> tuple[ReviewerRow, str | None] | None:
    with engine.connect() as connection:
        return reviewers.credentials(connection, name)


def have_accounts(engine: Engine) -> bool:
    with engine.connect() as connection:
        return reviewers.have_accounts(connection)


def test_the_local_reviewer_is_made_once_and_is_no_account(engine: Engine) -> None:
    first = reviewers.local(engine)
    assert first == reviewers.local(engine)
    assert (first.name, first.role, first.keys) == ("local", "admin", None)
    assert not first.has_password
    assert not have_accounts(engine)


def test_the_local_reviewer_is_one_however_many_ask_at_once(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {row.id for row in pool.map(lambda _: reviewers.local(engine), range(16))}
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Reviewer)).scalar() == 1
    assert len(ids) == 1


def test_an_account_comes_and_goes_with_its_password(engine: Engine) -> None:
    assert reviewers.add(engine, "ann", "reviewer", "$hash")
    row, password_hash = found(engine, "ann") or pytest.fail("nobody")
    assert (row.name, row.role, row.has_password, password_hash) == (
        "ann", "reviewer", True, "$hash",
    )  # fmt: skip
    assert have_accounts(engine)
    reviewers.set_password(engine, "ann", None)
    with engine.connect() as connection:
        assert reviewers.credentials_of(connection, row.id) == (
            ReviewerRow(row.id, "ann", "reviewer", None, has_password=False), None,
        )  # fmt: skip
        assert reviewers.credentials_of(connection, row.id + 1) is None
    assert not have_accounts(engine)


@pytest.mark.parametrize("name", ["Ann", "ann ", "a\u0308nn", "\U0001f426" * 255])
def test_names_are_told_apart_byte_by_byte(engine: Engine, name: str) -> None:
    assert reviewers.add(engine, "ann", "reviewer", "$1")
    assert found(engine, name) is None
    assert reviewers.add(engine, name, "admin", "$2")
    assert (found(engine, name) or pytest.fail("nobody"))[0].name == name


def test_a_name_is_given_once(engine: Engine) -> None:
    assert reviewers.add(engine, "ann", "reviewer", "$1")
    assert not reviewers.add(engine, "ann", "admin", "$2")
    row, password_hash = found(engine, "ann") or pytest.fail("nobody")
    assert (row.role, password_hash) == ("reviewer", "$1")


def test_keys_are_kept_for_one_reviewer(engine: Engine) -> None:
    local = reviewers.local(engine)
    reviewers.add(engine, "ann", "reviewer", None)
    reviewers.set_keys(engine, local.id, {"top1": "a"})
    assert reviewers.local(engine).keys == {"top1": "a"}
    assert (found(engine, "ann") or pytest.fail("nobody"))[0].keys is None
    reviewers.set_keys(engine, local.id, None)
    assert reviewers.local(engine).keys is None
