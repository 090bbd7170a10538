"""Every error Proofsheet raises on purpose, as one tree.

ProofsheetError            the run or command cannot go on: one sentence, exit code 1
|-- ModelError             a model, its weights or its labels are missing or do not fit
|-- InputError             the input as a whole cannot be read
|-- OutputError            a result file cannot be written or resumed
`-- StoreError             the database cannot be reached or used
PictureError               one picture (or line) failed: a Failure record, and the next picture
"""

from __future__ import annotations


class ProofsheetError(Exception):
    """The command cannot go on. The message is the one sentence the user reads."""


class ModelError(ProofsheetError):
    """A model, its weights or its labels are missing, damaged or do not fit together."""


class InputError(ProofsheetError):
    """The input as a whole cannot be read."""


class OutputError(ProofsheetError):
    """A result file cannot be written, or not resumed."""


class StoreError(ProofsheetError):
    """The database cannot be reached, is not ours, or refuses the work."""


class PictureError(Exception):
    """One picture or input line failed.

    Parameters
    ----------
    stage : str
        One of `vision.records.STAGES`.
    reason : str
        A short phrase that groups with others of its kind ("gone (404)", "not a picture").
    detail : str
        What exactly happened, for the failures file.
    """

    def __init__(self, stage: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.stage = stage
        self.reason = reason
        self.detail = detail
