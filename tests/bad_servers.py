"""Web servers that behave badly, on a free port of this machine, one thread a connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n"


@contextmanager
def serve(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve `answer` to every connection and yield the base address of the server."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        def handle(connection: socket.socket) -> None:
            with connection:
                try:
                    connection.settimeout(30)
                    connection.recv(65536)
                    answer(connection)
                except OSError:
                    pass

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def drip_body(connection: socket.socket) -> None:
    """Send the headers at once and then one byte at a time."""
    connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
    drip(connection, b"x" * 1000)


def drip_headers(connection: socket.socket) -> None:
    drip(connection, OK + b"Content-Length: 3\r\n\r\nabc")


def drip(connection: socket.socket, data: bytes) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def never_answer(connection: socket.socket) -> None:
    connection.recv(1)  # until the client hangs up


def too_short(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 10)


def endless(connection: socket.socket) -> None:
    """A body without an end or a length."""
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\x01\x02 what is this\r\n\r\n")
