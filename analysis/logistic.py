"""The logistic function, and coefficients that are fitted to verdicts under it."""

from __future__ import annotations

import numpy as np

from analysis.judged import Floats

PRIOR_SD = 2.0
"""Of each parameter around its neutral value; a hundred verdicts outweigh it."""

NEAREST = 1e-6
"""Scores are kept this far from 0 and 1, where logarithms end."""

_STEPS = 50


def logit(scores: Floats) -> Floats:
    """Return the logits of scores, of those nearest to 0 and 1 that of `NEAREST`."""
    scores = np.clip(scores, NEAREST, 1 - NEAREST)
    return np.log(scores) - np.log1p(-scores)


def expit(logits: Floats) -> Floats:
    """Return the logistic function."""
    return 0.5 + 0.5 * np.tanh(0.5 * logits)


def effective_size(weight: Floats) -> float:
    """Return the size of an equally weighted sample as precise (L. Kish, Survey Sampling, 1965)."""
    return float(weight.sum() ** 2 / (weight @ weight)) if len(weight) else 0.0


def fit(features: Floats, right: Floats, weight: Floats, neutral: Floats) -> tuple[Floats, float]:
    """Return the coefficients of greatest posterior density, and its negative logarithm.

    Newton's method, steps halved until they gain: the loss is convex, strictly so by the prior.

    Parameters
    ----------
    features : array (n, p) of float
    right : array (n,) of float
        0 to 1.
    weight : array (n,) of float
        Over 0; only ratios matter.
    neutral : array (p,) of float
        What the prior is centred on.

    Source: P. McCullagh, J. A. Nelder, Generalized Linear Models, 2nd ed., 1989, 4.
    """
    weight = weight * (effective_size(weight) / max(weight.sum(), np.finfo(float).tiny))
    precision = PRIOR_SD**-2

    def loss(at: Floats) -> float:
        logits = features @ at
        likelihood = weight @ (np.logaddexp(0, logits) - right * logits)
        return float(likelihood + precision / 2 * ((at - neutral) @ (at - neutral)))

    found, now = neutral, loss(neutral)
    for _ in range(_STEPS):
        chance = expit(features @ found)
        gradient = features.T @ (weight * (chance - right)) + precision * (found - neutral)
        curvature = (features.T * (weight * chance * (1 - chance))) @ features
        step = np.linalg.solve(curvature + precision * np.eye(len(found)), gradient)
        while (then := loss(found - step)) > now and np.abs(step).max() > 1e-9:
            step = step / 2
        if then > now:
            break
        found, now = found - step, then
        if np.abs(step).max() < 1e-9:
            break
    return found, now
