"""Record -> bytes -> pixels of the model's size, and the memory of bytes already seen."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vision.decode import DecodeOptions, content_sha256, open_picture
from vision.errors import PictureError
from vision.fetch import Fetcher
from vision.keep import keep
from vision.preprocessing import Preprocessing
from vision.records import ImageFacts, ImageRecord, Prediction

_REMEMBERED = 20_000


@dataclass(eq=False, slots=True)
class Outcome:
    """What becomes of some bytes: an error, or facts and then predictions."""

    facts: ImageFacts | None = None
    error: PictureError | None = None
    predictions: tuple[Prediction, ...] = ()
    done: bool = False

    def fail(self, error: PictureError) -> None:
        self.error = error
        self.done = True

    def succeed(self, predictions: tuple[Prediction, ...]) -> None:
        self.predictions = predictions
        self.done = True


@dataclass
class Memory:
    """Outcomes by content hash: those under way and the last ones, a bounded number."""

    size: int = _REMEMBERED
    _outcomes: OrderedDict[str, Outcome] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, content_sha256: str) -> tuple[Outcome, bool]:
        """Return the outcome of these bytes and whether the caller is to bring it about."""
        with self._lock:
            outcome = self._outcomes.get(content_sha256)
            if outcome is not None:
                self._outcomes.move_to_end(content_sha256)
                return outcome, False
            outcome = self._outcomes[content_sha256] = Outcome()
            if len(self._outcomes) > self.size:
                self._outcomes.popitem(last=False)
            return outcome, True


class Preparer:
    """Makes model input of records; safe to share between threads.

    Parameters
    ----------
    fetcher : Fetcher
    decode : DecodeOptions
    preprocessing : Preprocessing
        The geometric part, of the classifier that is to see the pixels.
    keep_in : Path, optional
        Folder for copies of the pictures.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        decode: DecodeOptions,
        preprocessing: Preprocessing,
        keep_in: Path | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._decode = decode
        self._preprocessing = preprocessing
        self._keep_in = keep_in
        self._memory = Memory()

    def prepare(self, record: ImageRecord) -> tuple[Outcome, np.ndarray | None]:
        """Return the outcome to wait for, and the pixels if they are still to be classified.

        Returns
        -------
        outcome : Outcome
            Shared with all records of the same bytes.
        pixels : uint8 array (size, size, 3), or None
            None where there is nothing to classify: the picture failed, or the same bytes are
            classified already or under way.
        """
        try:
            data = self._fetcher.fetch(record)
        except PictureError as error:
            outcome = Outcome()
            outcome.fail(error)
            return outcome, None
        digest = content_sha256(data)
        outcome, is_ours = self._memory.claim(digest)
        if not is_ours:
            return outcome, None
        try:
            picture = open_picture(data, self._decode)
            outcome.facts = picture.facts(digest)
            if self._keep_in is not None:
                keep(self._keep_in, digest, picture.image)
            return outcome, self._preprocessing.prepare(picture.image)
        except PictureError as error:
            outcome.fail(error)
            return outcome, None
