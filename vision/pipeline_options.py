"""How much a pipeline does at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PipelineOptions:
    """`k` predictions a picture; `batch_size` pictures a call of the model (None: as many as it
    likes); `limit` pictures and bad lines at most (None: all).

    `workers` links are fetched at the same time, `per_host` of them from one host. Browsers ask a
    host for 6 at a time; those that serve most pictures of the web take far more, and 32 that take
    100 ms each are 320 pictures a second.

    With `features` pictures bring those along too.

    `window` pictures are under way. A link that takes its 10 seconds, or is tried again after 30,
    holds back what comes after it until then; the rest goes on as far as the window reaches.
    """

    k: int = 5
    batch_size: int | None = None
    workers: int = 384
    limit: int | None = None
    per_host: int = 32
    window: int = 16_384
    features: bool = False
