# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Why thresholds need care
#
# On real photos nobody knows the truth, so that nobody can see whether a method keeps its promises.
# Here the pictures are simulated and their truth is known: every figure is drawn again and again,
# and set beside what it should have been. It takes about half a minute.

# %%
import os
import sys
from pathlib import Path

# the folder that all paths are meant from, wherever the notebook was started
ROOT = next(
    folder
    for folder in (Path.cwd(), *Path.cwd().parents)
    if (folder / "analysis" / "notebook.py").is_file()
)
os.chdir(ROOT)
sys.path.insert(0, str(ROOT))

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.certify import certify
from analysis.curves import counts
from analysis.estimates import Estimator
from analysis.figures.style import (
    INK,
    PENCIL,
    QUIET,
    Heading,
    blank_sheet,
    label_axes,
    legend,
    names,
    percents,
    say,
    wrapped,
)
from analysis.followup import ACCURACY, PRECISION, RECALL, Question
from analysis.intervals import Estimate, wilson
from analysis.judged import Judged
from analysis.notebook import show
from analysis.sampling import sample
from analysis.sequential import log_e_process
from analysis.simulated import FAIR, Corpus, corpus, follow, judge
from analysis.walk import errors_forgiven
from analysis.wording import percent
from db.verdicts import STRATIFIED, UNIFORM

TARGET = 0.95
rng = np.random.default_rng(1)

# %% [markdown]
# ## The truth
#
# A run of 20,000 pictures, four in five of the first predictions right. Scores tell right from
# wrong rather well (area under the ROC .87). As every verdict is known here, so is the precision of
# every threshold, and the lowest that reaches 95 %: the one to be found.

# %%
made = corpus(FAIR, 20_000, rng)
truth = counts(made.scores, made.top1)
accuracy = float(made.top1.mean())
reaches = np.flatnonzero(truth.precision >= TARGET)[-1]
best, best_coverage = truth.thresholds[reaches], truth.coverage[reaches]


def true_precision(threshold: float) -> float:
    """Return the precision that a threshold really has; NaN of none."""
    accepted = made.scores >= threshold
    return float(made.top1[accepted].mean()) if accepted.any() else np.nan


print(f"right: {percent(accuracy)}; area under the ROC: {truth.auroc:.3f}")
print(
    f"lowest threshold with a precision of {percent(TARGET)}: {best:.3f}, which accepts"
    f" {percent(best_coverage)} of the pictures"
)

# %% [markdown]
# ## The naive threshold
#
# One would judge 1,000 pictures drawn at random, draw the precision by threshold, and take the
# lowest threshold whose observed precision is 95 % or more. In one such round:

# %%
VERDICTS = 1000


def naive_threshold(judged: Judged) -> float:
    """Return the lowest threshold whose observed precision reaches the target."""
    seen = counts(judged.scores, judged.top1)
    return float(seen.thresholds[np.flatnonzero(seen.precision >= TARGET)[-1]])


judged = judge(made, sample(UNIFORM, VERDICTS, made.scores, made.cluster, rng))
seen, naive, certified = (
    counts(judged.scores, judged.top1),
    naive_threshold(judged),
    certify(judged, TARGET),
)
figure, (axes,) = blank_sheet(
    Heading("Precision by threshold: one round"),
    wrapped(
        f"Simulated; {VERDICTS:,} of {len(made.scores):,} pictures judged. The observed curve"
        " wanders about the true one; where it crosses the line is as much luck as truth."
    ),
)
axes.plot(truth.thresholds[1:], truth.precision[1:], color=INK, linewidth=1.8, label="true")
axes.plot(seen.thresholds[1:], seen.precision[1:], color=QUIET, linewidth=1, label="observed")
axes.axhline(TARGET, color=QUIET, linestyle=":", linewidth=1)
for threshold, color, line, name in (
    (naive, PENCIL, "--", "naive"),
    (certified.threshold, INK, "-.", "certified"),
):
    label = f"{name}: t = {threshold:.3f}, truly {percent(true_precision(threshold))}"
    axes.axvline(threshold, color=color, linestyle=line, linewidth=1.2, label=label)
axes.set_xlim(0.6, 1)
axes.set_ylim(0.85, 1)
percents(axes, "y")
label_axes(axes, "threshold t", "precision of what scores t or more")
legend(axes)
show(figure)

