"""All figures of a judged run in one place, for the report, the page and machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from analysis import enough
from analysis.agreement import Agreement, Noise, agreement, noise
from analysis.areas import auroc, average_precision
from analysis.bands import Bands, bands
from analysis.calibration import Recalibration, recalibrated
from analysis.certify import PRECISION, Certified, certify
from analysis.criteria import CLOSEST, F1, YOUDEN, least_cost, least_coverage
from analysis.enough import Narrowing
from analysis.estimates import POOL, Costs, Estimator
from analysis.intervals import CONFIDENCE, Estimate
from analysis.judged import Floats, Judged, Source
from analysis.labels import Confusions, Labels, confusions, labels
from analysis.labels import thresholds as thresholds_by_label
from analysis.logistic import effective_size
from analysis.points import At, Point, at, point
from analysis.second_looks import corrected
from analysis.sequential import Decision, decide
from analysis.thresholds import operating_point, operating_points
from analysis.weights import part_of

CERTIFIED, GIVEN = "certified", "given"
"""How the threshold that a summary looks at came about, where no `Criterion` chose it."""


@dataclass(frozen=True)
class Asked:
    """What a summary is to tell.

    Attributes
    ----------
    about : str
        One of `analysis.estimates.ABOUT`.
    confidence : float
    target : float
        Precision that the certified threshold is to reach.
    threshold : float or None
        To look at; the certified one if None, or, without it, that closest to (0, 1).
    costs : Costs
    coverage : float
        Target of the threshold that is chosen by coverage.
    half_width : float
        Of the intervals that "about N more verdicts" are reckoned for.
    """

    about: str = POOL
    confidence: float = CONFIDENCE
    target: float = PRECISION
    threshold: float | None = None
    costs: Costs = field(default_factory=Costs)
    coverage: float = 0.8
    half_width: float = 0.02


class Summary:
    """All figures of judged pictures, each computed when it is first asked for.

    Parameters
    ----------
    judged : Judged
    asked : Asked, optional
    """

    def __init__(self, judged: Judged, asked: Asked | None = None) -> None:
        self.judged = judged
        self.asked = asked or Asked()

    @property
    def source(self) -> Source:
        return self.judged.source

    @property
    def about_pool(self) -> bool:
        """Whether figures are about this pool; else about future pictures."""
        return self.estimator.about == POOL

    @cached_property
    def n_eff(self) -> float:
        """Effective size of all judged pictures: for the accuracy, or else by their weights."""
        size = self.accuracy.n_eff
        return effective_size(self.judged.weight) if np.isnan(size) else size

    @cached_property
    def estimator(self) -> Estimator:
        return Estimator(self.judged, self.asked.about, self.asked.confidence)

    @cached_property
    def accuracy(self) -> Estimate:
        return self.estimator.accuracy()

    @cached_property
    def equal_accuracy(self) -> Estimate | None:
        """The accuracy by pictures of equal chances alone; None where there are no others, or these
        are not from the whole pool."""
        judged = self.judged
        whole = judged.pool.size and judged.equal_from <= judged.pool.ascending[0]
        if not whole or not judged.equal.any() or judged.equal.all():
            return None
        alone = part_of(judged, judged.equal)
        return Estimator(alone, self.asked.about, self.asked.confidence).accuracy()

    @cached_property
    def topk_accuracy(self) -> Estimate:
        return self.estimator.topk_accuracy()

    @cached_property
    def aurc(self) -> Estimate:
        return self.estimator.aurc()

    @cached_property
    def augrc(self) -> Estimate:
        return self.estimator.augrc()

    @cached_property
    def _of_curves(self) -> Judged:
        """The judged pictures as curves and their areas take them.

        About future pictures, the pool is a sample itself: its scores and what of it was judged
        are no more certain than the rest, which one part with nothing known makes a little too
        wide rather than too narrow.
        """
        judged = self.judged
        if self.about_pool:
            return judged
        edges = judged.edges[[0, -1]]
        return replace(
            judged, edges=edges, bin=np.zeros_like(judged.bin), drawn=np.zeros_like(judged.drawn)
        )

    @cached_property
    def auroc(self) -> Estimate:
        return auroc(self._of_curves, self.asked.confidence)

    @cached_property
    def average_precision(self) -> Estimate:
        return average_precision(self._of_curves, self.asked.confidence)

    @cached_property
    def bands(self) -> Bands:
        return bands(self._of_curves, self.asked.confidence, self.estimator)

    @cached_property
    def certified(self) -> Certified:
        """The threshold with a guarantee for `asked.target`."""
        return certify(self.judged, self.asked.target, self.asked.confidence)

    @cached_property
    def points(self) -> Sequence[Point]:
        """Operating points by the other criteria, none of them guaranteed."""
        asked = self.asked
        criteria = (
            CLOSEST,
            YOUDEN,
            F1,
            least_cost(asked.costs),
            least_coverage(asked.coverage, self.judged.pool),
        )
        return [
            point(self.estimator, chosen, asked.costs)
            for chosen in operating_points(self.judged, criteria)
        ]

    @cached_property
    def chosen(self) -> tuple[float, str]:
        """The threshold to look at, and how it came about."""
        if self.asked.threshold is not None:
            return self.asked.threshold, GIVEN
        if not np.isnan(self.certified.threshold):
            return self.certified.threshold, CERTIFIED
        return operating_point(self.judged, CLOSEST).threshold, CLOSEST.name

    @cached_property
    def at(self) -> At:
        """What the threshold to look at does."""
        return at(self.estimator, self.chosen[0], self.asked.costs)

    @cached_property
    def decision(self) -> Decision:
        """Whether precision at that threshold reaches the target, however often one looks."""
        return decide(self.judged, self.chosen[0], self.asked.target, self.asked.confidence)

    @cached_property
    def more(self) -> dict[str, int | None]:
        """About how many more verdicts each of three figures needs; None where unknown."""
        return enough.more(self.estimator, self.chosen[0], self.asked.half_width)

    @cached_property
    def enough(self) -> dict[str, bool]:
        """Whether judging may stop for each of them."""
        if 0 not in self.more.values():
            return dict.fromkeys(self.more, False)
        return enough.reached(self.estimator, self.chosen[0], self.asked.half_width)

    @cached_property
    def narrowing(self) -> Narrowing:
        """How the intervals of these figures have narrowed with the verdicts."""
        return enough.narrowing(self.estimator, self.chosen[0])

    @cached_property
    def recalibration(self) -> Recalibration:
        return recalibrated(self.judged)

    @cached_property
    def agreement(self) -> Agreement:
        return agreement(self.judged.reviews, self.asked.confidence)

    @cached_property
    def noise(self) -> Noise:
        """What second looks take off the accuracy."""
        return noise(self.judged)

    @cached_property
    def corrected_accuracy(self) -> Estimate:
        """The accuracy, what reviewers get wrong carried over from second looks."""
        return corrected(self.accuracy, self.noise)

    @cached_property
    def labels(self) -> Labels:
        return labels(self.judged, self.asked.confidence)

    @cached_property
    def label_thresholds(self) -> Floats:
        """For each label, the score that is as good as the looked-at threshold is for all."""
        return thresholds_by_label(self.judged, self.labels, self.chosen[0])

    @cached_property
    def confusions(self) -> Confusions:
        return confusions(self.judged)
