"""Links and paths, good and bad, against real servers and real files."""

import gzip
import os
import socket
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from werkzeug import Response

from tests import bad_servers
from vision.errors import PictureError
from vision.fetch import Fetcher, FetchOptions, _retry_after
from vision.records import ImageRecord

LIMIT = 5000


@pytest.fixture
def fetch(tmp_path):
    """Return a function that fetches a link with short waits; private hosts are allowed."""

    def run(link, *, path=None, **options):
        options = {
            "roots": (tmp_path,),
            "allow_private": True,
            "timeout": 1.0,
            "max_bytes": LIMIT,
            "backoff": 0.01,
        } | options
        fetcher = Fetcher(FetchOptions(**options))
        try:
            return fetcher.fetch(ImageRecord(link, link, path=path))
        finally:
            fetcher.close()

    return run


def reason(fetch, link, **options) -> str:
    with pytest.raises(PictureError) as caught:
        fetch(link, **options)
    assert caught.value.stage == "fetch"
    return caught.value.reason


def test_a_picture_from_the_web(httpserver, fetch):
    httpserver.expect_request("/a.jpg").respond_with_data(b"picture")
    assert fetch(httpserver.url_for("/a.jpg")) == b"picture"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, "gone (404)"), (410, "gone (410)"), (403, "refused (403)"), (401, "refused (401)"),
        (418, "HTTP status (418)"), (501, "server error (501)"), (204, ""),
    ],
)  # fmt: skip
def test_statuses(httpserver, fetch, status, expected):
    httpserver.expect_oneshot_request("/a.jpg").respond_with_data(b"", status=status)
    link = httpserver.url_for("/a.jpg")
    if not expected:
        assert fetch(link) == b""  # an empty picture is for the decoder to refuse
    else:
        assert reason(fetch, link) == expected
    assert len(httpserver.log) == 1  # not asked again


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_may_pass_is_tried_again(httpserver, fetch, status):
    httpserver.expect_ordered_request("/a.jpg").respond_with_data(b"", status=status)
    httpserver.expect_ordered_request("/a.jpg").respond_with_data(b"picture")
    assert fetch(httpserver.url_for("/a.jpg")) == b"picture"


def test_what_does_not_pass_ends_as_a_failure(httpserver, fetch):
    httpserver.expect_request("/a.jpg").respond_with_data(b"", status=503)
    assert reason(fetch, httpserver.url_for("/a.jpg"), attempts=3) == "server error (503)"
    assert len(httpserver.log) == 3


def test_retry_after_is_heeded(httpserver, fetch, monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    answer = Response(b"", status=429, headers={"Retry-After": "7"})
    httpserver.expect_ordered_request("/a.jpg").respond_with_response(answer)
    httpserver.expect_ordered_request("/a.jpg").respond_with_data(b"picture")
    assert fetch(httpserver.url_for("/a.jpg")) == b"picture"
    assert 7.0 in slept


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3), ("100000", 30), ("-5", 0), ("soon", 0), (None, 0), ("nan", 0), ("inf", 30),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 21 Oct 2099 07:28:00 GMT", 30),
    ],
)  # fmt: skip
def test_retry_after_in_all_its_forms(header, seconds):
    assert _retry_after(header) == seconds


def test_connection_refused(fetch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert reason(fetch, f"http://127.0.0.1:{port}/a.jpg") == "connection failed"


def test_no_such_host(fetch):
    assert reason(fetch, "http://no-such-host.invalid/a.jpg") == "no such host"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (bad_servers.drip_body, "timed out"),
        (bad_servers.drip_headers, "timed out"),
        (bad_servers.never_answer, "timed out"),
        (bad_servers.too_short, "connection failed"),
        (bad_servers.endless, "too large"),
        (bad_servers.garbage, "connection failed"),
    ],
)
def test_servers_that_misbehave(fetch, answer, expected):
    with bad_servers.serve(answer) as address:
        assert reason(fetch, f"{address}/a.jpg") == expected


def test_a_declared_length_over_the_limit_is_not_read(httpserver, fetch):
    httpserver.expect_request("/a.jpg").respond_with_data(b"x" * (LIMIT + 1))
    assert reason(fetch, httpserver.url_for("/a.jpg")) == "too large"


def test_a_compressed_answer_is_measured_unpacked(httpserver, fetch):
    bomb = gzip.compress(b"x" * 1_000_000)
    assert len(bomb) < LIMIT
    httpserver.expect_request("/a.jpg").respond_with_data(
        bomb, headers={"Content-Encoding": "gzip"}
    )
    assert reason(fetch, httpserver.url_for("/a.jpg")) == "too large"


@pytest.mark.parametrize(("encoding", "times"), [("gzip", 1), ("deflate", 0), ("x-gzip", 1)])
def test_one_layer_of_compression_is_put_up_with(httpserver, fetch, encoding, times):
    data = gzip.compress(b"picture") if times else zlib.compress(b"picture")
    httpserver.expect_request("/a.jpg").respond_with_data(
        data, headers={"Content-Encoding": encoding}
    )
    assert fetch(httpserver.url_for("/a.jpg")) == b"picture"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_layers_of_compression_are_refused(httpserver, fetch, encoding):
    httpserver.expect_request("/a.jpg").respond_with_data(
        gzip.compress(gzip.compress(b"x" * 10_000_000)), headers={"Content-Encoding": encoding}
    )
    assert reason(fetch, httpserver.url_for("/a.jpg")) == "bad answer"


