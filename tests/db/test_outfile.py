"""Result files are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from db.outfile import opened
from vision.errors import InputError, OutputError


def test_a_file_appears_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with opened(str(path)) as out:
        out.write("a\r\nb\n\U0001f426")
        out.flush()
        assert not path.exists()
    assert path.read_bytes() == "a\r\nb\n\U0001f426".encode()
    assert os.listdir(tmp_path) == ["out.txt"]


def test_broken_off_it_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    path.write_bytes(b"before")

    def break_off() -> None:
        with opened(str(path), binary=True) as out:
            out.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["out.bin"]


def test_an_error_on_the_way_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError), opened(str(tmp_path / "out.txt")):
        raise InputError("no")
    assert os.listdir(tmp_path) == []


def test_two_at_once_do_not_mix_and_nobody_elses_file_is_lost(tmp_path: Path) -> None:
    (tmp_path / "out.txt.part").write_text("mine")
    path = str(tmp_path / "out.txt")
    with opened(path) as one, opened(path) as other:
        one.write("one" * 10_000)
        other.write("other")
    assert (tmp_path / "out.txt").read_text() == "one" * 10_000
    assert (tmp_path / "out.txt.part").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["out.txt", "out.txt.part"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    with opened(str(tmp_path / "link")) as out:
        out.write("after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "after"


def test_a_device_is_written_to(capfd: pytest.CaptureFixture[str]) -> None:
    with opened("/dev/null") as out:
        out.write("gone")
    assert Path("/dev/null").is_char_device()
    with opened(None) as out:
        out.write("a\nb")
    with opened(None, binary=True) as out:
        out.write(b"c")
    assert capfd.readouterr().out == "a\nbc"


@pytest.mark.parametrize("name", ["no/out.txt", "."])
def test_what_cannot_be_written_is_one_sentence(tmp_path: Path, name: str) -> None:
    said = r"^cannot write .*: (No such file|Is a directory)"
    with pytest.raises(OutputError, match=said), opened(str(tmp_path / name)) as out:
        out.write("x")