# %% [markdown]
# Again and again, a new round each time. The naive threshold is right on average, and that is the
# trouble: about every other time it lies too low. Choosing the lowest of many thresholds that look
# good enough prefers those that chance has flattered. The certified threshold tests thresholds from
# the strictest down, in an order that no verdict had a part in, each by an exact bound, and ends at
# the first that fails.

# %%
ROUNDS = 200
found = []
for _ in range(ROUNDS):
    judged = judge(made, sample(UNIFORM, VERDICTS, made.scores, made.cluster, rng))
    found.append((naive_threshold(judged), certify(judged, TARGET).threshold))
thresholds = dict(zip(("naive", "certified"), np.array(found).T, strict=True))
precisions = {name: np.array([true_precision(t) for t in ts]) for name, ts in thresholds.items()}
failed = {name: float((each < TARGET).mean()) for name, each in precisions.items()}

figure, both = blank_sheet(
    Heading(f"True precision of the chosen threshold, {ROUNDS} rounds", shared=True),
    wrapped(f"Simulated; {VERDICTS:,} verdicts a round. Hatched: below the target."),
    columns=2,
    height=3.2,
)
bins = np.arange(0.92, 0.9901, 0.005).tolist()
for axes, (name, each) in zip(both, precisions.items(), strict=True):
    axes.hist(each[each >= TARGET], bins, color=INK, alpha=0.75)
    axes.hist(each[each < TARGET], bins, color=PENCIL, alpha=0.85, hatch="xxx", edgecolor="none")
    axes.axvline(TARGET, color=QUIET, linestyle=":")
    say(axes, 0.0, 1.03, f"{name}: {percent(failed[name])} fail", size=9)
    percents(axes, "x")
    label_axes(axes, "true precision", "rounds" if axes is both[0] else "")
show(figure)
for name, ts in thresholds.items():
    passing = np.mean([made.scores >= t for t in ts])
    print(
        f"{name}: {percent(failed[name])} of the thresholds fail, {percent(passing)} of the"
        f" pictures pass in the mean, no threshold in {int(np.isnan(ts).sum())} rounds"
    )

# %% [markdown]
# The certified threshold accepts a little less than the best one does. That is its price, and more
# verdicts lower it.
#
# ## What weights are for
#
# Verdicts are worth most where the score says little. A first round of 150 pictures tells where
# that is, and a second one of 350 is drawn mostly from there. Its plain mean then is about the hard
# pictures, not about all: it is off, and more verdicts do not help. As it is known how likely each
# picture was to be drawn, it can be weighted by how many it stands for.


# %%
def two_phases(made: Corpus, question: Question, first: int, second: int) -> Judged:
    """Judge a stratified round, and one that follows it and aims at a question."""
    pilot = sample(STRATIFIED, first, made.scores, made.cluster, rng)
    return judge(made, pilot, follow(made, pilot, question, second, rng))


HUNDRED = 100
plain, ours = [], []
for _ in range(HUNDRED):
    judged = two_phases(made, Question(ACCURACY), 150, 350)
    plain.append(float(judged.top1.mean()))
    ours.append(Estimator(judged).accuracy())

figure, (axes,) = blank_sheet(
    Heading(f"Accuracy by 500 verdicts in two phases, {HUNDRED} times"),
    wrapped("Simulated; 150 pictures in strata of the score, then 350 where most is open."),
    height=3.0,
)
bins = np.arange(0.68, 0.8701, 0.005).tolist()
axes.hist(plain, bins, color=PENCIL, alpha=0.85, hatch="xxx", edgecolor="none",
          label="plain mean of the verdicts")  # fmt: skip
axes.hist([each.value for each in ours], bins, color=INK, alpha=0.75, label="weighted, by scores")
axes.axvline(accuracy, color=QUIET, linestyle=":", label="truth")
percents(axes, "x")
label_axes(axes, "estimated accuracy", "times")
legend(axes)
show(figure)
bias = {"plain": np.mean(plain) - accuracy, "ours": np.mean([e.value for e in ours]) - accuracy}
for name, off in bias.items():
    print(f"{name}: {100 * off:+.1f} percentage points off in the mean")

# %% [markdown]
# ## What an interval promises
#
# The intervals of these hundred estimates. A 95 % interval is not one that holds the truth to 95 %:
# it does or does not. It is made in a way that holds the truth in 95 of 100 cases, and which the
# five are nobody can tell, except here.


