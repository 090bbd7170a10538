#!/usr/bin/env python3
"""Memory of a labelling run over a million input lines, with a stub model of a few kilobytes.

The lines name 30,000 different small pictures in turn, more than the run remembers outcomes of,
so that every line is fetched, decoded, classified and written to CSV and SQLite.
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
from tests import pictures, tiny_model

DISTINCT = 30_000
SETTLED = 50_000


def resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, labels = tiny_model.write(folder)
        (folder / "p").mkdir()
        for n in range(DISTINCT):
            (folder / "p" / f"{n}.jpg").write_bytes(pictures.jpeg(40, 40, n))
        with (folder / "posts.json").open("w") as file:
            for n in range(options.lines):
                file.write(json.dumps({"id": n, "path": f"p/{n % DISTINCT}.jpg"}) + "\n")
        process = subprocess.Popen(
            [
                sys.executable, str(ROOT / "bin" / "label_images.py"), "-m", str(model),
                "--labels", str(labels), "--input", "posts.json", "--output", "preds.csv",
                "--database", "sqlite:///p.db", "--batch-size", "64", "--workers", "4",
            ],
            cwd=folder,
        )  # fmt: skip
        settled, most, shown, began = 0.0, 0.0, 0, time.monotonic()
        while process.poll() is None:
            time.sleep(0.5)
            try:
                done = json.loads((folder / "preds.csv.progress").read_text())["position"]
                now = resident_megabytes(process.pid)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if done >= SETTLED:
                settled = settled or now
                most = max(most, now)
            if done >= shown:
                print(
                    f"{done:>9,} lines: {now:.0f} MB, {time.monotonic() - began:.0f} s", flush=True
                )
                shown += max(options.lines // 20, 1)
        if process.returncode:
            return 1
        rows = sum(1 for _ in (folder / "preds.csv").open())
    met = [
        report("rows in the CSV per line of input", rows / options.lines, "=", 1),
        report("memory growth after 50,000 lines", most - settled, "<=", 50, " MB"),
    ]
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
