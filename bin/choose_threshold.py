#!/usr/bin/env python3
"""Choose the threshold from which labels are accepted."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import choosing
from vision import door

if __name__ == "__main__":
    given = choosing.parser().parse_args()
    sys.exit(door.run(lambda: choosing.choose(given), verbose=given.verbose))
