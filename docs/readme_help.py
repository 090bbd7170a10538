#!/usr/bin/env python3
"""Keep the help texts in README.md equal to what the commands print.

Every block between `<!-- help: COMMAND -->` and `<!-- end -->` is replaced by the output of
`COMMAND --help`; with --check nothing is written and a difference is an error. A command that
README does not mention is an error too.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

_BLOCK = re.compile(r"<!-- help: (?P<command>\S+) -->\n.*?<!-- end -->", re.DOTALL)


def help_text(command: str) -> str:
    """Return what `python COMMAND --help` prints, 80 columns wide."""
    answer = subprocess.run(
        [sys.executable, command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1"},
    )
    return answer.stdout.rstrip()


def renewed(text: str) -> str:
    """Return README with every help block made anew."""

    def block(found: re.Match[str]) -> str:
        command = found["command"]
        return f"<!-- help: {command} -->\n```text\n{help_text(command)}\n```\n<!-- end -->"

    return _BLOCK.sub(block, text)


def main() -> int:
    readme = Path("README.md")
    before = readme.read_text(encoding="utf-8")
    named = {found["command"] for found in _BLOCK.finditer(before)}
    doors = {str(path) for path in Path("bin").glob("*.py")} | {"db/load_data.py"}
    if doors - named:
        print(f"README.md does not document {', '.join(sorted(doors - named))}", file=sys.stderr)
        return 1
    after = renewed(before)
    if "--check" in sys.argv[1:]:
        if after != before:
            print("README.md: help texts are out of date; make format", file=sys.stderr)
        return int(after != before)
    readme.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
