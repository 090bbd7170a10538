"""Judged pictures out of a database: weights, disagreements, notes, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, update

from analysis import drawing, frames
from analysis.agreement import agreement
from analysis.estimates import Estimator
from analysis.followup import Question
from analysis.judged import UNKNOWN, Judged
from analysis.simulated import FAIR, Corpus, corpus
from bench import oracle
from db import implicit_rounds, judgments, review_items, rounds, settling
from db.review_events import Judge
from db.review_models import RoundItem
from db.sink import DatabaseSink
from db.verdicts import AIMED, CERTIFY, STRATIFIED, UNIFORM
from tests.db.judging import Hand, people
from tests.db.making import info
from vision.errors import InputError
from vision.faith import Check
from vision.records import ImageFacts, ImageRecord, Labeled, Prediction

LABELS, PICTURES = 7, 200


def fill(engine: Engine, made: Corpus, first: int = 0) -> int:
    """Store a run with the top-1 predictions of a corpus, copies by content; return its id."""
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(made, n, first) for n in range(len(made.scores))])
    sink.close(finished=True)
    return sink.run_id


def labeled(made: Corpus, n: int, first: int = 0) -> Labeled:
    score, label = float(made.scores[n]), int(made.classes[n]) % LABELS
    return Labeled(
        n,
        ImageRecord(f"{first + n}", f"http://x/{first + n}.jpg"),
        ImageFacts(f"{made.cluster[n]:064x}", 0, 1, 1),
        (
            Prediction(label, f"class {label}", score),
            Prediction(label + 1, f"class {label + 1}", (1 - score) * score),
        ),
    )


def knows(made: Corpus):
    def answer(item) -> oracle.Answer:
        n = int(item.key)
        return ("top1", None) if made.top1[n] else ("topk", 2) if made.topk[n] else ("none", None)

    return answer


def read(engine: Engine, *given) -> Judged:
    with engine.connect() as connection:
        return frames.read(connection, *given)


def drawn(engine: Engine, size: int, **other) -> int:
    return drawing.draw(engine, drawing.Request(size, seed=size, **other)).round_id


@pytest.fixture
def made() -> Corpus:
    return corpus(FAIR, PICTURES, np.random.default_rng(1))


@pytest.mark.parametrize("design", [UNIFORM, STRATIFIED, CERTIFY])
def test_what_was_judged_stands_for_the_run(engine: Engine, made: Corpus, design: str) -> None:
    run_id = fill(engine, made)
    round_id = drawn(engine, 60, design=design)
    oracle.judge(engine, round_id, knows(made))
    judged = read(engine)
    assert len(judged) == 60
    assert judged.pool.size == PICTURES
    assert sorted(judged.pool.scores) == pytest.approx(sorted(made.scores))
    n = judged.image_ids - 1
    assert judged.scores == pytest.approx(made.scores[n])
    assert judged.top1.tolist() == made.top1[n].tolist()
    assert judged.topk.tolist() == made.topk[n].tolist()
    names = [judged.pool.names[each] for each in judged.classes]
    assert names == [f"class {made.classes[each] % LABELS}" for each in n]
    right = [None if each == UNKNOWN else judged.pool.names[each] for each in judged.right]
    later = made.topk[n] > made.top1[n]
    assert [each is None for each in right] == (made.topk[n] == 0).tolist()
    for each, place in zip(right, n, strict=True):
        if each is not None:
            step = int(later[list(n).index(place)])
            assert each == f"class {made.classes[place] % LABELS + step}"
    inside = made.scores >= judged.reaches
    assert judged.weight.sum() == pytest.approx(inside.sum())
    assert judged.equal.all() == (design != STRATIFIED)
    assert (judged.reaches > 0) == (design == CERTIFY)
    source = judged.source
    assert (source.run_id, source.round_ids, source.complete) == (run_id, (round_id,), True)
    assert source.design == f"a {design} round of 60"
    assert (source.model, source.notes, source.unsure, source.skipped) == ("vgg16", (), 0, 0)


def test_the_prefix_of_a_round_is_a_sample(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    with engine.connect() as connection:
        row = rounds.by_id(connection, drawn(engine, 100))
    assert row is not None
    hand = Hand(engine, row, people(engine, 1)[0])
    for verdict in ("top1", "none", "topk", "unsure", "skip", "novocab"):
        hand.ask()
        hand.judge(verdict)
    judged = read(engine)
    assert len(judged) == 4
    assert judged.weight.sum() == pytest.approx(PICTURES)
    assert (judged.source.unsure, judged.source.skipped) == (1, 1)
    assert judged.source.design == "6 of a stratified round of 100"
    assert not judged.source.complete
    # in the order of drawing
    assert judged.top1.tolist() == [1, 0, 0, 0]
    assert judged.topk.tolist() == [1, 0, 1, 0]


def test_reviewers_disagree_and_an_admin_settles(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    with engine.connect() as connection:
        row = rounds.by_id(connection, drawn(engine, 3, design=UNIFORM, overlap=2))
    assert row is not None
    ann, ben = (Hand(engine, row, each) for each in people(engine, 2))
    for hand, verdicts in ((ann, ("top1", "top1", "none")), (ben, ("top1", "none", "topk"))):
        for verdict in verdicts:
            hand.ask()
            hand.judge(verdict)
    judged = read(engine)
    assert judged.top1.tolist() == [1, 0.5, 0]
    assert judged.topk.tolist() == [1, 0.5, 0.5]
    reviews = judged.reviews
    assert sorted(reviews.item.tolist()) == [0, 0, 1, 1, 2, 2]
    assert set(reviews.reviewers) == {"reviewer 0", "reviewer 1"}
    assert judged.source.complete
    # the admin who settles is one of the two, and keeps what they said before
    last = Judge(str(uuid4()), row.uuid, 1, "none")
    assert settling.settle(engine, ann.reviewer_id, last) is None
    settled = read(engine)
    assert settled.top1.tolist() == [1, 0, 0]
    assert settled.image_ids.tolist() == judged.image_ids[[0, 2, 1]].tolist()
    assert sorted(settled.reviews.item.tolist()) == [0, 0, 1, 1, 2, 2, 2]
    assert settled.reviews.settles.sum() == 1
    assert agreement(settled.reviews).raw.value == pytest.approx(1 / 3)


def test_a_skip_in_a_later_round_takes_no_answer_back(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    who = people(engine, 1)[0]
    for verdict in ("top1", "skip"):
        with engine.connect() as connection:
            row = rounds.by_id(connection, drawn(engine, 5, design=UNIFORM))
        assert row is not None
        hand = Hand(engine, row, who)
        for _ in range(5):
            hand.ask()
            hand.judge(verdict)
    judged = read(engine)
    assert judged.top1.tolist() == [1] * 5
    assert judged.source.skipped == 0


def test_verdicts_stand_in_the_order_in_which_they_were_given(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    who = people(engine, 1)[0]
    hands = []
    for size in (20, 21):
        with engine.connect() as connection:
            row = rounds.by_id(connection, drawn(engine, size, design=UNIFORM))
        assert row is not None
        hands.append(Hand(engine, row, who))
    said = []
    for number in range(10):
        hand = hands[number % 2]
        hand.ask()
        with engine.connect() as connection:
            item = review_items.items(connection, hand.row, hand.queue[:1])[hand.queue[0]]
        said.append(item.image_id)
        hand.judge(("top1", "none")[number % 2])
    first = {image_id: place for place, image_id in enumerate(said)}
    given = read(engine).image_ids.tolist()
    assert [first[image_id] for image_id in given] == sorted(first.values())


def test_open_pictures_stand_for_their_share_of_the_pool(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    round_id = drawn(engine, 40, question=Question("accuracy"))
    skipped: list[int] = []

    def answer(item) -> oracle.Answer:
        if made.scores[int(item.key)] > 0.97:
            skipped.append(item.image_id)
            return "skip", None
        return "none", None

    oracle.judge(engine, round_id, answer)
    source = read(engine).source
    share = (made.scores > 0.97).mean()
    assert source.skipped == len(skipped)
    assert source.open_share == pytest.approx(share, abs=0.12)
    assert source.open_share > 1.3 * len(skipped) / 40


def test_a_round_after_another_is_put_together_with_it(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    first = drawn(engine, 60)
    oracle.judge(engine, first, knows(made))
    second = drawn(engine, 60, question=Question("precision", 0.9), follows=first)
    oracle.judge(engine, second, knows(made))
    with engine.connect() as connection:
        row = rounds.by_id(connection, second)
        images = rounds.images_of(connection, [first]) & rounds.images_of(connection, [second])
    assert row is not None
    assert (row.design, row.follows_id) == (AIMED, first)
    assert row.strata is not None
    assert row.strata["question"] == {"for": "precision", "at": 0.9}
    assert not images
    judged = read(engine)
    assert len(judged) == 120
    assert judged.weight.sum() == pytest.approx(PICTURES)
    assert judged.source.design == ("a stratified round of 60, then an aimed round of 60")
    assert len(read(engine, None, [first])) == 60
    aimed = read(engine, None, [second])
    assert aimed.reaches == 0.9
    assert np.isnan(Estimator(aimed).accuracy().value)
    value = Estimator(judged).precision(0.9)
    truth = made.top1[made.scores >= 0.9].mean()
    assert value.low <= truth <= value.high


def test_large_clusters_of_copies_are_drawn_less_and_cannot_certify(engine: Engine) -> None:
    fill(engine, corpus(FAIR, PICTURES, np.random.default_rng(1), 2.0))
    with engine.connect() as connection:
        row = rounds.by_id(connection, drawn(engine, 50, design=UNIFORM))
    assert row is not None
    hand = Hand(engine, row, people(engine, 1)[0])
    for _ in range(50):
        hand.ask()
        hand.judge("top1")
    judged = read(engine)
    assert judged.cluster_size.max() > 4
    assert not judged.equal.any()
    assert judged.weight.sum() == pytest.approx(PICTURES)


def test_a_picture_of_two_rounds_counts_once_and_for_the_even_one(
    engine: Engine, made: Corpus
) -> None:
    fill(engine, made)
    for size, design in ((100, STRATIFIED), (75, UNIFORM)):
        oracle.judge(engine, drawn(engine, size, design=design), knows(made))
    judged = read(engine)
    assert len(np.unique(judged.image_ids)) == len(judged) < 175
    assert judged.equal.sum() == 75
    assert len(judged.reviews.item) == len(judged)


def test_the_round_that_a_run_has_by_itself(engine: Engine, made: Corpus) -> None:
    run_id = fill(engine, made)
    row = implicit_rounds.implicit(engine, run_id)
    implicit_rounds.top_up(engine, row.id)
    with engine.connect() as connection:
        row = rounds.by_id(connection, row.id)
    assert row is not None
    hand = Hand(engine, row, people(engine, 1)[0])
    for _ in range(30):
        hand.ask()
        hand.judge("top1")
    judged = read(engine)
    assert judged.equal.all()
    assert judged.weight.sum() == pytest.approx(PICTURES)
    assert judged.source.design == f"30 of all {PICTURES} pictures in random order"


def test_what_nobody_drew_enters_nothing_and_growth_is_told(engine: Engine, made: Corpus) -> None:
    run_id = fill(engine, made)
    round_id = drawn(engine, 50)
    oracle.judge(engine, round_id, knows(made))
    with engine.begin() as connection:
        connection.execute(
            update(RoundItem).where(RoundItem.position < 5).values(inclusion_probability=None)
        )
    judged = read(engine)
    assert len(judged) == 45
    assert judged.source.notes == (
        "5 judged pictures were not drawn at random and enter no figure.",
    )
    sink = DatabaseSink(engine, info(), resume=True)
    assert sink.run_id == run_id
    with engine.begin() as connection:
        connection.execute(update(RoundItem).values(inclusion_probability=None))
    with pytest.raises(InputError, match="no verdict on run 1 can be counted"):
        read(engine)


def test_what_cannot_be_read_is_said_with_the_next_step(engine: Engine, made: Corpus) -> None:
    with pytest.raises(InputError, match="nothing was labeled yet: label pictures first"):
        read(engine)
    fill(engine, made)
    with pytest.raises(InputError, match="nothing was judged yet: judge some pictures first"):
        read(engine)
    first = drawn(engine, 20)
    oracle.judge(engine, first, knows(made))
    fill(engine, made)
    assert read(engine).source.notes == ("Run 2 is newer and has no verdicts of its own.",)
    with pytest.raises(InputError, match=r"run 2 has no verdicts \(run 1 has 20\)"):
        read(engine, 2)
    with pytest.raises(InputError, match="there is no run 9"):
        read(engine, 9)
    with pytest.raises(InputError, match="there is no round 9"):
        read(engine, None, [9])
    second = drawn(engine, 20, run_id=2)
    with pytest.raises(InputError, match="are not all of one run"):
        read(engine, None, [first, second])
    curated = drawn(engine, 20, run_id=1, design="curate")
    with pytest.raises(InputError, match="sorts pictures and judges no prediction"):
        read(engine, None, [curated])


def test_a_second_phase_needs_a_first(engine: Engine, made: Corpus) -> None:
    run_id = fill(engine, made)
    question = Question("accuracy")
    with pytest.raises(InputError, match="there is no round 3 to follow"):
        drawn(engine, 20, question=question, follows=3)
    first = drawn(engine, 20)
    with pytest.raises(InputError, match="round 1 cannot be followed yet"):
        drawn(engine, 20, question=question, follows=first)
    with pytest.raises(InputError, match="name one of accuracy, precision, recall"):
        drawing.Request(20, follows=first)
    with pytest.raises(InputError, match="name no design"):
        drawing.Request(20, question=question, design=UNIFORM)
    other = fill(engine, made)
    assert other != run_id
    with pytest.raises(InputError, match=r"round 1 is of run 1, not of run 2"):
        drawn(engine, 20, question=question, follows=first, run_id=other)
    alone = drawn(engine, 20, run_id=run_id, question=Question("precision", 0.8))
    with engine.connect() as connection:
        row = rounds.by_id(connection, alone)
    assert row is not None
    assert row.strata is not None
    assert (row.design, row.follows_id, row.strata["t_min"]) == (AIMED, None, 0.8)


def test_retracted_verdicts_are_gone(engine: Engine, made: Corpus) -> None:
    fill(engine, made)
    round_id = drawn(engine, 20)
    oracle.judge(engine, round_id, knows(made))
    judgments.put_back(engine, round_id, range(10), people(engine, 1)[0])
    assert len(read(engine)) == 10


@pytest.mark.parametrize("expected", [{"expected": 0.997}, {}])
def test_how_a_precision_compares_with_f32_is_told(
    engine: Engine, expected: dict[str, float]
) -> None:
    """Also in a run from before it was asked what is to be expected of more pictures."""
    kept = {"agreement": 0.996, "mean_change": 0.004, "largest_change": 0.03, **expected}
    kept |= {"precision": "int8", "pictures": 256, "speedup": 2.0}
    check = Check(**kept)
    made_with = replace(info(), precision="int8")
    made_with = replace(made_with, arguments=made_with.arguments | {"check": kept})
    made = corpus(FAIR, 12, np.random.default_rng(4))
    sink = DatabaseSink(engine, made_with, resume=False)
    sink.write([labeled(made, n) for n in range(12)])
    sink.close(finished=True)
    oracle.judge(engine, drawn(engine, 8, design=UNIFORM), knows(made))
    source = read(engine).source
    assert (source.precision, source.check) == ("int8", str(check))
    assert "99.6 % of 256 pictures" in str(check)
