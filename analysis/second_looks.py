"""The accuracy as it would be if every picture had been looked at twice (double sampling)."""

from __future__ import annotations

import numpy as np

from analysis.agreement import NOTHING_TWICE, Noise
from analysis.intervals import Estimate, undefined, wilson


def corrected(accuracy: Estimate, noise: Noise) -> Estimate:
    """Carry what second looks changed over to the pictures that got none.

    Parameters
    ----------
    accuracy : Estimate
        From the verdicts that stand.
    noise : Noise
        What its pictures lack, with the variance that this adds.

    Source: W. G. Cochran, Sampling Techniques, 3rd ed., 1977, 12.2.
    """
    if np.isnan(accuracy.value):
        return accuracy
    if np.isnan(noise.difference):
        return undefined(NOTHING_TWICE, accuracy.n, accuracy.confidence)
    value = float(np.clip(accuracy.value + noise.difference, 0, 1))
    # away from 0 and 1, where a share seems to have no variance
    inner, before = ((each * accuracy.n + 1) / (accuracy.n + 2) for each in (value, accuracy.value))
    variance = before * (1 - before) / accuracy.n_eff + noise.variance
    size = inner * (1 - inner) / variance if variance > 0 else np.inf
    if np.isinf(size):
        low = high = value
    else:
        low, high = (float(end) for end in wilson(value, size, accuracy.confidence))
    return Estimate(value, min(low, value), max(high, value), accuracy.n, size, accuracy.confidence)
