"""Maps from the score of a top-1 prediction to its chance of being right, fitted to verdicts.

Three kinds, all monotone. Temperature and beta calibration have one and three parameters; they are
fitted by maximum likelihood with a weak normal prior around "leave the score as it is", so that
neither one class alone nor perfect separation sends them to infinity. Isotonic regression follows
any monotone course and needs the verdicts for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from analysis.folds import folds
from analysis.judged import Floats, Ints
from analysis.logistic import NEAREST, PRIOR_SD, expit, fit, logit

TEMPERATURE_BELOW = 50
ISOTONIC_FROM = 1000
"""Judged pictures: fewer than the first get one parameter, as many as the second any course."""


class Map(Protocol):
    """A fitted map; monotone, with values in [0, 1]."""

    def predict(self, scores: Floats) -> Floats:
        """Return the chance of being right, (N,), for scores (N,) in [0, 1]."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON that `from_dict` takes."""


@dataclass(frozen=True)
class Temperature:
    """logit f = slope * logit s, of the top-1 score s alone (the other scores are not stored).

    With two classes, this is temperature scaling with temperature 1 / slope.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On calibration of modern neural networks,
    2017.
    """

    slope: float = 1.0

    def predict(self, scores: Floats) -> Floats:
        return expit(self.slope * logit(scores))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "temperature", "slope": self.slope}


@dataclass(frozen=True)
class Beta:
    """logit f = a ln s - b ln(1 - s) + c, with a and b at least 0.

    Source: M. Kull, T. Silva Filho, P. Flach, Beta calibration: a well-founded and easily
    implemented improvement on logistic calibration for binary classifiers, 2017.
    """

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def predict(self, scores: Floats) -> Floats:
        return expit(_beta_features(scores) @ np.array([self.a, self.b, self.c]))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "beta", "a": self.a, "b": self.b, "c": self.c}


@dataclass(frozen=True)
class Isotonic:
    """A line through given points; constant before the first and after the last.

    Attributes
    ----------
    scores, values : tuple of float
        Both ascending; the scores strictly.

    Source: B. Zadrozny, C. Elkan, Transforming classifier scores into accurate multiclass
    probability estimates, 2002.
    """

    scores: tuple[float, ...]
    values: tuple[float, ...]

    def predict(self, scores: Floats) -> Floats:
        return np.interp(scores, self.scores, self.values)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "isotonic", "scores": list(self.scores), "values": list(self.values)}


@dataclass(frozen=True)
class Mean:
    """The mean of several maps."""

    maps: tuple[Map, ...]

    def predict(self, scores: Floats) -> Floats:
        beta = [(each.a, each.b, each.c) for each in self.maps if isinstance(each, Beta)]
        if len(beta) == len(self.maps):
            # logarithms take most of the time, and are the same for all
            return expit(_beta_features(scores) @ np.array(beta).T).mean(axis=1)
        return np.mean([each.predict(scores) for each in self.maps], axis=0)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "mean", "maps": [each.to_dict() for each in self.maps]}


def from_dict(stored: dict[str, Any]) -> Map:
    """Return the map that `to_dict` has written.

    Raises
    ------
    ValueError
        If it is of no known kind.
    """
    kind = stored["kind"]
    if kind == "temperature":
        return Temperature(stored["slope"])
    if kind == "beta":
        return Beta(stored["a"], stored["b"], stored["c"])
    if kind == "isotonic":
        return Isotonic(tuple(stored["scores"]), tuple(stored["values"]))
    if kind == "mean":
        return Mean(tuple(from_dict(each) for each in stored["maps"]))
    raise ValueError(f"no recalibration map of the kind {kind!r} is known")


Fitting = Callable[[Floats, Floats, Floats], Map]
"""Fits a map to scores, right and weight; see `choose`."""


def fitting(n: int) -> Fitting:
    """Return what fits the kind of map that `n` verdicts bear."""
    if n < TEMPERATURE_BELOW:
        return fit_temperature
    return fit_beta if n < ISOTONIC_FROM else fit_isotonic