# %%
def held(intervals: list[Estimate], value: float) -> list[bool]:
    """Return which of some intervals hold the truth."""
    return [each.low <= value <= each.high for each in intervals]


def draw_intervals(axes: Axes, intervals: list[Estimate], value: float) -> None:
    """Draw intervals beside each other, those that miss the truth marked."""
    inside = np.array(held(intervals, value))
    place = np.arange(len(intervals))
    low, high = (np.array([getattr(each, end) for each in intervals]) for end in ("low", "high"))
    middle = np.array([each.value for each in intervals])
    for which, color, marker, size in ((inside, INK, ".", 4), (~inside, PENCIL, "x", 5)):
        axes.vlines(place[which], low[which], high[which], color=color, linewidth=size / 4)
        axes.plot(place[which], middle[which], marker, color=color, markersize=size)
    axes.axhline(value, color=QUIET, linestyle=":")
    axes.set_xlim(-1, len(intervals))
    axes.set_xticks([])
    axes.grid(False, axis="x")
    percents(axes, "y")
    say(axes, 0.0, 1.03, f"{int((~inside).sum())} of {len(inside)} miss the truth", size=9)


figure, (axes,) = blank_sheet(
    Heading("95 % intervals of the accuracy"),
    wrapped("Simulated; the rounds of the figure above. Crosses: the truth is outside."),
    height=3.2,
)
draw_intervals(axes, ours, accuracy)
label_axes(axes, "rounds", "accuracy")
show(figure)
print(f"{sum(held(ours, accuracy))} of {HUNDRED} intervals hold the truth")

# %% [markdown]
# ## Looking too often
#
# An interval keeps its promise for one look. Who looks after every verdict and stops as soon as it
# says what one hopes for, gives chance a new try each time. Here precision is exactly 95 %, so that
# nobody should find it to be more. The e-process may be watched: however often one looks, it errs
# in 5 % of the cases at most.

# %%
RUNS, MOST = 4000, 2000
right = rng.random((RUNS, MOST)) < TARGET
number = np.arange(1, MOST + 1)
allowed = errors_forgiven(number, TARGET, 0.95)
evidence = [log_e_process(some, TARGET, above=True) for some in np.array_split(right, 20)]
looks = {
    "exact interval after every verdict": np.cumsum(~right, axis=1) <= allowed,
    "e-process after every verdict": np.concatenate(evidence) >= np.log(1 / 0.05),
}
ever = {name: np.maximum.accumulate(said, axis=1).mean(axis=0) for name, said in looks.items()}

figure, (axes,) = blank_sheet(
    Heading('How often "precision is more than 95 %" has been said by then, wrongly'),
    wrapped(f"Simulated; {RUNS:,} runs of verdicts of which 95 % are right."),
    height=3.2,
)
for (name, share), color, line in zip(ever.items(), (PENCIL, INK), ("--", "-"), strict=True):
    axes.plot(number, share, color=color, linestyle=line, linewidth=1.6, label=name)
axes.axhline(0.05, color=QUIET, linestyle=":", label="what was promised")
axes.set_xscale("log")
axes.set_xlim(20, MOST)
axes.set_xticks([20, 50, 100, 200, 500, 1000, 2000], ["20", "50", "100", "200", "500", "1,000",
                                                      "2,000"])  # fmt: skip
axes.minorticks_off()
axes.set_ylim(0, None)
percents(axes, "y")
label_axes(axes, "verdicts", "runs")
legend(axes)
show(figure)
for name, share in ever.items():
    print(f"{name}: wrong in {percent(share[-1])} of the runs")

# %% [markdown]
# ## Near-duplicates
#
# The same picture is posted again and again, and what is right on one copy is right on all. Four
# hundred pictures from anywhere in the stream are not four hundred different ones, and an interval
# that takes them for such is too narrow. A drawn round takes one copy of each, the more likely the
# more there are, and lets it stand for all.

