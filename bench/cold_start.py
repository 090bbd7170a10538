#!/usr/bin/env python3
"""Seconds from the start of the command to its first prediction, the model being in the cache.

The command is a process of its own that labels one photo with EfficientNet-Lite0; beside it the
same in Keras. That the cached start imports no TensorFlow is seen in the process itself.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from bench.goals import report
from bench.pipelines import corpus, runs

GOAL = 2.5
WATCHED = """
import sys
from vision import job
code = job.main(sys.argv[1:], None)
sys.exit(code or int("tensorflow" in sys.modules or "keras" in sys.modules))
"""


def seconds_to_first_line(command: list[str]) -> float:
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    took = time.monotonic() - began
    process.communicate()
    if process.returncode or line.count(",") < 3:
        raise SystemExit(f"no prediction: {line!r}, exit code {process.returncode}")
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "one")
        corpus.write(folder, 1, (500, 375), None)
        arguments = ["-m", "efficientnet_lite0", "--input", str(folder)]
        door = [sys.executable, "bin/label_images.py", *arguments]
        took = runs.medians(
            given.rounds,
            {
                "openvino": partial(seconds_to_first_line, door),
                "keras": partial(seconds_to_first_line, [*door, "--runtime", "keras"]),
            },
        )
        watched = [sys.executable, "-c", WATCHED, *arguments, "--quiet"]
        silent = subprocess.run(watched, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    print(f"the same in Keras: {took['keras']:.2f} s")
    met = [
        report("cached start to the first prediction", took["openvino"], "<=", GOAL, " s"),
        report("cached start imports TensorFlow", silent.returncode, "=", 0),
    ]
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