def choose(scores: Floats, right: Floats, weight: Floats) -> Map:
    """Fit the kind of map that the number of verdicts bears.

    Parameters
    ----------
    scores : array (n,) of float
        Top-1 scores, 0 to 1.
    right : array (n,) of float
        0 to 1; fractions where reviewers disagree.
    weight : array (n,) of float
        Over 0; only their ratios matter.
    """
    return fitting(len(scores))(scores, right, weight)


def fit_temperature(scores: Floats, right: Floats, weight: Floats) -> Temperature:
    """Fit a temperature; the parameters are those of `choose`. No verdicts leave scores alone."""
    (slope,), _ = fit(logit(scores)[:, None], right, weight, np.ones(1))
    return Temperature(max(float(slope), 0.0))


def fit_beta(scores: Floats, right: Floats, weight: Floats) -> Beta:
    """Fit beta calibration; the parameters are those of `choose`. No verdicts leave scores alone.

    Where a or b came out negative it is fitted again as 0, as the source does: of the ways to do
    so, the likeliest.
    """
    features, neutral = _beta_features(scores), np.array([1.0, 1.0, 0.0])
    best = (np.inf, np.zeros(3))
    for kept in ([0, 1, 2], [0, 2], [1, 2], [2]):
        found, loss = fit(features[:, kept], right, weight, neutral[kept])
        loss += float(np.delete(neutral, kept) @ np.delete(neutral, kept)) / (2 * PRIOR_SD**2)
        if (found[:-1] >= 0).all() and loss < best[0]:
            parameters = np.zeros(3)
            parameters[kept] = found
            best = (loss, parameters)
            if len(kept) == 3:
                break
    return Beta(*best[1].tolist())


def fit_isotonic(scores: Floats, right: Floats, weight: Floats) -> Isotonic:
    """Fit isotonic regression; the parameters are those of `choose`, with one verdict at least.

    Values keep 1 / (n + 2) away from 0 and 1: n verdicts tell no more (Laplace's rule).
    """
    from scipy.optimize import isotonic_regression

    at, place = np.unique(scores, return_inverse=True)
    total = np.bincount(place, weights=weight)
    mean = np.bincount(place, weights=weight * right) / total
    value = isotonic_regression(mean, weights=total).x
    least = 1 / (len(scores) + 2)
    value = np.clip(value, least, 1 - least)
    # inside a level stretch, the line needs its ends alone
    ends = np.ones(len(at), bool)
    ends[1:-1] = (value[1:-1] != value[:-2]) | (value[1:-1] != value[2:])
    return Isotonic(tuple(at[ends].tolist()), tuple(value[ends].tolist()))


def cross_fitted(
    scores: Floats, right: Floats, weight: Floats, part: Ints, seed: int
) -> tuple[Floats, Map]:
    """Recalibrate scores by maps that have not seen the verdict on the picture at hand.

    Parameters
    ----------
    scores, right, weight : array (n,) of float
        As for `choose`.
    part : array (n,) of int
        `Judged.bin`.
    seed : int
        Of the folds.

    Returns
    -------
    judged : array (n,) of float
        For each judged picture, the map fitted to the other folds; of the kind that `choose` takes
        for all of them.
    pool : Map
        The mean of the folds' maps, for the scores of the pool. Of fewer than two verdicts: the
        score as it is.
    """
    if len(scores) < 2:
        return scores.copy(), Temperature()
    fold, fit_kind = folds(part, seed), fitting(len(scores))
    maps, judged = [], np.empty(len(scores))
    for number in range(int(fold.max()) + 1):
        out = fold == number
        fitted = fit_kind(scores[~out], right[~out], weight[~out])
        judged[out] = fitted.predict(scores[out])
        maps.append(fitted)
    return judged, _mean(maps)


def _mean(maps: Sequence[Map]) -> Map:
    """Return the mean of maps; that of lines through points is such a line again."""
    if not all(isinstance(each, Isotonic) for each in maps):
        return Mean(tuple(maps))
    scores = np.unique(np.concatenate([each.scores for each in maps if isinstance(each, Isotonic)]))
    values = Mean(tuple(maps)).predict(scores)
    return Isotonic(tuple(scores.tolist()), tuple(values.tolist()))


def _beta_features(scores: Floats) -> Floats:
    scores = np.clip(scores, NEAREST, 1 - NEAREST)
    return np.stack([np.log(scores), -np.log1p(-scores), np.ones_like(scores)], axis=-1)
