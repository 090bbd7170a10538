"""Figures in words: the sentences that the report, the results page and the terminal share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from analysis import nonresponse
from analysis.walk import fewest

if TYPE_CHECKING:
    from analysis.certify import Certified
    from analysis.estimates import Costs
    from analysis.intervals import Estimate
    from analysis.judged import Judged, Pool
    from analysis.sequential import Decision
    from analysis.summary import Summary

PREVIEW = (
    "This is a preview until the round is complete: a threshold that is looked for again and again"
    " until one passes loses its guarantee."
)


THIN = 0.02
"""A precision so near its target takes many verdicts to tell from it."""

CRITERIA = {
    "certified": "certified",
    "closest": "closest to (0, 1)",
    "youden": "Youden's J",
    "f1": "F1",
    "cost": "least cost",
    "coverage": "coverage",
    "given": "as asked",
}
"""How a threshold came about, in words."""

Writer = Callable[["Estimate"], str]
"""How an estimate is written."""


def percent(share: float, digits: int = 1) -> str:
    """Write a share, 0 to 1, as a percentage without a needless zero: 0.95 -> "95 %"."""
    if math.isnan(share):
        return "unknown"
    text = f"{100 * share:.{digits}f}"
    # what is not all is not called all, as far as three digits tell
    while digits < 3 and share < 1 and float(text) == 100:
        digits += 1
        text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}\N{NO-BREAK SPACE}%"


def interval(estimate: Estimate) -> str:
    """Write an estimated share with its interval: "87.5 % (82.1 to 91.4)".

    An interval too narrow to be seen is left out.
    """
    if math.isnan(estimate.value):
        return "unknown"
    about = "about " if estimate.approximate else ""
    value, low, high = (
        f"{100 * each:.1f}" for each in (estimate.value, estimate.low, estimate.high)
    )
    if low == high:
        return percent(estimate.value)
    return f"{value}\N{NO-BREAK SPACE}% ({about}{low} to {high})"


def number(estimate: Estimate, digits: int = 3) -> str:
    """Write an estimated number that is no share with its interval: "0.917 (0.866 to 0.954)"."""
    if math.isnan(estimate.value):
        return "unknown"
    about = "about " if estimate.approximate else ""
    value, low, high = (
        f"{each:.{digits}f}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return value if low == high else f"{value} ({about}{low} to {high})"


def size(n_eff: float) -> str:
    """Write an effective size; that of a pool judged to the last picture has no end."""
    if math.isnan(n_eff):
        return "unknown"
    return f"{n_eff:,.0f}" if n_eff < 1e7 else "all"


def threshold(pool: Pool, value: float) -> str:
    """Write a threshold in as few digits as accept the same pictures of the pool."""
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "over all scores"
    for digits in range(2, 17):
        short = math.floor(value * 10**digits) / 10**digits
        if short <= value and pool.accepted(short) == pool.accepted(value):
            return f"{short:.{digits}f}"
    return repr(value)


def plain(label: str) -> str:
    """Write a class name for people: "great_white_shark" -> "great white shark"."""
    return label.replace("_", " ")


def headline(summary: Summary) -> str:
    """Return what to do, in a sentence, or what is missing; see `found` and `missing`."""
    certified = summary.certified
    if math.isnan(certified.threshold):
        return missing(summary.judged, certified)
    return found(summary.judged, certified)


def found(judged: Judged, certified: Certified) -> str:
    """Return the sentence about a threshold that was certified."""
    t = threshold(judged.pool, certified.threshold)
    passes = percent(certified.coverage)
    if certified.guaranteed:
        return (
            f"Use t >= {t}: at least {percent(certified.target)} of accepted labels are right"
            f" ({percent(certified.confidence)} confidence); {passes} of the pictures pass."
        )
    return (
        f"Use t >= {t}: about {percent(certified.target)} or more of accepted labels are right"
        f" ({percent(certified.confidence)} confidence, an approximate bound and no guarantee,"
        f" {certified.doubt}); {passes} of the pictures pass."
    )


def missing(judged: Judged, certified: Certified) -> str:
    """Return the sentence about a threshold that is not there yet, and what it would take."""
    pool = judged.pool
    said = (
        f"No threshold is known yet at which at least {percent(certified.target)} of accepted"
        f" labels are right ({percent(certified.confidence)} confidence): {certified.why}."
    )
    if certified.more is not None:
        verb = "verdict is" if certified.more == 1 else "verdicts are"
        return f"{said} About {certified.more:,} more {verb} likely to be needed."
    if pool.known and len(judged) == pool.accepted(judged.reaches):
        those = f" that score {judged.reaches:.3g} or more" if not judged.whole else ""
        return f"{said} All pictures{those} are judged: label more to go on."
    first = fewest(certified.target, certified.confidence) - len(judged)
    if first > 0:
        verb = "verdict is" if first == 1 else "verdicts are"
        return f"{said} At least {first:,} more {verb} needed to begin with."
    return f"{said} More verdicts are unlikely to change it: ask for less, or label more pictures."


def notices(summary: Summary) -> list[str]:
    """Return the sentences that belong beside the headline: what to beware of, what it is about."""
    source = summary.source
    preview = [] if source.complete else [PREVIEW]
    open_ = [left_open(summary)] if source.unsure + source.skipped else []
    return [*preview, estimand(summary), *open_, *source.notes]


def left_open(summary: Summary) -> str:
    """Return what pictures that nobody could answer for may do to the accuracy, in a sentence."""
    source, told = summary.source, nonresponse.bounds(summary)
    if not told.left_open:
        return "No picture was left open."
    pictures = "picture" if told.left_open == 1 else "pictures"
    said = (
        f"No figure includes the {told.left_open:,} {pictures} left open ({source.unsure:,} unsure,"
        f" {source.skipped:,} skipped)"
    )
    if math.isnan(told.low):
        return f"{said}."
    return (
        f"{said}: the accuracy is from {percent(told.low)}, all of them wrong, to"
        f" {percent(told.high)}, all of them right, its interval included."
    )


def estimand(summary: Summary) -> str:
    """Return what figures are about, in a sentence."""
    pool = summary.judged.pool
    if not pool.known:
        return (
            "Figures are about future pictures of the same kind: what the judged ones were taken"
            " from is not in the table."
        )
    if summary.about_pool:
        return f"Figures are about the {pool.size:,} pictures labeled, and no others."
    return f"Figures are about future pictures like the {pool.size:,} labeled."


def of_what(summary: Summary) -> str:
    """Return what figures are about, in a few words for a caption."""
    if summary.about_pool:
        return f"about these {summary.judged.pool.size:,} pictures"
    return "about future pictures"


def accuracy(summary: Summary) -> str:
    """Return the accuracy in a sentence."""
    of_top1, of_topk = summary.accuracy, summary.topk_accuracy
    if math.isnan(of_top1.value):
        return f"The accuracy is unknown: {of_top1.why}."
    return (
        f"The first prediction is right on {interval(of_top1)}, one of the first few on"
        f" {interval(of_topk)} of the pictures ({percent(of_top1.confidence)} confidence)."
    )


def looked_at(summary: Summary) -> str:
    """Return which threshold is looked at, and how it came about, in a sentence."""
    value, how = summary.chosen
    if math.isnan(value):
        return f"No threshold is looked at: {summary.points[0].chosen.why}."
    none = "" if how in ("certified", "given") else ", as none is certified"
    t = threshold(summary.judged.pool, value)
    return f"The threshold looked at is t = {t} ({by(summary)}{none})."


def by(summary: Summary) -> str:
    """Return how the threshold looked at came about; a bound with weights certifies nothing."""
    how = summary.chosen[1]
    return found_as(summary.certified) if how == "certified" else CRITERIA[how]


def found_as(certified: Certified) -> str:
    """Return what a threshold may be called that `certify` found."""
    return "certified" if certified.guaranteed else "approximate bound"


def more(summary: Summary) -> str:
    """Return about how many more verdicts make the main figures as narrow as wished."""
    width = f"\N{PLUS-MINUS SIGN}{percent(summary.asked.half_width)}"
    said = [f"More verdicts until intervals are {width} wide."]
    for what, count in summary.more.items():
        if summary.enough[what]:
            needed = "reached: you can stop"
        elif count == 0:
            # looks that are not due do not count: see analysis.sequential
            needed = "none, if the next look that counts confirms it"
        else:
            needed = "unknown" if count is None else f"about {count:,}"
        said.append(f"{what.capitalize()}: {needed}.")
    return " ".join(said)


def decision(decided: Decision, pool: Pool, fixed: bool) -> str:
    """Return what the e-process says; `fixed` if the verdicts had no part in the threshold."""
    if decided.why is not None:
        return f"The e-process says nothing: {decided.why}."
    t, target = threshold(pool, decided.threshold), percent(decided.target)
    if not fixed:
        return (
            f"Verdicts had a part in choosing t = {t}, so that the e-process there is a picture and"
            " no proof: give a threshold of your own (--at) to decide about it."
        )
    if decided.reached is None:
        said = f"Whether precision at t = {t} reaches {target} is open."
        n, likely = len(decided.for_it), decided.likely
        if likely is None:
            return said
        thin = "The margin is thin: if" if abs(decided.share - decided.target) < THIN else "If"
        return (
            f"{said} {thin} it is {percent(decided.share)}, as in {n:,} verdicts on accepted"
            f" pictures, about {max(likely, n):,} of them decide."
        )
    kind = "at least" if decided.reached else "at most"
    return (
        f"Precision at t = {t} is {kind} {target}, decided after {decided.decided_at:,} verdicts on"
        f" accepted pictures ({percent(decided.confidence)} confidence, however often one looks)."
    )


def cost(costs: Costs) -> str:
    """Return what costs stand for."""
    return (
        f"{costs.false_accept:g} a false accept, {costs.false_reject:g} a false reject,"
        f" {costs.review:g} a picture to review"
    )
