"""What verdicts on a picture come to."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.answers import ANSWERS, Agreed, Said, agree, verdict_codes
from db.verdicts import VERDICTS


def said(*rows: tuple[int, str, bool, int]) -> Agreed:
    picture, verdict, settles, right = zip(*rows, strict=True)
    columns = Said(
        np.array(picture), verdict_codes(verdict), np.array(settles, bool), np.array(right)
    )
    return agree(columns, max(picture) + 1)


def test_codes_follow_the_exported_label_ids() -> None:
    assert [ANSWERS[code] for code in verdict_codes(["top1", "topk", "none", "novocab"])] == [
        "top1", "topk", "none", "none",
    ]  # fmt: skip
    open_ = [name for name, verdict in VERDICTS.items() if verdict.label_id is None]
    assert verdict_codes(open_).tolist() == [-1] * len(open_)


def test_the_majority_decides_and_a_tie_is_half() -> None:
    made = said(
        (0, "top1", False, 7), (0, "top1", False, 7), (0, "none", False, -1),
        (1, "top1", False, 7), (1, "topk", False, 3),
        (2, "topk", False, 4), (2, "none", False, -1),
        (3, "unsure", False, -1),
        (4, "novocab", False, -1),
    )  # fmt: skip
    assert made.answered.tolist() == [True, True, True, False, True]
    assert made.top1.tolist() == [1, 0.5, 0, 0, 0]
    assert made.topk.tolist() == [1, 1, 0.5, 0, 0]
    assert made.right.tolist() == [7, -1, -1, -1, -1]


def test_what_an_overruled_reviewer_called_right_is_not_told() -> None:
    made = said(
        (0, "none", False, -1), (0, "none", False, -1), (0, "topk", False, 7),
        (1, "topk", False, 4), (1, "topk", False, 4), (1, "top1", False, 2),
        (2, "topk", False, 4), (2, "topk", False, 5),
    )  # fmt: skip
    assert made.top1.tolist() == [0, 0, 0]
    assert made.topk.tolist() == [0, 1, 1]
    assert made.right.tolist() == [-1, 4, -1]


def test_what_settles_decides_the_latest_of_several() -> None:
    made = said(
        (0, "top1", False, 1), (0, "none", False, -1), (0, "topk", True, 5),
        (1, "top1", False, 1), (1, "none", True, -1), (1, "top1", True, 1),
        (2, "none", False, -1), (2, "unsure", True, -1),
    )  # fmt: skip
    assert made.top1.tolist() == [0, 1, 0]
    assert made.topk.tolist() == [1, 1, 0]
    assert made.right.tolist() == [5, 1, -1]


verdicts = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from(sorted(VERDICTS)), st.booleans(), st.integers(-1, 3)
    ),
    min_size=1,
    max_size=30,
)


@given(verdicts)
def test_a_right_first_is_one_of_the_k(rows: list[tuple[int, str, bool, int]]) -> None:
    made = said(*rows)
    assert (made.topk >= made.top1).all()
    assert set(np.unique(made.top1)) <= {0, 0.5, 1}
    answered = {
        picture for picture, verdict, _, _ in rows if VERDICTS[verdict].label_id is not None
    }
    assert set(np.flatnonzero(made.answered)) == answered
