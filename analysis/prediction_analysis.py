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
# # How good is this classifier, and from which score on may its labels be used?
#
# *Run All* answers from what people have judged: an exported table, or the database. Only the next
# cell is there to be changed. A threshold `t` accepts the pictures whose best prediction scores `t`
# or more; "right" means that the first prediction is right, unless another rank is named.

# %%
TABLE = "rdata/db-results-export.tsv"  # of bin/export_results.py or the original; if it is there
DATABASE = None  # else this one: an address, or None for $DATABASE_URL or data/proofsheet.db
RUN = None  # of the database; None is the newest run with verdicts
PRECISION = 0.95  # that accepted labels are to have
CONFIDENCE = 0.95  # of that, and of all intervals
THRESHOLD = None  # to look at; None is the certified one

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

import pandas as pd
from IPython.display import display

from analysis import wording
from analysis.figures import (
    agreement,
    forest,
    ranking,
    ranks,
    reliability,
    scores,
    selective,
    stopping,
)
from analysis.methods import METHODS
from analysis.notebook import show, take
from analysis.numbers import MAIN, label_rows, rows
from analysis.summary import GIVEN, Asked

pd.set_option("display.max_colwidth", None, "display.max_rows", 500, "display.precision", 3)

# %%
asked = Asked(confidence=CONFIDENCE, target=PRECISION, threshold=THRESHOLD)
taken = take(Path(TABLE), DATABASE, RUN, asked)
summary, judged = taken.summary, taken.summary.judged
print(f"{len(judged):,} judged pictures: {summary.source.what}, {summary.source.design}")
print(*wording.notices(summary), sep="\n")

# %% [markdown]
# ## The answer
#
# What the verdicts show, in a sentence. "Confidence" is about the method: of a hundred such
# sentences, about five at most may promise too much. `why_thresholds_need_care.ipynb` beside this
# notebook shows on simulated pictures that they do not promise more often than that.

# %%
print(wording.headline(summary))
print(wording.accuracy(summary))

# %% [markdown]
# Each figure with its interval: the truth lies within the bar with the confidence named. `n_eff` is
# the size of a plain random sample that would tell as much; where the design was a good one it is
# larger than `n`.

# %%
show(forest.estimates(summary))
every = pd.DataFrame(rows(summary))
every[every.figure.isin(MAIN)].set_index("figure")

# %% [markdown]
# ## Scores
#
# The scores of all five ranks, as the original had them. The first rank carries nearly all of what
# there is to see: the more of the score it takes, the less is left to the others.

# %%
show(ranks.overall(summary, taken.ranks))

# %% [markdown]
# By verdict: where the first line ("top-1 right") keeps to the right of the others, the score tells
# right from wrong. At later ranks it is the other way round: a high second score means doubt.

# %%
show(ranks.by_verdict(summary, taken.ranks))

# %% [markdown]
# The first rank again. Where the pool is known, see on the left whether the judged pictures are
# spread like all of them; on the right, how many there are of each kind at each score.

# %%
show(scores.scores(summary))

# %% [markdown]
# ## ROC
#
# Every threshold is a point: how many of the wrong predictions it accepts against how many of the
# right ones. The area is the chance that a right prediction scores higher than a wrong one: 0.5 is
# no better than a coin. The shaded band holds the whole true curve at once.
#
# The original called the mean of the true-positive rates an area, and looked its threshold up in a
# list that ran the other way than the curve, so that it named the mirror image of the true one.

# %%
show(ranking.roc(summary))

furthest = next(each for each in summary.points if each.chosen.criterion.name == "youden")
found = furthest.chosen
if pd.notna(found.threshold):
    t, does = found.threshold, found.apparent
    print(f"area under the curve: {wording.number(summary.auroc)}")
    print(
        f"furthest from the diagonal: t = {t:.3f}, which accepts {wording.percent(does.recall)} of"
        f" the right and {wording.percent(does.fpr)} of the wrong predictions; looked up from the"
        f" wrong end of 0 ... 1, it would have been {1 - t:.3f}"
    )
else:
    print(f"no point is furthest from the diagonal: {found.why}")

# %% [markdown]
# ## Precision and recall
#
# Precision: how many of the accepted labels are right. Recall: how many of the right ones are
# accepted. To the left only the surest are accepted; at the right end everything is, and precision
# is the plain accuracy.

# %%
show(ranking.precision_recall(summary))

# %% [markdown]
# The same against the threshold: read upwards from a `t` what it does. Coverage, the share of the
# pictures that pass, is known where all scores are.

# %%
show(selective.precision_recall_by_threshold(summary))

