"""How much wider than at one point an interval has to be to hold at all points of a curve.

Sources: J. L. Montiel Olea, M. Plagborg-Møller, Simultaneous confidence bands: theory,
implementation, and an application to SVARs, 2019 (sup-t); E. L. Korn, B. I. Graubard, 1998.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.areas import CERTAIN
from analysis.intervals import clopper_pearson
from analysis.judged import Bools, Floats, Judged

_PATHS = 2000
_ROUNDING = 1e-20


@dataclass(frozen=True)
class Sample:
    """Values of a curve (g,), draws of them (B, g), and sizes of sample where nothing varies."""

    value: Floats
    drawn: Floats
    size: Floats

    def band(
        self, where: Bools, confidence: float, free: float, rng: np.random.Generator
    ) -> tuple[Floats, Floats, float]:
        """Return low and high, NaN but `where`, and the confidence that each point has by itself.

        `free` degrees of freedom are in the variance.
        """
        from scipy.special import ndtr, stdtrit

        low, high = np.full((2, len(self.value)), np.nan)
        value = self.value[where]
        off = self.drawn[:, where] - value
        off[np.isnan(off)] = 0
        variance = off.var(axis=0)
        varies = (variance > _ROUNDING) & (value > 0) & (value < 1)
        size = self.size[where]
        size[varies] = (value * (1 - value))[varies] / variance[varies]
        # where no point varies, nothing is known of how they go together (Bonferroni)
        widest = 1 - (1 - confidence) / max(len(value), 1)
        if varies.any():
            off = off[:, varies] - off[:, varies].mean(axis=0)
            off /= np.sqrt(len(off) * variance[varies])
            paths = np.abs(rng.standard_normal((_PATHS, len(off))) @ off)
            times = np.quantile(paths.max(axis=1), confidence)
            if free < math.inf:
                times = stdtrit(free, ndtr(times))
            # short of 1, which would have no quantile
            widest = min(2 * ndtr(times) - 1, 1 - _ROUNDING**0.5)
        low[where], high[where] = clopper_pearson(value, np.minimum(size, CERTAIN), widest)
        return low, high, float(widest)


def freedom(judged: Judged) -> float:
    """Return the degrees of freedom of a variance that is put together from those of the parts.

    Where a second phase aims elsewhere, a few pictures of large weight carry most of it.

    Source: F. E. Satterthwaite, An approximate distribution of estimates of variance components,
    1946.
    """
    share = np.bincount(judged.bin, weights=judged.weight**2)
    count = np.bincount(judged.bin)
    several = count > 1
    if not several.any():
        return 1.0
    return float(share.sum() ** 2 / (share[several] ** 2 / (count[several] - 1)).sum())
