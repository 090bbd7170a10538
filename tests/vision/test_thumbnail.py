"""Pictures made small."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from vision.errors import PictureError
from vision.thumbnail import scaled


@pytest.mark.parametrize(("size", "small"), [((400, 200), (160, 80)), ((20, 30), (20, 30))])
def test_the_long_side_is_cut_down_and_never_up(
    size: tuple[int, int], small: tuple[int, int]
) -> None:
    buffer = BytesIO()
    Image.new("RGB", size, "red").save(buffer, "PNG")
    with Image.open(BytesIO(scaled(buffer.getvalue(), 160, quality=70))) as made:
        assert made.format == "JPEG"
        assert made.size == small


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(PictureError):
        scaled(b"no picture", 160, quality=70)
