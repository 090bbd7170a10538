#!/usr/bin/env python3
"""Keep the help texts and the keys in README.md equal to what the commands and the page have.

Every block between `<!-- help: COMMAND -->` and `<!-- end -->` is replaced by the output of
`COMMAND --help`, and the one after `<!-- keys -->` by the reviewer's keys; with --check nothing is
written and a difference is an error. A command that README does not mention is an error too.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from db.verdicts import CURATE, UNIFORM
from webapp import keys

_KEYS = re.compile(r"<!-- keys -->\n.*?<!-- end -->", re.DOTALL)
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


def key_table() -> str:
    """Return the reviewer's keys as a table; what curating rounds have of their own stands last."""
    judging = keys.actions(UNIFORM, keys.MOST_RANKS)
    curating = [action for action in keys.actions(CURATE, 1) if action not in judging]
    ranks = [action for action in judging if action.name.startswith("rank")]
    rows = []
    for action in (*judging, *curating):
        if action == ranks[0]:
            shown = f"`{action.keys[0]}` to `{ranks[-1].keys[0]}`"
            rows.append(f"| {shown} | That one right | the prediction of this number is right |")
        elif action not in ranks:
            shown = ", ".join(f"`{key}`" for key in action.keys)
            rows.append(f"| {shown} | {action.title} | {action.hint} |")
    return "\n".join(("| key | does | meaning |", "|---|---|---|", *rows))


def renewed(text: str) -> str:
    """Return README with every block made anew."""

    def block(found: re.Match[str]) -> str:
        command = found["command"]
        return f"<!-- help: {command} -->\n```text\n{help_text(command)}\n```\n<!-- end -->"

    # a function, so that no backslash of the text means anything
    table = f"<!-- keys -->\n{key_table()}\n<!-- end -->"
    return _KEYS.sub(lambda _: table, _BLOCK.sub(block, text))


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
            print("README.md: help texts or keys are out of date; make format", file=sys.stderr)
        return int(after != before)
    readme.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