# %% [markdown]
# Risk is what is wrong among the accepted. A score that ranks well has a curve that stays low for
# long. The triangle is the certified threshold: its risk is at most what the tip says.

# %%
show(selective.risk_coverage(summary))

# %% [markdown]
# ## Thresholds
#
# Only the first one comes with a promise: its true precision is at least `promised`, exactly so
# where pictures were drawn with equal chances, about so elsewhere. The others are the best by some
# measure on these very verdicts, and therefore look better than they are: compare `precision` with
# `held out`, that of verdicts which had no part in the choice.

# %%
certified = summary.certified
kind = "certified" if certified.guaranteed else "approximate bound"
chosen = [
    {
        "how": f"{kind}: precision of {wording.percent(certified.target)} or more",
        "threshold": certified.threshold,
        "coverage": certified.coverage,
        "precision": summary.estimator.precision(certified.threshold).value,
        "promised": certified.bound if certified.more == 0 else None,
    }
]
chosen += [
    {
        "how": each.chosen.criterion.how,
        "threshold": each.at.threshold,
        "coverage": each.at.coverage.value,
        "precision": each.at.precision.value,
        "held out": each.held_out.value,
        "recall": each.at.recall.value,
        "cost a picture": each.at.cost.value,
    }
    for each in summary.points
]
pd.DataFrame(chosen).set_index("how")

# %% [markdown]
# ## Enough verdicts?
#
# Left: evidence that may be watched while judging goes on. The solid line counts for the target,
# the dashed one against it, and crossing the dotted line decides. Right: how intervals have
# narrowed; they go with one over the root of the number of verdicts.

# %%
show(stopping.stopping(summary))
print(wording.decision(summary.decision, judged.pool, summary.chosen[1] == GIVEN))
print(wording.more(summary))

# %% [markdown]
# ## Do scores mean what they say?
#
# On the dotted diagonal, a score of 0.8 means right in 80 of 100 cases. Points within the grey are
# where chance alone would put them, even of a perfect score. On the right, the same after
# recalibration, judged on verdicts that it has not seen.

# %%
show(reliability.reliability(summary))

# %% [markdown]
# ## Labels
#
# Few verdicts on a label say little: the filled points are drawn towards what all labels with such
# scores do, the further the fewer verdicts there are. Crosses are worse than their scores say.

# %%
show(forest.labels(summary))
labels = pd.DataFrame(label_rows(summary))
labels[labels.n > 0].set_index("name").drop(columns="classes").head(30)

# %% [markdown]
# Which labels make up most of the right, and most of the wrong first predictions.

# %%
names = pd.Series([wording.plain(judged.pool.names[each]) for each in judged.classes], name="label")
both = {"right": names[judged.top1 == 1], "wrong": names[judged.top1 == 0]}
pd.concat(
    {each: some.value_counts().head(10).reset_index(name="judged") for each, some in both.items()},
    axis=1,
)

# %% [markdown]
# Which were taken for which, where somebody told the right one: the judged pictures of each pair,
# and how many of the pool they stand for.

# %%
confused = summary.confusions
if len(confused.n):
    columns = {
        "predicted": [wording.plain(judged.pool.names[each]) for each in confused.predicted],
        "right": [wording.plain(judged.pool.names[each]) for each in confused.right],
        "judged": confused.n,
        "stand for": confused.weight,
    }
    display(pd.DataFrame(columns).head(25))
else:
    print("Nobody has told which label is right where the first one is not (tables never do).")

# %% [markdown]
# ## Reviewers
#
# Where several people have judged the same pictures: how often they say the same, and how much of
# that is more than chance (kappa, alpha: 1 is all, 0 is none).

# %%
show(agreement.agreement(summary))
if summary.noise.n:
    print(
        f"By second looks at {summary.noise.n:,} pictures, the first prediction is right on"
        f" {wording.interval(summary.corrected_accuracy)} of the pictures, rather than on"
        f" {wording.interval(summary.accuracy)}."
    )

# %% [markdown]
# Pictures that nobody could answer for enter no figure. Whatever they are, the accuracy is within
# these bounds: as if all of them were wrong, and as if all were right.

# %%
print(wording.left_open(summary))

# %% [markdown]
# ## All numbers
#
# The same as `bin/report.py --format tsv` writes, labels aside. `bin/report.py` makes one HTML file
# of all this, `bin/choose_threshold.py` stores the threshold, `bin/export_labels.py` applies it.

# %%
every[~every.figure.str.startswith("label.")].set_index("figure").astype(object).fillna("")

# %% [markdown]
# How each figure is made, and by whom it was thought of:

# %%
pd.DataFrame(METHODS, columns=["figure", "how", "source"]).set_index("figure")
