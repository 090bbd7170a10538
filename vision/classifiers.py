"""What a model is to the rest of the house: pictures in, scores or features out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vision import topk
from vision.networks import FEATURES, SCORES, Network
from vision.preprocessing import Preprocessing


class Classifier(Protocol):
    """A model that is ready: pictures in, scores or features out.

    `classes[i]` is the name of class i (names may repeat, the index is the identity);
    `weights_sha256` is of the file the weights came from. For the same picture to get the same
    bits in every run, batches must be of one size; companions and positions do not matter.
    `batch_size` is the number of pictures it takes at once (None: any), and `lanes` how many calls
    are best made side by side.
    """

    @property
    def name(self) -> str: ...
    @property
    def runtime(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def preprocessing(self) -> Preprocessing: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def weights_sha256(self) -> str: ...
    @property
    def batch_size(self) -> int | None: ...
    @property
    def lanes(self) -> int: ...

    def classify(self, batch: np.ndarray) -> np.ndarray:
        """Return scores, float32 (N, C) in [0, 1], of prepared pictures, uint8 (N, H, W, 3)."""
        ...

    def features(self, batch: np.ndarray) -> np.ndarray:
        """Return features, float32 (N, D), of prepared pictures, uint8 (N, H, W, 3)."""
        ...

    def classify_with_features(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return scores and features of the same pictures, from one pass where that can be."""
        ...


@dataclass(frozen=True)
class NetworkClassifier:
    """A `Classifier` made of a network; `logits` says that its scores still need a softmax."""

    name: str
    network: Network
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    weights_sha256: str
    logits: bool = False

    @property
    def runtime(self) -> str:
        """The library that runs the network."""
        return self.network.runtime

    @property
    def precision(self) -> str:
        """What the network computes in: "f32", "bf16" or "int8"."""
        return self.network.precision

    @property
    def batch_size(self) -> int | None:
        """The number of pictures it takes at once, None for any."""
        return self.network.batch_size

    @property
    def lanes(self) -> int:
        """How many calls are best made side by side."""
        return self.network.lanes

    def classify(self, batch: np.ndarray) -> np.ndarray:
        """Return scores, float32 (N, C) in [0, 1], of prepared pictures, uint8 (N, H, W, 3)."""
        return self._probabilities(*self.network.run(batch, SCORES))

    def features(self, batch: np.ndarray) -> np.ndarray:
        """Return features, float32 (N, D), of prepared pictures, uint8 (N, H, W, 3)."""
        (features,) = self.network.run(batch, FEATURES)
        return features

    def classify_with_features(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return scores and features of the same pictures, from one pass where that can be."""
        scores, features = self.network.run(batch, SCORES, FEATURES)
        return self._probabilities(scores), features

    def _probabilities(self, scores: np.ndarray) -> np.ndarray:
        return topk.softmax(scores) if self.logits else scores
