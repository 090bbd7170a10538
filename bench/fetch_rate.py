#!/usr/bin/env python3
"""Links from a local server: fetched, decoded and brought to 256 pixels, beside img2dataset.

img2dataset runs in an environment of its own, made in a temporary folder; its time is counted from
the first request the server sees to the last, so that its start is not held against it. Ours is
the whole run. The links name 20 hosts, and no two of them give the same bytes; with a latency, the
server lets each of them wait 200 ms.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.goals import report
from bench.pipelines import corpus, picture_server, runs
from vision.decode import DecodeOptions
from vision.pipeline_options import PipelineOptions
from vision.preprocessing import Preprocessing
from vision.records import ImageRecord

LATENCY = 0.2
PICTURES = 200
SIZE = (500, 375)
TO_256 = Preprocessing(256, "raw", crop_fraction=1.0)
PEER = Path(__file__).parent / "pipelines" / "img2dataset_run.py"


def ours(links: list[str]) -> float:
    records = [ImageRecord(link, link) for link in links]
    decode = DecodeOptions(enough=2 * TO_256.resize_target)
    return runs.seconds(records, runs.Stub(TO_256), decode, PipelineOptions())


def theirs(python: Path, server: picture_server.Running, links: list[str]) -> float:
    with tempfile.TemporaryDirectory() as name:
        listed = Path(name, "links.txt")
        listed.write_text("\n".join(links) + "\n")
        server.seconds()  # from here on
        subprocess.run(
            [python, PEER, listed, Path(name, "out"), str(len(links))],
            check=True,
            capture_output=True,
            env=os.environ | {"NO_ALBUMENTATIONS_UPDATE": "1"},
        )
    return server.seconds()


def environment(folder: Path) -> Path | None:
    """Make an environment with img2dataset and return its Python; None if it cannot be had."""
    print("img2dataset: making an environment (a minute or two)", flush=True)
    try:
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        pip = [python, "-m", "pip", "install", "--quiet", "img2dataset"]
        subprocess.run(pip, check=True, capture_output=True, text=True)
        return python
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"img2dataset cannot be installed here: {str(error)[:200]}")
        return None


def main() -> int:
    parser = corpus.parser(__doc__)
    parser.add_argument("--links", type=int, default=3000)
    parser.add_argument("--img2dataset", type=Path, metavar="PYTHON", help="one that has it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "pictures")
        corpus.write(folder, PICTURES, SIZE, options.photographs)
        python = options.img2dataset or environment(Path(name, "environment"))
        with (
            picture_server.running(folder, 0) as at_once,
            picture_server.running(folder, LATENCY) as late,
        ):
            links, late_links = at_once.links(options.links), late.links(options.links)
            measured = {"ours": lambda: ours(links), "late": lambda: ours(late_links)}
            if python is not None:
                measured["img2dataset"] = lambda: theirs(python, at_once, links)
            took = runs.medians(options.rounds, measured)
    for what, seconds in took.items():
        print(f"{what}: {options.links / seconds:.0f} pictures a second")
    late_ratio = took["ours"] / took["late"]
    met = [report("links with 200 ms latency over those without", late_ratio, ">=", 0.9)]
    if python is not None:
        met.append(report("links over img2dataset", took["img2dataset"] / took["ours"], ">=", 1.2))
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
