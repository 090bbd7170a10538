#!/usr/bin/env python3
"""Report how good a model is by what was judged."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import report
from vision import door

if __name__ == "__main__":
    given = report.parser().parse_args()
    sys.exit(door.run(lambda: report.report(given), verbose=given.verbose))
