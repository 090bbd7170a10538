"""What another run says of the judged pictures, for `analysis.compare`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np

from analysis.compare import Predictions
from analysis.judged import UNKNOWN, Ints, Judged
from db import judged as stored
from db.engine import Connection
from vision.errors import InputError

Key = Callable[[stored.Class], Hashable]
Ranked = Mapping[int, Sequence[stored.Class]]


def predictions(connection: Connection, judged: Judged, run_id: int) -> Predictions:
    """Return the predictions of the judged and of another run on the judged pictures.

    Classes are the same if index and label are; if one of the runs knows no indices, if the label
    is.

    Parameters
    ----------
    connection : Connection
    judged : Judged
        Of a run in this database.
    run_id : int
        The other run.

    Raises
    ------
    InputError
        If there is no such run, it is the judged one, or it has labeled none of the pictures or
        knows none of the classes.
    """
    own_id = judged.source.run_id
    assert own_id is not None
    if run_id == own_id:
        raise InputError(f"run {run_id} is the one that was judged: compare it with another")
    if stored.about_run(connection, run_id) is None:
        raise InputError(f"there is no run {run_id} to compare with: the page of runs lists all")
    image_ids = judged.image_ids.tolist()
    own = stored.top_classes(connection, own_id, image_ids)
    other = stored.top_classes(connection, run_id, image_ids)
    if not other:
        raise InputError(
            f"run {run_id} has labeled none of the judged pictures of run {own_id}: label the same"
            " ones with it (bin/label_images.py)"
        )
    key = _key(own, other)
    number: dict[Hashable, int] = {}

    def numbers(classes: Sequence[stored.Class]) -> list[int]:
        return [number.setdefault(key(each), len(number)) for each in classes]

    width = max(map(len, own.values()))
    ranks = np.full((len(judged), width), UNKNOWN)
    for place, image_id in enumerate(image_ids):
        ranks[place, : len(own[image_id])] = numbers(own[image_id])
    known = len(number)
    tops = np.array(
        [numbers(other[each][:1])[0] if each in other else UNKNOWN for each in image_ids]
    )
    if (tops >= known).sum() == (tops != UNKNOWN).sum():
        raise InputError(
            f"runs {own_id} and {run_id} have no predicted class in common: runs are compared whose"
            " models tell the same classes"
        )
    return Predictions(ranks, tops, _right(judged, own, ranks))


def _key(
    own: Mapping[int, Sequence[stored.Class]], other: Mapping[int, Sequence[stored.Class]]
) -> Key:
    indices = all(
        class_id is not None
        for run in (own, other)
        for classes in run.values()
        for class_id, _ in classes
    )
    return (lambda each: each) if indices else (lambda each: each[1])


def _right(judged: Judged, own: Ranked, ranks: Ints) -> Ints:
    """Return the number of each picture's right class, where it was told.

    A later rank was told by its label: unknown where two ranks of the picture share it.
    """
    right = np.full(len(judged), UNKNOWN)
    right[judged.top1 == 1] = ranks[judged.top1 == 1, 0]
    told = np.flatnonzero((judged.right != UNKNOWN) & (judged.top1 != 1))
    for place in told.tolist():
        name = judged.pool.names[judged.right[place]]
        labels = [label for _, label in own[int(judged.image_ids[place])]]
        if labels[1:].count(name) == 1:
            right[place] = ranks[place, labels.index(name, 1)]
    return right
