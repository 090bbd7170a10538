#!/usr/bin/env python3
"""Export the judged pictures as a table."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from db import export
from vision import door

if __name__ == "__main__":
    given = export.parser().parse_args()
    sys.exit(door.run(lambda: export.export(given), verbose=given.verbose))
