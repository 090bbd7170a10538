"""Pictures on either side of a threshold, and what the report shows of them."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import Engine

from analysis import frames
from analysis.corners import CORNERS, places, right_label
from analysis.galleries import MOST, SIDE, galleries
from tests.analysis.judged_run import HOSTILE, NAMES, judge, label, label_files
from tests.analysis.judging import judged_of

verdicts = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0, 0.5, 1])), min_size=1)


@given(verdicts, st.floats(0, 1))
def test_each_picture_is_in_one_corner_or_disputed(
    rows: list[tuple[float, float]], threshold: float
) -> None:
    scores, right = zip(*rows, strict=True)
    judged = judged_of(scores, right)
    found = [places(judged, threshold, corner) for corner in CORNERS]
    everywhere = np.sort(np.concatenate(found))
    assert (everywhere == np.flatnonzero(judged.top1 != 0.5)).all()
    for corner, some in zip(CORNERS, found, strict=True):
        assert ((judged.scores[some] >= threshold) == corner.accepted).all()
        assert (judged.top1[some] == corner.right).all()
        falling = np.diff(judged.scores[some]) <= 0
        assert falling.all() if corner.highest_first else (np.diff(judged.scores[some]) >= 0).all()


def test_files_at_hand_are_shown_small(engine: Engine, tmp_path: Path) -> None:
    label_files(engine, tmp_path, ["red", "green", "blue", "white"])
    (tmp_path / "1.png").unlink()
    (tmp_path / "2.png").write_bytes(b"another picture by now")
    judge(engine, 4)
    with engine.connect() as connection:
        made = galleries(connection, frames.read(connection), 0.5)
    assert [gallery.corner for gallery in made] == list(CORNERS)
    assert sum(gallery.count for gallery in made) == 4
    shown = {picture.score: picture for gallery in made for picture in gallery.pictures}
    by_file = [shown[score] for score in sorted(shown, reverse=True)]
    assert [picture.thumbnail is None for picture in by_file] == [False, True, True, False]
    for picture in by_file:
        assert (picture.label, picture.link) == (NAMES[0], None)
    with Image.open(BytesIO(base64.b64decode(by_file[0].thumbnail or ""))) as small:
        assert max(small.size) == SIDE
        assert small.getpixel((80, 40))[0] > 200


def test_links_are_told_and_nothing_is_fetched(engine: Engine) -> None:
    label(engine, 40)
    judge(engine, 40)
    with engine.connect() as connection:
        judged = frames.read(connection)
        made = galleries(connection, judged, 0.9)
    assert max(gallery.count for gallery in made) > MOST
    for gallery in made:
        assert len(gallery.pictures) == min(gallery.count, MOST)
        for picture in gallery.pictures:
            assert (picture.thumbnail, picture.text) == (None, HOSTILE)
            assert picture.link is not None
            assert picture.link.startswith("http://x/")
            assert gallery.corner.right <= (picture.right is None)
    told = [right_label(judged, place) for place in np.flatnonzero(judged.top1 == 0)]
    assert set(told) <= {*NAMES, None}
    assert any(told)
