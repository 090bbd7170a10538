"""The key that signs the sessions: random, made when first needed, for its owner's eyes only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from db.engine import data_folder
from vision.errors import StoreError
from webapp import store

NAME = "session.key"

_LEAST_LENGTH = 32


class Sessions(SecureCookieSessionInterface):
    """Sessions in signed cookies; the key is read when a cookie comes or goes, not before."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        ensure(app)
        return super().get_signing_serializer(app)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        try:
            return super().open_session(app, request)
        except StoreError:  # no page can be made yet; `people` meets it again and tells it
            return self.session_class()

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def ensure(app: Flask) -> None:
    """Give `app` its key, out of the file that all its processes share.

    Raises
    ------
    StoreError
        When the file or its folder cannot be used, in a sentence for the page.
    """
    if not app.secret_key:
        app.secret_key = load(_folder())


def load(folder: Path) -> str:
    """Return the key that lies in a folder; where there is none, one is made.

    However many processes do this at once, they all return the same key.

    Raises
    ------
    StoreError
        When the file is open to others, damaged, or cannot be made or read.
    """
    path = folder / NAME
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise StoreError(
            f"the session key {path} cannot be made or read: {error.strerror or error}; check the"
            " rights of the file and its folder"
        ) from error


def _folder() -> Path:
    """Return the folder of an embedded database, or the one for files of our own."""
    url = store.engine().url
    if url.get_backend_name() == "sqlite":
        return Path(str(url.database)).parent
    return data_folder()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # written whole under another name first: whoever sees the file can read all of it
    with NamedTemporaryFile(  # made with O_EXCL and rights for its owner only
        "w", dir=path.parent, prefix=f"{path.name}.", encoding="ascii"
    ) as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:  # another process was first, and its key holds
            return


def _read(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise StoreError(
                f"the session key {path} may be read by others, who could sign in as anybody:"
                f" run `chmod 600 {path}`"
            )
        key = file.read().strip()
    if len(key) < _LEAST_LENGTH:
        raise StoreError(f"the session key {path} is damaged: remove it, and a new one is made")
    return key
