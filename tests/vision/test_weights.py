"""Downloads of weights, from a web server on this machine."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests import bad_servers
from vision.errors import ModelError
from vision.weights import RemoteFile, cache_folder, fetch, sha256

BODY = b"weights" * 1000
MD5 = f"md5:{hashlib.md5(BODY).hexdigest()}"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "models"


@pytest.fixture
def file(httpserver: HTTPServer) -> RemoteFile:
    httpserver.expect_request("/w.h5").respond_with_data(BODY)
    return RemoteFile("local.h5", httpserver.url_for("/w.h5"), MD5)


def test_downloads_once_under_its_own_name(
    file: RemoteFile, cache: Path, httpserver: HTTPServer, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fetch(file) == cache / "local.h5"
    assert fetch(file).read_bytes() == BODY
    assert len(httpserver.log) == 1
    assert capfd.readouterr() == ("", "")


def test_takes_what_keras_has_downloaded_already(
    file: RemoteFile, cache: Path, httpserver: HTTPServer
) -> None:
    cache.mkdir(parents=True)
    (cache / "local.h5").write_bytes(BODY)
    assert fetch(file) == cache / "local.h5"
    assert not httpserver.log


def test_replaces_a_damaged_copy(file: RemoteFile, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "local.h5").write_bytes(BODY[:100])
    assert fetch(file).read_bytes() == BODY


def test_sha256_and_no_hash(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/w.h5").respond_with_data(BODY)
    url = httpserver.url_for("/w.h5")
    digest = hashlib.sha256(BODY).hexdigest()
    assert fetch(RemoteFile("a", url, f"sha256:{digest}")).read_bytes() == BODY
    assert fetch(RemoteFile("b", url, None)).read_bytes() == BODY


def refused(file: RemoteFile, cache: Path) -> str:
    """Return the message of a download that must fail and leave nothing behind."""
    with pytest.raises(ModelError) as caught:
        fetch(file)
    message = str(caught.value)
    assert not list(cache.glob("*"))
    for part in (file.name, file.url, str(cache / file.name), "--weights"):
        assert part in message
    assert "\n" not in message
    return message


def test_wrong_hash(httpserver: HTTPServer, cache: Path) -> None:
    httpserver.expect_request("/w.h5").respond_with_data(b"<html>sign in first</html>")
    message = refused(RemoteFile("local.h5", httpserver.url_for("/w.h5"), MD5), cache)
    assert f"MD5 {MD5.removeprefix('md5:')}" in message
    assert "right hash" in message


@pytest.mark.parametrize("status", [403, 404, 500])
def test_error_answers(httpserver: HTTPServer, cache: Path, status: int) -> None:
    httpserver.expect_request("/w.h5").respond_with_data("no", status=status)
    message = refused(RemoteFile("local.h5", httpserver.url_for("/w.h5"), MD5), cache)
    assert f"answered {status}" in message


@pytest.mark.parametrize("known_hash", [MD5, None])
def test_server_that_dies_half_way(cache: Path, known_hash: str | None) -> None:
    def die(connection: socket.socket) -> None:
        connection.sendall(bad_servers.OK + b"Content-Length: 7000\r\n\r\n" + BODY[:3000])

    with bad_servers.serve(die) as base:
        assert "no complete answer" in refused(RemoteFile("x.h5", f"{base}/x", known_hash), cache)


def test_nobody_there(cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused(RemoteFile("x.h5", f"http://127.0.0.1:{port}/x", MD5), cache)


def test_cache_that_cannot_be_made(file: RemoteFile, cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(ModelError, match=r"local\.h5"):
        fetch(file)


def test_default_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_HOME")
    assert cache_folder() == Path.home() / ".keras" / "models"


def test_sha256_of_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"ab")
    two.write_bytes(b"c")
    assert sha256(one, two) == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(ModelError, match="three"):
        sha256(one, tmp_path / "three")
