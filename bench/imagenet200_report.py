"""Reports on 200 ImageNet photographs, one a class, judged by their truth: report and ROC.

    python bench/imagenet200_report.py [FOLDER] [OUTPUT]

FOLDER (default ../shared/data/imagenet200) holds the photographs and truth.tsv with the columns
file and label. They are labeled with efficientnet_lite0 into a temporary database, a uniform round
of all is drawn and judged through the database, as a page does. Writes report.html and roc.png into
OUTPUT (default rdata).
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from analysis import drawing, frames, wording
from analysis.estimates import FUTURE
from analysis.figures.ranking import roc
from analysis.figures.saving import to_png
from analysis.galleries import galleries
from analysis.report_page import Extras, render
from analysis.summary import Asked, Summary
from bench import oracle
from bench.goals import report
from db.engine import Engine, connect
from db.review_items import ItemRow
from db.verdicts import UNIFORM

LARGEST = 150_000
"""Bytes of the ROC, which README shows."""


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/imagenet200").resolve()
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "rdata")
    if not (folder / "truth.tsv").exists():
        print(f"no truth.tsv in {folder}: name the folder of the 200 photographs")
        return 1
    with (folder / "truth.tsv").open(encoding="utf-8", newline="") as file:
        truth = {row["file"]: row["label"] for row in csv.DictReader(file, delimiter="\t")}
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/photographs.db"
        label = [sys.executable, str(ROOT / "bin" / "label_images.py"), "--quiet"]
        label += ["-m", "efficientnet_lite0", "--input", str(folder), "--database", url]
        subprocess.run(label, check=True)
        engine = connect(url)
        page, picture, accuracy = _made(engine, truth)
        engine.dispose()
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.html").write_text(page, encoding="utf-8")
    (out / "roc.png").write_bytes(picture)
    met = report("top-1 accuracy of the report", accuracy, ">=", 0.88)
    met &= report("size of the ROC", len(picture), "<=", LARGEST, " bytes")
    return 0 if met else 1


def _made(engine: Engine, truth: Mapping[str, str]) -> tuple[str, bytes, float]:
    """Judge all photographs; return the report, the ROC and the accuracy."""
    request = drawing.Request(size=len(truth), design=UNIFORM, seed=1)
    oracle.judge(engine, drawing.draw(engine, request).round_id, lambda item: _said(item, truth))
    with engine.connect() as connection:
        judged = frames.read(connection)
        # the database is gone when somebody reads this
        named = replace(judged.source, what="200 ImageNet photographs, one a class")
        summary = Summary(replace(judged, source=named), Asked(about=FUTURE))
        shown = galleries(connection, summary.judged, summary.chosen[0])
    print(wording.headline(summary))
    return render(summary, Extras(shown)), to_png(roc(summary)), summary.accuracy.value


def _said(item: ItemRow, truth: Mapping[str, str]) -> oracle.Answer:
    right = truth[Path(item.link).name]
    labels = [label for label, _ in item.predictions]
    if labels[0] == right:
        return "top1", None
    return ("topk", labels.index(right) + 1) if right in labels else ("none", None)


if __name__ == "__main__":
    sys.exit(main())
