"""What every command does around its work: logging, errors as one sentence, exit codes."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable

from vision.errors import ProofsheetError

DONE, COULD_NOT, INTERRUPTED = 0, 1, 130
"""Exit codes of every command; 2, wrong use, is what argparse ends with."""

_NOISY = ("PIL", "httpcore", "httpx", "absl", "tensorflow", "h5py", "alembic", "matplotlib")

_log = logging.getLogger(__name__)


def run(work: Callable[[], int | None], *, verbose: bool = False) -> int:
    """Run a command's work and return its exit code.

    An error of ours is printed as its sentence on stderr, any other as one line; `verbose` adds
    the traceback and debug messages. A reader that went away (`| head`) ends the command quietly.
    """
    if sys.stderr is None:  # closed by the caller: there is nobody to tell, the work goes on
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the process ends
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(name)s %(message)s" if verbose else "%(message)s",
    )
    # what Pillow has to say of a damaged picture is in that picture's failure
    warnings.filterwarnings("ignore", module=r"PIL\.")
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        return work() or DONE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # what is still buffered for stdout would raise once more when Python exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT
    except ProofsheetError as error:
        _report(str(error), verbose)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _report(f"{where}{error.strerror or error}", verbose)
    except Exception as error:
        _report(
            f"unexpected {type(error).__name__}: {error} (a bug; --verbose shows where)", verbose
        )
    return COULD_NOT


def _report(sentence: str, verbose: bool) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    if verbose:
        _log.exception("traceback")
