"""The names of a model's classes, from tables in the repository or from the user's file."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

from vision.errors import ModelError

TABLES = Path(__file__).with_name("class_tables")


@functools.cache
def class_table(name: str) -> tuple[str, ...]:
    """Return a table of the repository, such as "imagenet": element i is the name of class i.

    Names repeat (ImageNet has two classes `crane` and two `maillot`): the index is the identity.
    """
    return read_labels(TABLES / f"{name}.tsv")


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the class names of a file: element i is the name of class i.

    Parameters
    ----------
    path : Path
        UTF-8 text: one name a line, or tab-separated with a header line that has the columns
        `index` (0 .. classes - 1, each once, in any order) and `name`.

    Raises
    ------
    ModelError
        The file cannot be read or is neither.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ModelError(f"cannot read the labels {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"the labels {path} are not UTF-8 text: save them as UTF-8") from error
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and {"index", "name"} <= set(lines[0].split("\t")):
        lines = _by_index(path, lines)
    for number, line in enumerate(lines):
        if not line.strip():
            raise ModelError(f"the labels {path} have no name for class {number}: give every one")
    return tuple(line.strip() for line in lines)


def _by_index(path: Path, lines: list[str]) -> list[str]:
    names: dict[str, str] = {}
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["index"] in names:
            raise ModelError(f"the labels {path} have class {row['index']} twice: keep one")
        names[row["index"]] = row["name"] or ""
    missing = next((i for i in range(len(names)) if str(i) not in names), None)
    if missing is not None:
        raise ModelError(
            f"the labels {path} have {len(names)} classes but no class {missing}: number them "
            f"from 0 without gaps"
        )
    return [names[str(i)] for i in range(len(names))]
