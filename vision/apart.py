"""Work in a process of its own: the memory it takes is given back when it is done."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any


class EndedEarly(RuntimeError):
    """The process ended before its work, as it does where memory is short."""


def apart(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in another process and wait for its end.

    Not by multiprocessing, which runs the program's main module a second time.

    Parameters
    ----------
    function : callable
        Known by its name in a module, as its arguments are: both are pickled.

    Raises
    ------
    EndedEarly
        The process was killed, or could not begin.
    Exception
        What the function raised.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", "from vision import apart; apart.work()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        answer, _ = process.communicate(pickle.dumps((function, arguments)))
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        how = f"exit code {process.returncode}"
        if process.returncode < 0:
            how = signal.Signals(-process.returncode).name
        raise EndedEarly(f"a process of {function.__name__.strip('_')} ended early: {how}")
    error = pickle.loads(answer)  # noqa: S301 (written by `work`)
    if error is not None:
        raise error


def work() -> None:
    """Do what `apart` asks for on stdin, and write what was raised, or None, to stdout."""
    # whoever waits is interrupted too, and ends this
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what libraries print is no answer
        function, arguments = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (from `apart`)
        answer = pickle.dumps(None)
        try:
            function(*arguments)
        except Exception as error:
            answer = _pickled(error)
        out.write(answer)


def _pickled(error: Exception) -> bytes:
    """Return an error as bytes, in its words alone if it does not survive that."""
    try:
        data = pickle.dumps(error)
        pickle.loads(data)  # noqa: S301
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return data
