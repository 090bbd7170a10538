"""Bytes -> pixels of the model's size, and the memory of bytes already seen."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vision.decode import DecodeOptions, Header, content_sha256, open_picture, read_header
from vision.errors import PictureError
from vision.fetch import Fetcher
from vision.gate import Gate
from vision.keep import LONGEST_SIDE, keep, kept_path
from vision.preprocessing import Preprocessing
from vision.records import ImageFacts, Prediction

_REMEMBERED_PREDICTIONS = 100_000
_REMEMBERED_FEATURES = 50_000_000
_PIXELS_AT_ONCE = 100_000_000


@dataclass(eq=False, slots=True)
class Outcome:
    """What becomes of some bytes: an error, or facts and then predictions."""

    facts: ImageFacts | None = None
    error: PictureError | None = None
    predictions: tuple[Prediction, ...] = ()
    features: bytes = b""
    done: bool = False

    @classmethod
    def failed(cls, error: PictureError) -> Outcome:
        """Return that of a picture whose bytes never came."""
        return cls(error=error, done=True)

    def fail(self, error: PictureError) -> None:
        self.error = error
        self.done = True

    def succeed(self, predictions: tuple[Prediction, ...], features: bytes = b"") -> None:
        self.predictions = predictions
        self.features = features
        self.done = True


@dataclass
class Memory:
    """Outcomes by content hash: those under way and the last ones, a bounded number."""

    size: int
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
    """Makes model input of pictures; safe to share between threads.

    Parameters
    ----------
    fetcher : Fetcher
        Where the bytes come from.
    decode : DecodeOptions
    preprocessing : Preprocessing
        The geometric part, of the classifier that is to see the pixels.
    keep_in : Path, optional
        Folder for copies of the pictures.
    k, features : int
        Predictions and features a picture; the more, the fewer pictures are remembered.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        decode: DecodeOptions,
        preprocessing: Preprocessing,
        keep_in: Path | None = None,
        k: int = 5,
        features: int = 0,
    ) -> None:
        self.fetcher = fetcher
        self._decode = decode
        self._preprocessing = preprocessing
        self._keep_in = keep_in
        remembered = min(_REMEMBERED_PREDICTIONS // k, _REMEMBERED_FEATURES // max(features, 1))
        self._memory = Memory(max(remembered, 1))
        # large pictures wait for each other, so that all that are being decoded stay in memory
        self._gate = Gate(_PIXELS_AT_ONCE)

    def prepare(self, data: bytes) -> tuple[Outcome, np.ndarray | None]:
        """Return the outcome to wait for, and the pixels if they are still to be classified.

        Returns
        -------
        outcome : Outcome
            Shared with all records of the same bytes.
        pixels : uint8 array (size, size, 3), or None
            None where there is nothing to classify: the picture failed, or the same bytes are
            classified already or under way.
        """
        digest = content_sha256(data)
        outcome, is_ours = self._memory.claim(digest)
        if not is_ours:
            return outcome, None
        try:
            header = read_header(data, self._decode)
            with self._gate.hold(header.size[0] * header.size[1]):
                return outcome, self._pixels(header, digest, outcome)
        except PictureError as error:
            outcome.fail(error)
            return outcome, None

    def _pixels(self, header: Header, digest: str, outcome: Outcome) -> np.ndarray:
        picture = header.decode(self._decode)
        outcome.facts = picture.facts(digest)
        if self._keep_in is not None and not kept_path(self._keep_in, digest).exists():
            # decoded anew: a model's input must not depend on whether copies are kept
            larger = replace(self._decode, enough=LONGEST_SIDE)
            keep(self._keep_in, digest, open_picture(header.data, larger).image)
        return self._preprocessing.prepare(picture.original)
