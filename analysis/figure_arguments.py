"""What a command asks of figures: target, confidence, costs, estimand."""

from __future__ import annotations

import argparse

from analysis.certify import PRECISION
from analysis.estimates import ABOUT, POOL, Costs
from analysis.intervals import CONFIDENCE
from analysis.summary import Asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what figures are to tell."""
    add = parser.add_argument_group("figures").add_argument
    add(
        "--precision", type=inner, default=PRECISION, metavar="P",
        help="that the certified threshold is to reach (default: %(default)s)",
    )  # fmt: skip
    add(
        "--confidence", type=inner, default=CONFIDENCE, metavar="C",
        help="of that, and of all intervals (default: %(default)s)",
    )  # fmt: skip
    add(
        "--about", choices=ABOUT, default=POOL,
        help="pool: the pictures labeled and no others; future: pictures like these"
        " (default: %(default)s)",
    )  # fmt: skip
    add(
        "--coverage", type=float, default=Asked().coverage, metavar="SHARE",
        help="that the threshold by coverage is to reach (default: %(default)s)",
    )  # fmt: skip
    for what, cost in vars(Costs()).items():
        add(
            f"--cost-{what.replace('_', '-')}", type=float, default=cost, metavar="X",
            help=f"of a {_COSTLY[what]} (default: %(default)s)",
        )  # fmt: skip


_COSTLY = {
    "false_accept": "wrong label that is accepted",
    "false_reject": "right label that is not",
    "review": "picture that is looked at by hand as it is not accepted",
}


def asked(given: argparse.Namespace) -> Asked:
    """Return what `add_arguments` reads."""
    return Asked(
        about=given.about,
        confidence=given.confidence,
        target=given.precision,
        costs=Costs(**{what: getattr(given, f"cost_{what}") for what in vars(Costs())}),
        coverage=given.coverage,
    )


def inner(text: str) -> float:
    """Read a number over 0 and under 1."""
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not over 0 and under 1")
    return number


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no score from 0 to 1")
    return number
