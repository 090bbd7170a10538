#!/usr/bin/env python3
"""Export the labels of a run that a threshold lets through."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import export_labels
from vision import door

if __name__ == "__main__":
    given = export_labels.parser().parse_args()
    sys.exit(door.run(lambda: export_labels.export(given), verbose=given.verbose))
