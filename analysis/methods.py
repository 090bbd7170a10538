"""How each figure is made, in a line, with its source: what the report ends with."""

from __future__ import annotations

METHODS = (
    (
        "Accuracy, precision, recall",
        "difference estimator of the cross-fitted recalibrated score within strata of the scores;"
        " Wilson intervals with the effective size",
        "Särndal, Swensson, Wretman 1992; Wilson 1927; Korn, Graubard 1998",
    ),
    (
        "Certified threshold",
        "thresholds tested from the strictest down until one fails, each by the exact binomial"
        " bound on pictures drawn with equal chances",
        "Angelopoulos et al. 2021 (Learn then test); Clopper, Pearson 1934",
    ),
    (
        "Other thresholds",
        "chosen on all verdicts; held-out precision by choosing anew without each fold in turn",
        "Youden 1950; van Rijsbergen 1979; Stone 1974",
    ),
    (
        "Curves and their bands",
        "one weighted cumulative count; sup-t bands from a bootstrap within strata",
        "Montiel Olea, Plagborg-Møller 2019; Rao, Wu 1988",
    ),
    (
        "Area under the ROC, average precision",
        "from the same count, score intervals from the influence of each picture",
        "DeLong et al. 1988; Deville 1999; Johnson 1978",
    ),
    (
        "AURC, AUGRC",
        "linear in the errors, hence estimated like the accuracy; score intervals like the areas",
        "Geifman, Uziel, El-Yaniv 2019; Traub et al. 2024",
    ),
    (
        "Reliability",
        "bins of equal weight with Wilson intervals beside the band of perfect calibration; smooth"
        " calibration error beside its distribution by chance",
        "Bröcker, Smith 2007; Błasiok, Nakkiran 2023; Kull et al. 2017; Guo et al. 2017",
    ),
    (
        "Evidence that may be watched",
        "mixture e-process in the order of drawing",
        "Ville 1939; Ramdas et al. 2023",
    ),
    (
        "Labels",
        "empirical Bayes on how far verdicts are off the recalibrated score; false discoveries held"
        " to 10 %",
        "Benjamini, Hochberg 1995; Hoeffding 1956",
    ),
    (
        "Agreement",
        "first answers given without the others in view",
        "Krippendorff 2018; Cohen 1960",
    ),
    (
        "Pictures left open",
        "bounds: all of them wrong, all of them right",
        "Manski 1990",
    ),
    (
        "Another run",
        "scored where verdicts tell, bounds where not; paired difference on the same pictures",
        "Agresti, Min 2005; McNemar 1947",
    ),
)
"""What, how, and from where."""