# %%
stream = corpus(FAIR, 20_000, rng, mean_cluster=3)
value = float(stream.top1.mean())
SIXTY, SOME = 60, 400
in_a_row, drawn, different = [], [], []
for _ in range(SIXTY):
    start = int(rng.integers(len(stream.scores) - SOME))
    some = slice(start, start + SOME)
    share = float(stream.top1[some].mean())
    low, high = wilson(share, SOME)
    in_a_row.append(Estimate(share, float(low), float(high), SOME, SOME))
    different.append(len(np.unique(stream.cluster[some])))
    judged = judge(stream, sample(UNIFORM, SOME, stream.scores, stream.cluster, rng))
    drawn.append(Estimator(judged).accuracy())

figure, both = blank_sheet(
    Heading(f"95 % intervals of the accuracy by {SOME} verdicts, {SIXTY} times", shared=True),
    wrapped(
        "Simulated; each picture is there three times in the mean, a few very often. Left: pictures"
        " as they come, taken for different ones. Right: drawn as Proofsheet does."
    ),
    columns=2,
    height=3.2,
)
for axes, intervals in zip(both, (in_a_row, drawn), strict=True):
    draw_intervals(axes, intervals, value)
label_axes(both[0], "400 pictures in a row", "accuracy")
label_axes(both[1], "400 drawn pictures", "")
show(figure)
print(f"in a row: {np.mean(different):.0f} of {SOME} pictures are different ones,")
print(f"and {sum(held(in_a_row, value))} of {SIXTY} intervals hold the truth")
print(f"drawn: {sum(held(drawn, value))} of {SIXTY} intervals hold the truth")

# %% [markdown]
# ## How many verdicts it takes
#
# To know a figure to +-2 %. First as in the textbook: a plain sample of all pictures, and its share
# of right ones (for precision, of the accepted among them; for recall, of the right). Then by
# designs: each uses the scores of all pictures, which cost nothing, and asks people only for what
# scores leave open.

# %%
WITHIN, AT, SIZE, REPEATS = 0.02, 0.9, 600, 10
accepted = made.scores >= AT
questions = {
    "accuracy": (Question(ACCURACY), accuracy, 1.0),
    f"precision at t = {AT}": (Question(PRECISION, AT), true_precision(AT), accepted.mean()),
    f"recall at t = {AT}": (
        Question(RECALL, AT),
        float(made.top1[accepted].sum() / made.top1.sum()),
        accuracy,
    ),
}


def estimated(judged: Judged, about: str) -> Estimate:
    """Return the estimate that a question asks for."""
    estimator = Estimator(judged)
    return estimator.accuracy() if about == ACCURACY else getattr(estimator, about)(AT)


needed: dict[str, dict[str, float]] = {}
for name, (question, share, useful) in questions.items():
    row = {"plain sample": 1.96**2 * share * (1 - share) / useful / WITHIN**2}
    for design in (UNIFORM, STRATIFIED, "two phases, aimed at the question"):
        widths = []
        for _ in range(REPEATS):
            if design in (UNIFORM, STRATIFIED):
                judged = judge(made, sample(design, SIZE, made.scores, made.cluster, rng))
            else:
                judged = two_phases(made, question, SIZE // 4, SIZE - SIZE // 4)
            widths.append(estimated(judged, question.about).half_width)
        row[design] = SIZE * float(np.mean(np.square(widths))) / WITHIN**2
    needed[name] = row
table = pd.DataFrame(needed).round(-1).astype(int)

figure, (axes,) = blank_sheet(
    Heading("Verdicts until the interval is +-2 %"),
    wrapped(f"Simulated; reckoned from the widths after {SIZE} verdicts, {REPEATS} rounds each."),
    height=3.4,
)
rows = np.arange(len(table.columns))
looks_of = ((QUIET, "///"), (QUIET, ""), (INK, ""), (PENCIL, ""))
for place, (design, (color, hatch)) in enumerate(zip(table.index, looks_of, strict=True)):
    y = rows + (place - 1.5) * 0.2
    axes.barh(y, table.loc[design], 0.18, color=color, hatch=hatch, alpha=0.8, edgecolor="none",
              label=design)  # fmt: skip
    for at, count in zip(y, table.loc[design], strict=True):
        say(axes, count + 20, at, f"{count:,}", transform=axes.transData)
names(axes, rows, list(table.columns))
axes.set_xlim(0, 1.08 * table.to_numpy().max())
axes.grid(False, axis="y")
label_axes(axes, "verdicts", "")
legend(axes)
show(figure)
table

# %% [markdown]
# The same simulations, larger and for every design and figure: `bench/interval_honesty.py` and
# `bench/label_efficiency.py`.
