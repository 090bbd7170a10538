"""What people have said of pictures in the end, by the rule of every figure, as labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.answers import Said, agree, counted, verdict_codes
from analysis.judged import UNKNOWN
from db.labeling import Picture, Predicted


@dataclass(frozen=True, slots=True)
class LastWord:
    """What answers on a picture come to.

    `right` is the prediction that is right, None where none is or no rank was told. `disputed`
    where as many say the one as the other: then nothing is told.
    """

    right: Predicted | None
    disputed: bool


def last_words(pictures: Sequence[Picture]) -> list[LastWord | None]:
    """Return what was said of each of some pictures, None where nobody has answered."""
    words = [(n, word) for n, picture in enumerate(pictures) for word in picture.said]
    picture = np.array([n for n, _ in words], np.int64)
    code = verdict_codes([word.verdict for _, word in words])
    settles = np.array([word.settles for _, word in words], bool)
    index: dict[Predicted | None, int] = {None: UNKNOWN}
    right = np.array([index.setdefault(word.right, len(index) - 1) for _, word in words], np.int64)
    reviewer_id = np.array([word.reviewer_id for _, word in words], np.int64)
    counts = counted(picture, reviewer_id, code, settles)
    agreed = agree(
        Said(picture[counts], code[counts], settles[counts], right[counts]), len(pictures)
    )
    named = {number: predicted for predicted, number in index.items()}
    return [
        LastWord(named[told], disputed) if answered else None
        for answered, disputed, told in zip(
            agreed.answered.tolist(), agreed.disputed.tolist(), agreed.right.tolist(), strict=True
        )
    ]
