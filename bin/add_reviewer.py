#!/usr/bin/env python3
"""Make an account for somebody who judges."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from vision import door
from webapp import accounts

if __name__ == "__main__":
    given = accounts.parser().parse_args()
    sys.exit(door.run(lambda: accounts.run(given), verbose=given.verbose))
