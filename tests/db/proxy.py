"""Stands between a client and a server and loses the answer to a chosen statement."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Proxy:
    """Passes everything on. `lose` holds statements; whose answer is lost leaves it."""

    def __init__(self, server: Path, listening: Path) -> None:
        self.lose: list[bytes] = []
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(listening))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self._server))
            lost = threading.Event()
            back = threading.Thread(target=self._answer, args=(server, client, lost), daemon=True)
            back.start()
            while data := client.recv(1 << 20):
                found = [statement for statement in self.lose if statement in data]
                if found:
                    self.lose.remove(found[0])
                    lost.set()
                server.sendall(data)
                if found:
                    back.join()
                    return
            server.shutdown(socket.SHUT_RDWR)
            back.join()

    @staticmethod
    def _answer(server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        while data := server.recv(1 << 20):
            if lost.is_set():
                return
            client.sendall(data)


@contextmanager
def between(server: Path, listening: Path) -> Iterator[Proxy]:
    proxy = Proxy(server, listening)
    try:
        yield proxy
    finally:
        proxy.close()
