"""JSON that came with a request, read field by field; what does not fit ends in a 400 sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, overload
from uuid import UUID

from flask import abort, request

from db.columns import storable

_LONGEST = 1e9
"""Seconds; nobody takes thirty years over a picture."""


class Body:
    """An object of a request's JSON. Every method takes a field's name and returns its value."""

    def __init__(self, given: Any) -> None:
        if not isinstance(given, dict):
            abort(400, "The request is no JSON object.")
        self._given: Mapping[str, Any] = given

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, *, default: str) -> str: ...
    @overload
    def text(self, name: str, *, default: None) -> str | None: ...
    def text(self, name: str, *, default: Any = NoReturn) -> Any:
        """Return a text, as far as a database can store it."""
        value = self._get(name, default)
        if value is None and default is None:
            return None
        if not isinstance(value, str):
            _refuse(name, "a text")
        return storable(value)

    def has(self, name: str) -> bool:
        """Say whether a field is there, and not null."""
        return self._given.get(name) is not None

    def uuid(self, name: str) -> str:
        """Return a UUID in its usual form, 36 characters in lower case."""
        try:
            return str(UUID(self.text(name)))
        except ValueError:
            _refuse(name, "a UUID")

    @overload
    def whole(self, name: str, *, most: int) -> int: ...
    @overload
    def whole(self, name: str, *, most: int, default: None) -> int | None: ...
    def whole(self, name: str, *, most: int, default: Any = NoReturn) -> Any:
        """Return a whole number from 0 to `most`."""
        value = self._get(name, default)
        if value is None and default is None:
            return None
        return _whole(name, value, most)

    def wholes(self, name: str, *, most: int) -> list[int]:
        """Return a list of whole numbers, each from 0 to `most`; a missing one is empty."""
        return [_whole(name, each, most) for each in self._list(name, most=1000)]

    def seconds(self, name: str) -> float | None:
        """Return a duration, or None."""
        value = self._get(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            _refuse(name, "a number of seconds")
        if not 0 <= value <= _LONGEST:  # false for NaN too
            _refuse(name, "a number of seconds")
        return float(value)

    def objects(self, name: str, *, most: int) -> list[Body]:
        """Return a list of objects."""
        return [Body(each) for each in self._list(name, most=most)]

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object as it is."""
        value = self._get(name, NoReturn)
        if not isinstance(value, dict):
            _refuse(name, "an object")
        return value

    def _list(self, name: str, most: int) -> list[Any]:
        value = self._get(name, [])
        if not isinstance(value, list) or len(value) > most:
            _refuse(name, f"a list of at most {most}")
        return value

    def _get(self, name: str, default: Any) -> Any:
        return self._given.get(name, None if default is NoReturn else default)


def of_request() -> Body:
    """Return the JSON object that came with the request."""
    try:
        return Body(request.get_json(silent=True))
    except RecursionError:
        abort(400, "The JSON of the request is nested too deep.")


def _whole(name: str, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        _refuse(name, f"a whole number from 0 to {most}")
    return value


def _refuse(name: str, wanted: str) -> NoReturn:
    abort(400, f"The field {name!r} of the request is not {wanted}.")
