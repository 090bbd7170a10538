#!/usr/bin/env python3
"""Choose the threshold from which labels are accepted."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import choose_threshold
from vision import door

if __name__ == "__main__":
    given = choose_threshold.parser().parse_args()
    sys.exit(door.run(lambda: choose_threshold.choose(given), verbose=given.verbose))
