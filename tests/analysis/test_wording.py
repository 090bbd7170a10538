"""Figures in words: what is said, and that what is said holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import nonresponse, wording
from analysis.intervals import Estimate, undefined
from analysis.judged import Pool
from analysis.sequential import decide
from analysis.summary import Summary
from analysis.walk import UNEQUAL
from tests.analysis.judging import judged_of
from tests.analysis.summaries import KINDS, disputed, drawn, table

scores = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def pool(values: list[float]) -> Pool:
    return Pool(np.array(values), np.zeros(len(values), int), ["a class"])


def said(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@given(scores, st.data())
def test_a_threshold_in_words_accepts_the_same(values: list[float], data: st.DataObject) -> None:
    of = pool(values)
    value = data.draw(st.sampled_from(values))
    written = float(wording.threshold(of, value))
    assert written <= value
    assert of.accepted(written) == of.accepted(value)


def test_a_threshold_has_no_more_digits_than_it_needs() -> None:
    assert wording.threshold(pool([0.1, 0.8349]), 0.8349) == "0.83"
    assert wording.threshold(pool([0.83, 0.8349]), 0.8349) == "0.834"
    assert wording.threshold(pool([0.5]), np.inf) == "over all scores"
    assert wording.threshold(pool([0.5]), np.nan) == "none"


def test_numbers_are_written_for_people() -> None:
    estimate = Estimate(0.875, 0.8211, 0.9142, 200, 210.0)
    assert said(wording.interval(estimate)) == "87.5 % (82.1 to 91.4)"
    assert said(wording.interval(replace(estimate, approximate=True))).endswith(
        "(about 82.1 to 91.4)"
    )
    assert said(wording.interval(replace(estimate, low=0.875, high=0.875))) == "87.5 %"
    assert wording.number(estimate) == "0.875 (0.821 to 0.914)"
    assert (
        wording.interval(undefined("because")) == wording.number(undefined("because")) == "unknown"
    )
    assert [said(wording.percent(each)) for each in (0.95, 1.0, 0.0, 0.613)] == [
        "95 %", "100 %", "0 %", "61.3 %",
    ]  # fmt: skip
    assert [wording.size(each) for each in (1234.4, np.inf, np.nan)] == ["1,234", "all", "unknown"]


def test_a_certified_threshold_is_a_sentence() -> None:
    summary = KINDS["certified"]()
    certified = summary.certified
    assert certified.guaranteed
    t = wording.threshold(summary.judged.pool, certified.threshold)
    assert said(wording.headline(summary)) == (
        f"Use t >= {t}: at least 95 % of accepted labels are right (95 % confidence);"
        f" {said(wording.percent(certified.coverage))} of the pictures pass."
    )


def test_without_equal_chances_nothing_is_called_guaranteed() -> None:
    summary = KINDS["stratified"]()
    certified = replace(summary.certified, threshold=0.9, coverage=0.6, doubt=UNEQUAL)
    sentence = wording.found(summary.judged, certified)
    assert "approximate bound and no guarantee" in sentence
    assert "at least" not in sentence


def test_a_missing_threshold_says_how_much_is_missing() -> None:
    summary = drawn("uniform", 30)
    judged, certified = summary.judged, summary.certified
    assert np.isnan(certified.threshold)
    sentence = said(wording.headline(summary))
    assert sentence.startswith(
        "No threshold is known yet at which at least 95 % of accepted labels are right"
        " (95 % confidence): 30 pictures"
    )
    assert sentence.endswith(f" About {certified.more:,} more verdicts are likely to be needed.")
    one = wording.missing(judged, replace(certified, more=1))
    assert one.endswith(" About 1 more verdict is likely to be needed.")
    hopeless = wording.missing(judged, replace(certified, more=None))
    assert hopeless.endswith(" At least 29 more verdicts are needed to begin with.")
    enough = drawn("uniform", 60)
    hopeless = wording.missing(enough.judged, replace(certified, more=None))
    assert hopeless.endswith("to change it: ask for less, or label more pictures.")


def test_a_thin_margin_is_said() -> None:
    few = np.tile(np.repeat([0.0, 1.0], (1, 24)), 8)
    judged = judged_of(np.full(200, 0.9), few)
    sentence = said(wording.decision(decide(judged, 0.5), judged.pool, fixed=True))
    assert "The margin is thin: if it is 96 %, as in 200 verdicts" in sentence
    assert "about 2,700 of them decide" in sentence


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100"), (0.9996, "99.96"), (0.99996, "99.996"), (0.95, "95"), (0.0, "0")],
)
def test_what_is_not_all_is_not_called_all(share: float, text: str) -> None:
    assert said(wording.percent(share)) == f"{text} %"


def test_where_all_is_judged_more_has_to_be_labeled() -> None:
    summary = drawn("uniform", 3000, target=0.9999)
    assert summary.certified.more is None
    assert wording.headline(summary).endswith(" All pictures are judged: label more to go on.")
    unknown = KINDS["all wrong"]().judged
    of_table = Summary(replace(unknown, pool=replace(unknown.pool, known=False)))
    assert "label more" not in wording.headline(of_table)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("certified", "certified"),
        ("future", "as asked"),
        ("out of reach", "closest to (0, 1), as none is certified"),
    ],
)
def test_which_threshold_is_looked_at_is_said(kind: str, how: str) -> None:
    summary = KINDS[kind]()
    t = wording.threshold(summary.judged.pool, summary.chosen[0])
    assert wording.looked_at(summary) == f"The threshold looked at is t = {t} ({how})."


def test_without_a_threshold_it_is_said_why() -> None:
    assert wording.looked_at(KINDS["all wrong"]()) == (
        "No threshold is looked at: 0 right and 30 wrong pictures were judged, and 2 of each are"
        " needed: judge more."
    )


def test_while_a_round_goes_on_a_threshold_is_a_preview() -> None:
    assert wording.PREVIEW in wording.notices(disputed())
    assert wording.PREVIEW not in wording.notices(drawn("uniform", 50))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("stratified", "the 3,000 pictures labeled, and no others"),
     ("future", "future pictures like the 3,000 labeled"),
     ("table", "future pictures of the same kind")],
)  # fmt: skip
def test_what_figures_are_about_is_said(kind: str, words: str) -> None:
    summary = KINDS[kind]()
    assert any(words in notice for notice in wording.notices(summary))
    for note in summary.source.notes:
        assert note in wording.notices(summary)


def test_what_is_open_and_what_is_decided() -> None:
    judged = table().judged
    sure = replace(judged, top1=np.ones(len(judged)))
    decided = decide(sure, 0.0, target=0.9)
    text = said(wording.decision(decided, sure.pool, fixed=True))
    assert text.startswith(
        f"Precision at t = 0.00 is at least 90 %, decided after {decided.decided_at}"
    )
    wrong = decide(replace(sure, top1=np.zeros(len(judged))), 0.0)
    assert "is at most 95 %" in said(wording.decision(wrong, sure.pool, fixed=True))
    open_ = decide(sure, 0.0, target=0.999)
    assert "is open" in wording.decision(open_, sure.pool, fixed=True)
    assert "no proof" in wording.decision(decided, sure.pool, fixed=False)
    nothing = decide(replace(judged, equal_from=np.nan, equal=judged.equal & False), 0.5)
    assert wording.decision(nothing, sure.pool, fixed=True).startswith("The e-process says nothing")


def test_the_accuracy_is_said_or_why_not() -> None:
    summary = drawn("uniform", 100)
    assert wording.interval(summary.accuracy) in wording.accuracy(summary)
    assert "unknown: pictures were drawn only from" in wording.accuracy(KINDS["certified"]())


def test_judging_may_stop_where_enough_says_so() -> None:
    summary = drawn("uniform", 100)
    needed = f"{summary.more['accuracy']:,}"
    assert said(wording.more(summary)).startswith(
        f"More verdicts until intervals are \N{PLUS-MINUS SIGN}2 % wide. Accuracy: about {needed}."
        " Precision: about "
    )
    assert "Recall: unknown." in wording.more(KINDS["certified"]())
    # as narrow as wished, before a look is due and after it
    early, due = drawn("uniform", 199, half_width=0.1), drawn("uniform", 200, half_width=0.1)
    assert early.more["accuracy"] == due.more["accuracy"] == 0
    assert "Accuracy: none, if the next look that counts confirms it." in wording.more(early)
    assert "Accuracy: reached: you can stop." in wording.more(due)


def test_what_pictures_left_open_may_do_is_said() -> None:
    summary = disputed()
    told = nonresponse.bounds(summary)
    sentence = said(wording.left_open(summary))
    assert sentence == (
        "No figure includes the 10 pictures left open (6 unsure, 4 skipped): the accuracy is from"
        f" {said(wording.percent(told.low))}, all of them wrong, to"
        f" {said(wording.percent(told.high))}, all of them right, its interval included."
    )
    assert wording.left_open(summary) in wording.notices(summary)
    assert not any("left open" in each for each in wording.notices(drawn("uniform", 50)))
    judged = KINDS["certified"]().judged
    one = Summary(replace(judged, source=replace(judged.source, unsure=1, open_share=0.002)))
    assert wording.left_open(one) == (
        "No figure includes the 1 picture left open (1 unsure, 0 skipped)."
    )
    assert wording.left_open(drawn("uniform", 50)) == "No picture was left open."
