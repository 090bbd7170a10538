#!/usr/bin/env python3
"""Memory of labelling runs over a million input lines: a stub model, and VGG16 in eight bits.

With the stub, of a few kilobytes, the lines name 30,000 different small pictures in turn, more than
the run remembers outcomes of, so that every line is fetched, decoded, classified and written to CSV
and SQLite. With VGG16 they name 1,000, which it sees once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from bench.goals import report
from bench.pipelines.networks import write_vgg16
from tests import pictures, tiny_model

DISTINCT = {"stub": 30_000, "vgg16": 1_000}
SETTLED = 50_000
MOST_OF_VGG16 = 2.5 * 1024
"""Megabytes."""


def megabytes(pid: int, which: str) -> float:
    """Return the memory of a process: what is resident ("VmRSS") or was at most ("VmHWM")."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--model", choices=DISTINCT)
    options = parser.parse_args()
    met = []
    for model in [options.model] if options.model else DISTINCT:
        met += measure(model, options.lines)
    return not all(met)


def arguments(model: str, folder: Path) -> list[str]:
    """Write a model into a folder and return how the command is told of it."""
    if model == "stub":
        file, labels = tiny_model.write(folder)
        return ["-m", str(file), "--labels", str(labels), "--batch-size", "64"]
    weights = write_vgg16(folder)
    return ["-m", "vgg16", "--weights", str(weights), "--precision", "int8"]


def measure(model: str, lines: int) -> list[bool]:
    """Run a model over that many lines and report what memory it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = arguments(model, folder)
        distinct = DISTINCT[model]
        (folder / "p").mkdir()
        for n in range(distinct):
            (folder / "p" / f"{n}.jpg").write_bytes(pictures.jpeg(40, 40, n))
        with (folder / "posts.json").open("w") as file:
            for n in range(lines):
                file.write(json.dumps({"id": n, "path": f"p/{n % distinct}.jpg"}) + "\n")
        command = [
            sys.executable, str(ROOT / "bin" / "label_images.py"), *told, "--input", "posts.json",
            "--workers", "4",
        ]  # fmt: skip
        # what is made once for a model and an input is made here
        subprocess.run(
            [*command, "--limit", "300", "--output", "first.csv"], cwd=folder, check=True
        )
        writing = ["--output", "preds.csv", "--database", "sqlite:///p.db"]
        process = subprocess.Popen([*command, *writing], cwd=folder)
        settled, most, peak, shown, began = 0.0, 0.0, 0.0, 0, time.monotonic()
        while process.poll() is None:
            time.sleep(0.5)
            try:
                done = json.loads((folder / "preds.csv.progress").read_text())["position"]
                now = megabytes(process.pid, "VmRSS")
                # nothing any more of one that has just ended
                peak = max(peak, megabytes(process.pid, "VmHWM"))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if done >= SETTLED:
                settled = settled or now
                most = max(most, now)
            if done >= shown:
                print(
                    f"{done:>9,} lines: {now:.0f} MB, {time.monotonic() - began:.0f} s", flush=True
                )
                shown += max(lines // 20, 1)
        if process.returncode:
            return [False]
        rows = sum(1 for _ in (folder / "preds.csv").open())
    met = [
        report(f"{model}: rows in the CSV per line of input", rows / lines, "=", 1),
        report(f"{model}: memory growth after 50,000 lines", most - settled, "<=", 50, " MB"),
    ]
    if model == "vgg16":
        met.append(report("vgg16 int8: peak memory", peak, "<=", MOST_OF_VGG16, " MB"))
    return met


if __name__ == "__main__":
    sys.exit(main())
