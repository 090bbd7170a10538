"""Make the sample corpus: real photographs and crops of them, with a file of tweets."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from collect import sample
from vision import door


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("data/sample"), metavar="DIR",
        help="folder to write to (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("-v", "--verbose", action="store_true", help="say more when it fails")
    options = parser.parse_args()
    return door.run(lambda: _make(options.output), verbose=options.verbose)


def _make(folder: Path) -> None:
    made = sample.make(folder)
    state = f"{made.written} files written" if made.written else "up to date"
    print(f"{made.folder}: {made.pictures} pictures in {made.posts} posts, {state}")


if __name__ == "__main__":
    sys.exit(main())
