#!/usr/bin/env python3
"""Label photos or the pictures of posts with a pretrained model."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from vision import job
from vision.arguments import DEFAULT_DATABASE
from vision.records import RunInfo, Sink


def open_database(url: str, info: RunInfo, resume: bool) -> Sink:
    from db.engine import connect
    from db.sink import DatabaseSink

    return DatabaseSink(connect(None if url == DEFAULT_DATABASE else url), info, resume=resume)


if __name__ == "__main__":
    sys.exit(job.main(None, open_database))
