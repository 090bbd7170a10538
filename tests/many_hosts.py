"""A picture server under every name of the loopback network, which counts who asks at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ManyHosts:
    """`link(host, name, wait)` is answered after `wait` seconds with what `content(name)` gives.

    Attributes
    ----------
    most : Counter[str]
        The most requests that a host had at once.
    """

    def __init__(self, content: Callable[[str], bytes]) -> None:
        self.content = content
        self.most: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.port = 0

    def link(self, host: int, name: str, wait: float = 0.0) -> str:
        return f"http://127.0.1.{host}:{self.port}/{wait}/{name}"

    @contextmanager
    def asked(self, host: str) -> Iterator[None]:
        with self._lock:
            self._under_way[host] += 1
            self.most[host] = max(self.most[host], self._under_way[host])
        try:
            yield
        finally:
            with self._lock:
                self._under_way[host] -= 1


@contextmanager
def serve(content: Callable[[str], bytes]) -> Iterator[ManyHosts]:
    hosts = ManyHosts(content)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _, wait, name = self.path.split("/")
            with hosts.asked(self.headers["Host"].split(":")[0].rpartition(".")[2]):
                time.sleep(float(wait))
                data = hosts.content(name)
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # who asked may have hung up
                super().handle()

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 1024

    server = Server(("0.0.0.0", 0), Handler)
    hosts.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hosts
    finally:
        server.shutdown()
        server.server_close()
