"""Numbers of rows, as people give them."""

from __future__ import annotations

MAX_ID = 2**63 - 1
"""No database has a row number beyond."""


def row_id(text: str) -> int:
    """Read a row number out of an address or a command line.

    Raises
    ------
    ValueError
        When it is no whole number, or none that a row could have.
    """
    number = int(text)
    if not 0 <= number <= MAX_ID:
        raise ValueError(text)
    return number
