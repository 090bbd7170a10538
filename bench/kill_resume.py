#!/usr/bin/env python3
"""Kill a labelling run (-9) at random moments, resume it each time, and compare with a whole run.

Real photos' worth of work for the real offline model; the CSV must come out byte for byte and the
database row for row (ids included) as those of a run that nobody interrupted.
"""

import argparse
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from bench.goals import report
from tests import pictures

TABLES = {
    "image": "*",
    "prediction": "*",
    "run": "id, model, k, images_seen, images_labeled, images_failed, finished_at is null",
    "failure": "run_id, position, key, stage, reason, detail",
}


def command(folder: Path, name: str) -> list[str]:
    return [
        sys.executable, str(ROOT / "bin" / "label_images.py"), "-m", "efficientnet_lite0",
        "--input", str(folder / "photos"), "--output", str(folder / f"{name}.csv"),
        "--database", f"sqlite:///{folder / name}.db", "--resume", "--quiet",
    ]  # fmt: skip


def rows(database: Path) -> dict[str, list[tuple]]:
    db = sqlite3.connect(database)
    found = {
        table: db.execute(f"select {columns} from {table}").fetchall()
        for table, columns in TABLES.items()
    }
    db.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        for n in range(options.pictures):
            data = b"<html>" if n % 97 == 0 else pictures.jpeg(500, 375, n % 1400)
            (folder / "photos" / f"{n:05}.jpg").write_bytes(data)
        began = time.monotonic()
        subprocess.run(command(folder, "whole"), check=True)
        whole = time.monotonic() - began
        # how long until the first rows are there, so that kills fall into all of the run
        process = subprocess.Popen(command(folder, "start"))
        began = time.monotonic()
        while not (folder / "start.csv").exists() or not (folder / "start.csv").stat().st_size:
            time.sleep(0.02)
        start = time.monotonic() - began
        process.kill()
        process.wait()
        print(f"a whole run takes {whole:.1f} s, the first rows are there after {start:.1f} s")
        span = 1.2 * (whole - start) / options.kills
        inside = 0
        for kill in range(1, options.kills + 1):
            process = subprocess.Popen(command(folder, "pieces"))
            time.sleep(start * 0.9 + chance.uniform(0, span))
            inside += process.poll() is None
            process.kill()
            process.wait()
            labeled = (folder / "pieces.csv").read_bytes().count(b"\n")
            print(f"kill {kill}: {labeled} rows in the CSV")
        subprocess.run(command(folder, "pieces"), check=True)
        same_bytes = (folder / "pieces.csv").read_bytes() == (folder / "whole.csv").read_bytes()
        one, other = rows(folder / "pieces.db"), rows(folder / "whole.db")
        different = [table for table in TABLES if one[table] != other[table]]
        print(f"{inside} of {options.kills} kills met a run under way; differing: {different}")
    met = [
        report("CSV equal byte for byte", same_bytes, "=", 1),
        report("database tables that differ", len(different), "=", 0),
    ]
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
