"""Where graphs made of models are kept between runs: made once, whole or not there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder: `$PROOFSHEET_CACHE`, or proofsheet in the user's cache folder."""
    given = os.environ.get("PROOFSHEET_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "proofsheet"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder `name` of the cache, made by `make` in a new folder where it is missing.

    Two processes may make the same one at the same time: the first to finish wins.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    folder = cache_folder() / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        make(made)
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def keep_newest(name: str, beginning: str, count: int) -> None:
    """Remove all but the newest folders in `name` whose names begin so."""
    found = sorted(
        (cache_folder() / name).glob(f"{beginning}*"), key=lambda each: each.stat().st_mtime
    )
    for old in found[:-count]:
        shutil.rmtree(old, ignore_errors=True)


def forget(name: str) -> None:
    """Remove a folder of the cache, if it is there."""
    shutil.rmtree(cache_folder() / name, ignore_errors=True)
