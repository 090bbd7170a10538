"""Every action has a key of its own, the reviewer's where they set one."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from db.verdicts import CURATE, DESIGNS, VERDICTS, allowed
from tests.webapp.test_review import config
from webapp import keys


@pytest.mark.parametrize("design", DESIGNS)
def test_keys_are_distinct_and_verdicts_are_of_the_design(design: str) -> None:
    actions = keys.actions(design, 9)
    every = [key for action in actions for key in action.keys]
    assert len(every) == len(set(every))
    given = {action.verdict for action in actions} - {None}
    assert given == {name for name, each in VERDICTS.items() if allowed(each, design)}


def test_ranks_are_those_there_are() -> None:
    for k in (1, 2, 9, 20):
        actions = keys.actions("uniform", k)
        assert [each.rank for each in actions if each.rank] == list(range(2, min(k, 9) + 1))
        assert any(each.verdict == "topk" for each in actions) == (k > 1)
    assert keys.problem({}) is None


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"top1": "k"}, "'Top-1 right' and 'Later one right' would both be on the key"),
        ({"top1": "K"}, "would both be"),
        ({"skip": "3"}, "'Prediction 3 right' and 'Skip'"),
        ({"undo": "j"}, "'Undo'"),
        ({"keep": "s"}, "'Keep' and 'Skip'"),
        ({"nothing": "a"}, "no action 'nothing'"),
        ({"top1": ""}, "is none"),
        ({"top1": 5}, "is none"),
        ({"top1": "x" * 30}, "is none"),
        ({"top1": "\n"}, "is none"),
    ],
)
def test_keys_that_cannot_be(client: FlaskClient, own: dict[str, Any], says: str) -> None:
    answer = client.put("/review/keys", json={"keys": own})
    assert answer.status_code == 400
    assert says in answer.json["error"]


def test_own_keys_are_kept(client: FlaskClient) -> None:
    own = {"top1": "a", "none": "d", "keep": "a", "undo": "Delete"}
    assert client.put("/review/keys", json={"keys": own}).json == {"keys": own}
    more = {"skip": "y"}
    assert client.put("/review/keys", json={"keys": more}).json == {"keys": own | more}
    told = {action["name"]: action["keys"] for action in config(client)["actions"]}
    assert (told["top1"], told["topk"], told["none"]) == (["a"], ["k"], ["d"])
    assert told["undo"] == ["Delete", "z"]
    client.put("/review/keys", json={"keys": {}})
    told = {action["name"]: action["keys"] for action in config(client)["actions"]}
    assert told["top1"] == ["j"]


def test_curating_and_judging_may_share_keys() -> None:
    assert keys.problem({"keep": "k", "reject": "j"}) is None
    assert CURATE in DESIGNS
