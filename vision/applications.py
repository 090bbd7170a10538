"""The models of `keras.applications` as a table: input, scaling, and where their weights lie.

Functions, sizes, scalings, files, addresses and hashes are those of Keras' own code (a test holds
them equal to it); short side and interpolation are what each model was evaluated with.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

from vision.preprocessing import Preprocessing
from vision.weights import RemoteFile

TABLE = Path(__file__).with_name("applications.tsv")


@dataclass(frozen=True)
class Application:
    """One model: `function` is its name in `keras.applications`."""

    function: str
    preprocessing: Preprocessing
    weights: RemoteFile


@functools.cache
def applications() -> dict[str, Application]:
    """Return the table by model name, in the order of the file."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: _application(row) for row in csv.DictReader(file, delimiter="\t")}


def _application(row: dict[str, str]) -> Application:
    size = int(row["size"])
    preprocessing = Preprocessing(
        size=size,
        scaling=row["scaling"],
        crop_fraction=size / int(row["short_side"]),
        interpolation=row["interpolation"],  # type: ignore[arg-type]
    )
    weights = RemoteFile(name=row["file"], url=row["address"], known_hash=row["hash"] or None)
    return Application(row["function"], preprocessing, weights)