def redirect(to: str) -> Response:
    return Response(b"", status=302, headers={"Location": to})


def test_redirects_are_followed(httpserver, fetch):
    httpserver.expect_request("/a").respond_with_response(redirect("/b.jpg"))
    httpserver.expect_request("/b.jpg").respond_with_data(b"picture")
    assert fetch(httpserver.url_for("/a")) == b"picture"


def test_a_redirect_loop(httpserver, fetch):
    httpserver.expect_request("/a").respond_with_response(redirect("/b"))
    httpserver.expect_request("/b").respond_with_response(redirect("/a"))
    assert reason(fetch, httpserver.url_for("/a")) == "redirect loop"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://x/a.jpg", "gopher://x/"])
def test_a_redirect_away_from_the_web(httpserver, fetch, to):
    httpserver.expect_request("/a").respond_with_response(redirect(to))
    assert reason(fetch, httpserver.url_for("/a")) in ("not a web link", "bad link")


def test_private_addresses_are_refused_unless_allowed(httpserver, fetch):
    httpserver.expect_request("/a.jpg").respond_with_data(b"picture")
    link = httpserver.url_for("/a.jpg")
    assert reason(fetch, link, allow_private=False) == "private address"
    assert reason(fetch, "http://169.254.169.254/latest", allow_private=False) == "private address"
    assert httpserver.log == []


def test_a_redirect_to_a_private_address_is_refused(monkeypatch, fetch):
    """A public name (this machine, made to look public) that redirects to a private one."""
    from vision import guard

    real = guard.is_public

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.2:1/secret.jpg")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(guard, "is_public", lambda ip: ip == "127.0.0.1" or real(ip))
    try:
        link = f"http://127.0.0.1:{server.server_port}/a.jpg"
        assert reason(fetch, link, allow_private=False) == "private address"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "link", ["http://", "http://[", "http://a b/", "https://x:99999/", "http:///a.jpg"]
)
def test_links_that_are_none(fetch, link):
    assert reason(fetch, link) in ("bad link", "no such host", "connection failed", "bad answer")


@pytest.mark.parametrize("link", ["ftp://x/a.jpg", "data://x", "s3://bucket/a.jpg"])
def test_other_schemes(fetch, link):
    assert reason(fetch, link) == "not a web link"


def test_a_local_file(tmp_path, fetch):
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "a b.jpg"
    path.write_bytes(b"picture")
    assert fetch("sub/a b.jpg") == b"picture"
    assert fetch(str(path)) == b"picture"
    assert fetch("file://" + str(path).replace(" ", "%20")) == b"picture"


def test_local_files_that_are_refused(tmp_path, fetch):
    outside = tmp_path.parent / "secret.jpg"
    outside.write_bytes(b"secret")
    (tmp_path / "link.jpg").symlink_to(outside)
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    (tmp_path / "big.jpg").write_bytes(b"x" * (LIMIT + 1))
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(fetch, "none.jpg") == "missing file"
    assert reason(fetch, "../secret.jpg") == "outside the image root"
    assert reason(fetch, str(outside)) == "outside the image root"
    assert reason(fetch, "link.jpg") == "outside the image root"
    assert reason(fetch, "round.jpg") in ("unreadable file", "missing file")
    assert reason(fetch, "big.jpg") == "too large"
    assert reason(fetch, "folder.jpg") in ("not a file", "unreadable file")
    assert reason(fetch, "pipe.jpg") == "not a file"
    assert reason(fetch, "a\0b.jpg") == "unreadable file"
    assert reason(fetch, "x" * 5000) == "unreadable file"


@pytest.mark.parametrize("folder", ["tweets_media", "data/tweets_media", "tweet_media", "."])
def test_an_archive_finds_its_pictures(tmp_path, fetch, folder):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "9-A.jpg").write_bytes(b"picture")
    link = "http://no-such-host.invalid/A.jpg"
    assert fetch(link, path="tweets_media/9-A.jpg") == b"picture"


def test_an_archive_without_the_file_asks_the_web(httpserver, fetch):
    httpserver.expect_request("/A.jpg").respond_with_data(b"picture")
    assert fetch(httpserver.url_for("/A.jpg"), path="tweets_media/9-A.jpg") == b"picture"


def test_cookies_are_not_kept(httpserver, fetch, tmp_path):
    answer = Response(b"picture", headers={"Set-Cookie": "who=you"})
    httpserver.expect_request("/a.jpg").respond_with_response(answer)
    fetcher = Fetcher(FetchOptions((tmp_path,), allow_private=True))
    record = ImageRecord("a", httpserver.url_for("/a.jpg"))
    fetcher.fetch(record)
    fetcher.fetch(record)
    fetcher.close()
    assert all("Cookie" not in request.headers for request, _ in httpserver.log)
