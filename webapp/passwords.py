"""Passwords: what they must be, their hashes, and whether one is right."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 10
"""Characters of a new password."""

_hasher = PasswordHasher()


def typed(text: str) -> str:
    """Return a name or password as every keyboard means it: an accent may come as two signs."""
    return unicodedata.normalize("NFC", text)


def hash_of(password: str) -> str:
    """Return the argon2 hash of a password, with its parameters and salt."""
    return _hasher.hash(typed(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Say whether a password is the one of a hash; it takes as long where there is none."""
    if password_hash is None:
        hash_of(password)
        return False
    try:
        return _hasher.verify(password_hash, typed(password))
    except (VerificationError, InvalidHashError):
        return False


def is_dated(password_hash: str) -> bool:
    """Say whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
