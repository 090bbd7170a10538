#!/usr/bin/env python3
"""Runs every bench, or those that are named, and writes their goals into docs/performance.md.

    python bench/everything.py [NAME ...]

A table of its own for each bench; those that are not run keep theirs. Above each stands when and
on which processor it was measured.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
HEAD = """# Performance

What `make bench` measured. Ratios are of runs that alternate on one machine; each bench says in its
first lines what is beside what. A goal that is missed stays here as it is.
"""
LINE = re.compile(r"(?P<name>.+): (?P<value>[^:]+), goal (?P<goal>.+), (?P<verdict>met|missed)")


def benches() -> list[Path]:
    """Return the benches: what can be run by itself, but this."""
    files = sorted((ROOT / "bench").glob("*.py"))
    return [
        file
        for file in files
        if file.name != Path(__file__).name and "__main__" in file.read_text()
    ]


def run(bench: Path) -> list[str]:
    """Run a bench, show what it prints, and return its lines."""
    print(f"bench: {bench.relative_to(ROOT)}", flush=True)
    process = subprocess.Popen(
        [sys.executable, str(bench)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line.strip())
    process.wait()
    return lines


def table(bench: Path, lines: list[str]) -> str:
    """Return the section of a bench, empty without goals."""
    found = [match for match in map(LINE.fullmatch, lines) if match]
    rows = [
        f"| {each['name']} | {each['value']} | {each['goal']} | {each['verdict']} |"
        for each in found
    ]
    if not rows:
        return ""
    when = datetime.now(UTC).date().isoformat()
    head = ["| what | measured | goal | |", "|---|---|---|---|"]
    return "\n".join([f"## {bench.stem}", "", f"{when}, {machine()}.", "", *head, *rows, ""])


def machine() -> str:
    """Return the processor in words, with what decides about precisions."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}"
    name = re.search(r"model name\s*: (.*)", told)
    flags = set(re.findall(r"\b(avx2|avx512f|avx512_bf16|avx512_vnni|avx_vnni|amx_int8)\b", told))
    return f"{os.cpu_count()} cores, {name[1] if name else '?'} ({', '.join(sorted(flags))})"


def main() -> int:
    known = benches()
    wanted = sys.argv[1:] or [bench.stem for bench in known]
    if unknown := set(wanted) - {bench.stem for bench in known}:
        print(f"no bench is called {', '.join(sorted(unknown))}: see bench/", file=sys.stderr)
        return 2
    for bench in known:
        if bench.stem in wanted and (section := table(bench, run(bench))):
            write(bench.stem, section)
    return 0


def write(name: str, section: str) -> None:
    """Put the section of a bench into the page, in the place of its last one."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    head, *sections = re.split(r"(?m)^(?=## )", text)
    kept = [each for each in sections if each.splitlines()[0] != f"## {name}"]
    ordered = sorted([*(each.rstrip() + "\n" for each in kept), section])
    PAGE.write_text("\n".join([head.rstrip() + "\n", *ordered]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
