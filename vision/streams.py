"""The sinks that keep no checkpoint: an open stream, and several sinks as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from vision.errors import OutputError
from vision.records import Event, Sink
from vision.rows import Render


class StreamSink:
    """Text into an open stream, such as stdout or a device; cannot be resumed.

    Parameters
    ----------
    stream : text stream
    render : callable
        `csv_text` or `failures_text`.
    head : str
        What comes first.
    """

    position = 0
    last_key = None

    def __init__(self, stream: IO[str], render: Render, head: str = "") -> None:
        self._stream = stream
        self._render = render
        self._put(head)

    def write(self, batch: Sequence[Event]) -> None:
        self._put(self._render(batch))

    def close(self, *, finished: bool) -> None:
        self._put("")

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:  # whoever read has had enough
            raise
        except OSError as error:
            raise OutputError(f"cannot write {self._stream.name}: {error.strerror}") from error


class Tee:
    """Several sinks as one; each takes what it has not stored yet."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks

    @property
    def position(self) -> int:
        return min((sink.position for sink in self._sinks), default=0)

    @property
    def last_key(self) -> str | None:
        """The key of the event before `position`, as the sink that stands there knows it."""
        known = (sink.last_key for sink in self._sinks if sink.position == self.position)
        return next((key for key in known if key is not None), None)

    def write(self, batch: Sequence[Event]) -> None:
        for sink in self._sinks:
            sink.write(batch)

    def close(self, *, finished: bool) -> None:
        for sink in self._sinks:
            sink.close(finished=finished)
