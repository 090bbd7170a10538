"""Weights files: fetched once, verified, and kept where Keras keeps them."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from vision.errors import ModelError

log = logging.getLogger(__name__)

TIMEOUT = 30.0
"""Seconds without an answer from the server before a download is given up."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on the web.

    `name` is what it is called in the cache; `known_hash` is "md5:..." or "sha256:...", or None
    where its publisher gives none.
    """

    name: str
    url: str
    known_hash: str | None


def cache_folder() -> Path:
    """Return the folder that Keras caches weights in: `$KERAS_HOME/models`, or ~/.keras/models."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def fetch(file: RemoteFile) -> Path:
    """Return the file in the cache, downloaded first where it is missing or damaged.

    A download goes to a temporary file and takes its name only when complete and verified.

    Raises
    ------
    ModelError
        It cannot be downloaded, or what came is not the file.
    """
    import httpx
    import pooch

    folder = cache_folder()
    # pooch announces downloads on a handler of its own; the line below says it once, our way
    pooch.get_logger().setLevel(logging.WARNING)
    if not (folder / file.name).exists():
        log.info("downloading %s to %s", file.url, folder)
    try:
        pooch.retrieve(file.url, file.known_hash, file.name, folder, downloader=_download)
    except (httpx.HTTPError, OSError, ValueError) as error:
        kind, _, digest = (file.known_hash or "").partition(":")
        verified = f" ({kind.upper()} {digest})" if digest else ""
        raise ModelError(
            f"cannot download the weights {file.name} ({_reason(error)}): get {file.url}{verified} "
            f"elsewhere and put it at {folder / file.name}, or name it with --weights"
        ) from error
    return folder / file.name


def _download(url: str, output: str, _: object) -> None:
    """Download for pooch: its own way leaves the connection open when something goes wrong."""
    import httpx
    from tqdm import tqdm

    with httpx.stream("GET", url, follow_redirects=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0))
        with (
            open(output, "wb") as file,
            tqdm(total=total, unit="B", unit_scale=True, disable=None, leave=False) as bar,
        ):
            for chunk in response.iter_bytes(1 << 20):
                file.write(chunk)
                bar.update(len(chunk))


def _reason(error: Exception) -> str:
    """Return in a few words why a download failed; the libraries' own texts run over lines."""
    if isinstance(error, ValueError):
        return "what came does not have the right hash"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"the server answered {status}"
    if getattr(error, "strerror", None):
        return str(error.strerror)  # type: ignore[attr-defined]
    return f"no complete answer: {type(error).__name__}"


def sha256(*paths: Path) -> str:
    """Return the SHA-256 of the bytes of the files one after the other, in hexadecimal.

    Raises
    ------
    ModelError
        One of them cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            raise ModelError(
                f"cannot read {path} ({error.strerror}): name an existing file"
            ) from error
    return digest.hexdigest()
