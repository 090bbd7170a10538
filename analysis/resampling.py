"""Bootstrap of judged pictures within the parts of the scores they were drawn from.

Pictures of the same part, between the same two thresholds, with the same verdict and about the
same weight are told apart by nothing that curves need: they are counted, and counts are resampled,
so that the time does not grow with the number of verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.judged import Floats, Ints, Judged

_WRONG, _SPLIT, _RIGHT = range(3)


@dataclass(frozen=True)
class Cells:
    """Judged pictures, counted.

    Attributes
    ----------
    count : array (c,) of float
        Pictures of the cell.
    place : array (c,) of int
        Index of the highest threshold that accepts them.
    bin : array (c,) of int
        Part of the scores.
    weight, right, known : array (c,) of float
        Means over the pictures: of `Judged.weight`, of weight times right, and of what is known of
        the pictures that each stands for, 0 to 1. Thresholds tell near-duplicates apart, so that
        this is the judged picture alone.
    thresholds : int
        Number of thresholds.
    """

    count: Floats
    place: Ints
    bin: Ints
    weight: Floats
    right: Floats
    known: Floats
    thresholds: int

    def accepted(self, counts: Floats, hidden: Floats | float = 0) -> tuple[Floats, Floats]:
        """Return the weight of right and of wrong pictures that each threshold accepts.

        Parameters
        ----------
        counts : array (B, c) of float
            `count`, or draws of it.
        hidden : array (B, c) of float
            Right pictures that are taken for wrong.

        Returns
        -------
        right, wrong : array (B, thresholds + 1) of float
            As `curves.Counts` has them: the first is 0.
        """
        to = np.zeros((len(self.count), self.thresholds + 1))
        to[np.arange(len(self.count)), self.place + 1] = 1
        right, weight = (
            np.cumsum(each @ to, axis=1)
            for each in ((counts - hidden) * self.right, counts * self.weight)
        )
        right = np.maximum(right, 0)
        return right, np.maximum(weight - right, 0)


def cells(judged: Judged, thresholds: Floats) -> Cells:
    """Count judged pictures between thresholds.

    Parameters
    ----------
    judged : Judged
        With one picture at least.
    thresholds : array (g,) of float
        Falling; the last accepts every judged picture.
    """
    place = len(thresholds) - np.searchsorted(thresholds[::-1], judged.scores, side="right")
    verdict = np.full(len(judged), _SPLIT)
    verdict[judged.top1 == 0], verdict[judged.top1 == 1] = _WRONG, _RIGHT
    octave = np.rint(np.log2(judged.weight)).astype(np.int64)
    labels = (judged.bin, place, verdict, octave - octave.min())
    shape = tuple(int(each.max()) + 1 for each in labels)
    member = np.ravel_multi_index(labels, shape)
    # there are far fewer keys than pictures: counting is quicker than sorting
    every = np.bincount(member)
    key = np.flatnonzero(every)
    count = every[key]
    in_bin, at, _, _ = np.unravel_index(key, shape)

    def mean(values: Floats) -> Floats:
        return np.bincount(member, weights=values)[key] / count

    return Cells(
        count=count.astype(float),
        place=at,
        bin=in_bin,
        weight=mean(judged.weight),
        right=mean(judged.weight * judged.top1),
        known=mean(judged.drawn / judged.cluster_size),
        thresholds=len(thresholds),
    )


def hidden_errors(counted: Cells, repeats: int, each: float, rng: np.random.Generator) -> Floats:
    """Draw errors that nobody has seen: `each` in the mean in each part, of a pool that is not
    judged to the last picture.

    Returns
    -------
    array (repeats, c) of float
    """
    inside = np.bincount(counted.bin, weights=counted.count)[counted.bin]
    expected = each * counted.count / inside * (1 - counted.known)
    return rng.poisson(expected, (repeats, len(expected))).astype(float)


def draws(counted: Cells, repeats: int, rng: np.random.Generator) -> Floats:
    """Draw counts anew, within each part as many pictures less one as it has.

    Rescaled so that variances are without bias in small parts, the share of the pool that was
    judged is not in doubt, and the pictures of a part stand for as many as before.

    Returns
    -------
    array (repeats, c) of float

    Source: J. N. K. Rao, C. F. J. Wu, Resampling inference with complex survey data, 1988.
    """
    drawn = np.empty((repeats, len(counted.count)))
    for part in np.unique(counted.bin):
        inside = np.flatnonzero(counted.bin == part)
        count = counted.count[inside]
        size = int(count.sum())
        if size == 1:
            drawn[:, inside] = 1
            continue
        doubt = np.sqrt(np.maximum(1 - count @ counted.known[inside] / size, 0))
        again = rng.multinomial(size - 1, count / size, size=repeats) * (size / (size - 1))
        made = count + doubt * (again - count)
        weight = counted.weight[inside]
        drawn[:, inside] = made * (count @ weight / (made @ weight))[:, None]
    return drawn
