"""How long curves take on 1,000,000 judged pictures.

    python bench/curve_speed.py

The bare curve (fpr and tpr at every threshold, with weights) beside scikit-learn's `roc_curve` on
the same arrays, in turns; and everything that a page shows of curves: the four with their bands,
and both areas with their intervals. Medians.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np
from sklearn.metrics import roc_curve

from analysis.areas import auroc, average_precision
from analysis.bands import bands
from analysis.curves import counts
from analysis.sampling import sample
from analysis.simulated import FAIR, corpus, judge
from bench.goals import report
from db.verdicts import STRATIFIED

PICTURES = 1_000_000
TURNS = 5


def main() -> int:
    rng = np.random.default_rng(1)
    made = corpus(FAIR, 2 * PICTURES, rng)
    judged = judge(made, sample(STRATIFIED, PICTURES, made.scores, made.cluster, rng))
    scores, right, weight = judged.scores, judged.top1, judged.weight

    def bare() -> None:
        counted = counts(scores, right, weight)
        assert len(counted.fpr) == len(counted.tpr)

    def peer() -> None:
        roc_curve(right, scores, sample_weight=weight, drop_intermediate=False)

    def everything() -> None:
        bands(judged)
        auroc(judged)
        average_precision(judged)

    ours, theirs, whole = (
        statistics.median(times)
        for times in zip(
            *(map(seconds, (bare, peer, everything)) for _ in range(TURNS)), strict=True
        )
    )
    print(f"bare curve {ours:.3f} s, roc_curve of scikit-learn {theirs:.3f} s")
    met = report("bare curve over roc_curve of scikit-learn", ours / theirs, "<=", 2)
    met &= report("curves with bands and areas", whole, "<=", 5, " s")
    return 0 if met else 1


def seconds(run: Callable[[], None]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
