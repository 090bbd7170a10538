#!/usr/bin/env python3
"""Rows a second of db/load_data.py into MariaDB, beside LOAD DATA INFILE into one wide table."""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from db.engine import connect
from tests.mariadb import Server, missing, running

GOAL = 0.15
K = 5
CLASSES = 1000

WIDE = """
DROP DATABASE IF EXISTS peer; CREATE DATABASE peer DEFAULT CHARACTER SET utf8mb4; USE peer;
CREATE TABLE classifications (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, tweet_id BIGINT NOT NULL,
    link VARCHAR(1024) NOT NULL,
    keyword1 VARCHAR(255), score1 DOUBLE, keyword2 VARCHAR(255), score2 DOUBLE,
    keyword3 VARCHAR(255), score3 DOUBLE, keyword4 VARCHAR(255), score4 DOUBLE,
    keyword5 VARCHAR(255), score5 DOUBLE, label_id BIGINT NULL
);
"""
PEER = r"""
LOAD DATA LOCAL INFILE '{file}' INTO TABLE classifications
FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\n'
(tweet_id, link, keyword1, score1, keyword2, score2, keyword3, score3, keyword4, score4,
 keyword5, score5);
"""
CONTENT = """
CHECKSUM TABLE run, image, prediction;
SELECT COUNT(*) FROM image; SELECT COUNT(*), SUM(score) FROM prediction; SELECT * FROM run;
"""


def write_csv(file: Path, rows: int) -> None:
    """Write predictions that look like real ones: float32 scores, one row a tweet."""
    chance = random.Random(20161201)
    labels = [f"class_{number}" for number in range(CLASSES)]
    with file.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for number in range(rows):
            cuts = sorted((chance.random() for _ in range(K)), reverse=True)
            scores = struct.unpack(f"{K}f", struct.pack(f"{K}f", *cuts))
            row = [700000000000000000 + number * 997]
            row.append(f"http://pbs.twimg.com/media/{chance.getrandbits(90):022x}.jpg")
            for label, score in zip(chance.sample(labels, K), scores, strict=True):
                row += [label, score]
            writer.writerow(row)


def seconds_of_peer(server: Server, file: Path) -> float:
    server.client(WIDE)
    start = time.perf_counter()
    server.client(PEER.format(file=file), "peer")
    return time.perf_counter() - start


def seconds_of_loading(server: Server, file: Path) -> float:
    command = [sys.executable, "db/load_data.py", "--database", server.url("ours")]
    start = time.perf_counter()
    with file.open("rb") as lines:
        subprocess.run(command, stdin=lines, cwd=sys.path[0], check=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if lacking := missing():
        print(f"missing: {', '.join(lacking)}", file=sys.stderr)
        return 1
    peer, ours = [], []
    with tempfile.TemporaryDirectory() as folder, running("--local-infile=1") as server:
        file = Path(folder) / "preds.csv"
        write_csv(file, given.rows)
        for _ in range(given.rounds):
            peer.append(seconds_of_peer(server, file))
            server.client("DROP DATABASE IF EXISTS ours; CREATE DATABASE ours")
            connect(server.url("ours")).dispose()
            ours.append(seconds_of_loading(server, file))
        before = server.client(CONTENT, "ours")
        again = seconds_of_loading(server, file)
        unchanged = server.client(CONTENT, "ours") == before
    for name, times in (("LOAD DATA LOCAL INFILE", peer), ("db/load_data.py", ours)):
        middle = statistics.median(times)
        shown = ", ".join(f"{seconds:.2f}" for seconds in times)
        print(f"{name}: {given.rows / middle:,.0f} rows/s (median of {shown} s)")
    print(f"loading again: {again:.2f} s, {'nothing changed' if unchanged else 'ROWS CHANGED'}")
    ratio = statistics.median(peer) / statistics.median(ours)
    met = ratio >= GOAL and unchanged
    print(f"load_rate: {ratio:.3f}, goal {GOAL}, {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
