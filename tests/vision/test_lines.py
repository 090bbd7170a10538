"""Lines and JSON arrays: whatever one line is, the next one is read."""

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision import lines
from vision.errors import InputError
from vision.lines import BadLine, Item, open_input, read_json_lines, read_json_values, read_lines


def json_lines(data: bytes, **options):
    return list(read_json_lines(io.BytesIO(data), **options))


def json_array(data: bytes, **options):
    return list(read_json_values(io.BytesIO(data), **options))


def test_a_bad_line_has_its_number_and_the_rest_is_read():
    found = json_lines(b'{"a": 1}\n\nnot json\n\xff\xfe\n{"a": 2}')
    assert [type(item) for item in found] == [Item, BadLine, BadLine, Item]
    assert [item.line for item in found] == [1, 3, 4, 5]
    assert found[1].reason == "bad JSON"
    assert found[2].reason == "not UTF-8"
    assert found[3].value == {"a": 2}


def test_byte_order_mark_and_windows_line_ends():
    assert json_lines(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n') == [
        Item(1, {"a": 1}),
        Item(2, {"a": 2}),
    ]


def test_a_long_line_is_refused_without_being_held():
    class Counting(io.BytesIO):
        longest = 0

        def readline(self, size=-1):
            line = super().readline(size)
            self.longest = max(self.longest, len(line))
            return line

    stream = Counting(b'"' + b"x" * 100_000_000 + b'"\n{"a": 1}\n')
    found = list(read_json_lines(stream))
    assert found[0] == BadLine(1, "line too long", "95 MB, over 32 MB")
    assert found[1] == Item(2, {"a": 1})
    assert stream.longest <= lines.MAX_LINE_BYTES + 1


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000, "{", "nul"])
def test_hostile_json_is_a_bad_line(text):
    found = json_lines(text.encode() + b"\n{}")
    assert found[0].reason == "bad JSON"
    assert found[1] == Item(2, {})


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.none())), st.data())
def test_an_array_reads_as_it_was_written(values, data):
    indent = data.draw(st.sampled_from([None, 2]))
    prefix = data.draw(st.sampled_from(["", "window.YTD.tweets.part0 = ", "\ufeff"]))
    text = prefix + json.dumps(values, indent=indent, ensure_ascii=data.draw(st.booleans()))
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # a lone surrogate is no UTF-8; escaped it is read
        return
    assert [item.value for item in json_array(raw)] == values


@pytest.mark.parametrize("size", [1, 7, 64])
def test_an_array_over_many_chunks(monkeypatch, size):
    monkeypatch.setattr(lines, "_CHUNK", size)
    values = [{"n": n, "text": "é" * n} for n in range(50)]
    raw = json.dumps(values, ensure_ascii=False).encode()
    assert [item.value for item in json_array(raw)] == values


def test_an_array_that_breaks_off_tells_so():
    found = json_array(b'[{"a": 1}, {"a": ')
    assert found[0] == Item(1, {"a": 1})
    assert found[1].reason == "bad JSON"
    assert "breaks off" in found[1].detail


def test_an_array_with_an_endless_object(monkeypatch):
    monkeypatch.setattr(lines, "_CHUNK", 100)
    found = json_array(b'[{"a": 1}, {"a": "' + b"x" * 5000, limit=1000)
    assert found[-1].reason == "line too long"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])).map(str.strip), max_size=5))
def test_lines_come_back(texts):
    texts = [text for text in texts if text and not set(text) & set("\r\n")]
    raw = "\n".join(texts).encode()
    if raw.startswith(b"\xef\xbb\xbf"):
        return
    assert [line.text for line in read_lines(io.BytesIO(raw))] == texts


def test_gzip_is_known_by_its_bytes(tmp_path):
    path = tmp_path / "posts.json"
    path.write_bytes(gzip.compress(b'{"a": 1}\n'))
    with open_input(path) as stream:
        assert list(read_json_lines(stream)) == [Item(1, {"a": 1})]


def test_a_gzip_file_that_breaks_off_ends_with_a_sentence(tmp_path):
    whole = gzip.compress(b'{"a": 1}\n' * 100_000)
    path = tmp_path / "posts.json.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with open_input(path) as stream, pytest.raises(InputError, match="breaks off"):
        list(read_json_lines(stream))


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot read the input"):
        open_input(tmp_path / "none.json")


def test_a_bad_value_does_not_take_the_others_with_it():
    raw = b'[{"id": 1}, {"id": 2,, "a": {"b": "]}"}}, {"id": 3}, nonsense, {"id": 4}]'
    found = json_array(raw)
    assert [getattr(item, "value", item) for item in found if isinstance(item, Item)] == [
        {"id": 1},
        {"id": 3},
        {"id": 4},
    ]
    assert [item.line for item in found if isinstance(item, BadLine)] == [2, 4]


def test_a_value_that_is_no_utf8_is_told():
    found = json_array(b'[{"a": "\xe9"}, {"a": "\xc3\xa9"}]')
    assert found == [BadLine(1, "not UTF-8"), Item(2, {"a": "é"})]


def test_files_one_after_the_other_and_lines_after_an_array():
    archive = b'window.YTD.tweets.part0 = [{"a": 1}]\nwindow.YTD.tweets.part1 = [{"a": 2}];'
    assert [item.value for item in json_array(archive)] == [{"a": 1}, {"a": 2}]
    assert [item.value for item in json_array(b'[]\n{"a": 1}\n{"a": 2}\n')] == [{"a": 1}, {"a": 2}]


def test_an_array_in_a_gzip_file_that_breaks_off(tmp_path):
    text = b"[" + b",".join(b'{"a": %d}' % n for n in range(200_000)) + b"]"
    path = tmp_path / "posts.json.gz"
    whole = gzip.compress(text)
    path.write_bytes(whole[: len(whole) // 2])
    with open_input(path) as stream, pytest.raises(InputError, match="breaks off"):
        list(read_json_values(stream))
