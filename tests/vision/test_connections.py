"""Connections are kept where that is safe, and only there."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore
import httpx
import pytest

from vision import connections
from vision.connections import Connections


@contextmanager
def serving(answer):
    """Yield the address of a server and the ports that it was asked from."""
    ports = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            ports.append(self.client_address[1])
            answer(self)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield httpx.URL(f"http://127.0.0.1:{server.server_port}/a.jpg"), ports
    server.shutdown()
    server.server_close()


def picture(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "7")
    handler.end_headers()
    handler.wfile.write(b"picture")


@pytest.fixture
def open_connections():
    made = Connections(httpcore.SyncBackend(), {"X-Who": "test"})
    yield made
    made.close()


def body(open_connections, url):
    with open_connections.get(url) as answer:
        return b"".join(answer.iter_stream())


def test_a_connection_serves_one_request_after_the_other(open_connections):
    with serving(picture) as (url, ports):
        assert [body(open_connections, url) for _ in range(3)] == [b"picture"] * 3
        assert len(set(ports)) == 1


def test_what_was_not_read_to_its_end_is_not_used_again(open_connections):
    with serving(picture) as (url, ports):
        with open_connections.get(url) as answer:
            assert answer.status == 200
        body(open_connections, url)
        assert len(set(ports)) == 2


def test_what_the_server_has_closed_is_not_used_again(open_connections):
    def last(handler):
        handler.close_connection = True
        picture(handler)

    with serving(last) as (url, ports):
        for _ in range(3):
            assert body(open_connections, url) == b"picture"
            time.sleep(0.1)  # until its end has arrived here
        assert len(set(ports)) == 3


def test_hosts_that_cannot_be_reached_leave_nothing_behind(open_connections):
    with pytest.raises(httpcore.ConnectError):
        body(open_connections, httpx.URL("http://127.0.0.1:9/a.jpg"))
    assert open_connections._idle == []


def test_a_bounded_number_stays_open(open_connections, monkeypatch):
    monkeypatch.setattr(connections, "_MOST_IDLE", 1)
    with serving(picture) as (one, _), serving(picture) as (other, ports):
        body(open_connections, other)
        body(open_connections, one)
        assert len(open_connections._idle) == 1
        body(open_connections, other)
        assert len(set(ports)) == 2


def test_headers_and_the_name_in_a_link_are_sent(open_connections):
    seen = {}

    def note(handler):
        seen.update(handler.headers)
        picture(handler)

    with serving(note) as (url, _):
        body(open_connections, url.copy_with(username="me", password="let me in"))
        assert seen["X-Who"] == "test"
        assert seen["Host"] == f"127.0.0.1:{url.port}"
        assert seen["Authorization"] == "Basic bWU6bGV0IG1lIGlu"
