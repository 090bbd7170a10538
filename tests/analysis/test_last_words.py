"""People's last word on a picture, by the rule of the figures."""

from __future__ import annotations

import pytest

from analysis.last_words import LastWord, last_words
from db.labeling import Picture, Predicted, Word

BEST, SECOND, THIRD = (Predicted(n, f"class {n}", 0.9 / (n + 1)) for n in range(3))
ANN, BOB, CID = range(1, 4)
TOLD = {"top1": BEST, "second": SECOND, "third": THIRD}
RIGHT, NONE_RIGHT, DISPUTED = LastWord(BEST, False), LastWord(None, False), LastWord(None, True)


def word(who: int, what: str, settles: bool = False) -> Word:
    return Word(who, {"second": "topk", "third": "topk"}.get(what, what), settles, TOLD.get(what))


def picture(*words: Word) -> Picture:
    return Picture(1, "1/0", "1", "http://x/1.jpg", BEST, words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), None),
        ((word(ANN, "top1"),), RIGHT),
        ((word(ANN, "second"),), LastWord(SECOND, False)),
        ((word(ANN, "topk"),), NONE_RIGHT),
        ((word(ANN, "novocab"),), NONE_RIGHT),
        # the majority, whoever spoke last
        ((word(ANN, "top1"), word(BOB, "top1"), word(CID, "none")), RIGHT),
        ((word(ANN, "none"), word(BOB, "novocab"), word(CID, "top1")), NONE_RIGHT),
        # one later rank told by both, and two
        ((word(ANN, "second"), word(BOB, "second")), LastWord(SECOND, False)),
        ((word(ANN, "second"), word(BOB, "third")), NONE_RIGHT),
        # even
        ((word(ANN, "top1"), word(BOB, "none")), DISPUTED),
        ((word(ANN, "second"), word(BOB, "none")), DISPUTED),
        ((word(ANN, "top1"), word(BOB, "second")), DISPUTED),
        # of each reviewer the last
        ((word(ANN, "none"), word(BOB, "top1"), word(ANN, "top1")), RIGHT),
        ((word(ANN, "top1"), word(ANN, "none"), word(BOB, "top1")), DISPUTED),
        # what settles, the latest of it, before all that was said
        ((word(ANN, "top1"), word(BOB, "top1"), word(CID, "none", True)), NONE_RIGHT),
        (
            (word(CID, "none", True), word(CID, "third", True), word(CID, "none")),
            LastWord(THIRD, False),
        ),
    ],
)
def test_the_rule(words: tuple[Word, ...], said: LastWord | None) -> None:
    others = picture(word(CID, "none")), picture()
    assert last_words([others[0], picture(*words), others[1]]) == [NONE_RIGHT, said, None]


def test_no_pictures() -> None:
    assert last_words([]) == []
    assert last_words([picture()]) == [None]
