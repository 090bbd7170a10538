"""Class names from the repository and from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import ModelError
from vision.labels import class_table, read_labels


def test_imagenet() -> None:
    names = class_table("imagenet")
    assert len(names) == 1000
    assert (names[0], names[999]) == ("tench", "toilet_tissue")
    assert [i for i, name in enumerate(names) if name == "crane"] == [134, 517]
    assert [i for i, name in enumerate(names) if name == "maillot"] == [638, 639]


@pytest.mark.parametrize(("table", "classes"), [("inat_birds", 965), ("inat_insects", 1022)])
def test_inaturalist(table: str, classes: int) -> None:
    names = class_table(table)
    assert len(names) == len(set(names)) == classes
    assert names[-1] == "background"


def test_common_names_are_kept() -> None:
    assert class_table("inat_birds")[3] == "Cyanocitta cristata (Blue Jay)"


def test_one_name_a_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("\ufeffchat noir\n  pâté \r\nindex name\n\n", encoding="utf-8")
    assert read_labels(path) == ("chat noir", "pâté", "index name")


def test_table_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text('wnid\tname\tindex\nn2\t"b"\t1\nn1\ta\t0\n')
    assert read_labels(path) == ("a", '"b"')


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"a\n\nb\n", "no name for class 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b"index\tname\n0\ta\n2\tb\n", "no class 1"),
        (b"index\tname\n0\ta\n0\tb\n", "class 0 twice"),
        (b"index\tname\n0\n", "no name for class 0"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: bytes, complaint: str) -> None:
    path = tmp_path / "labels"
    path.write_bytes(text)
    with pytest.raises(ModelError, match=complaint):
        read_labels(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        read_labels(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="directory"):
        read_labels(tmp_path)


@given(names=st.lists(st.from_regex(r"[a-z][a-z ]*[a-z]", fullmatch=True), min_size=1))
def test_lines_come_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.txt"
    path.write_text("\n".join(names), encoding="utf-8")
    assert read_labels(path) == tuple(names)
