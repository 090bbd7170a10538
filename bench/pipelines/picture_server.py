"""A static HTTP server in a process of its own: pictures out of memory, each after a set latency.

    python bench/pipelines/picture_server.py FOLDER LATENCY

It prints its port and serves until it is ended. `/N/NAME` is the file NAME of FOLDER with N behind
its end, so that no two links give the same bytes; `/seconds` is the time from the first request to
the last answer since it was last asked. Connections are kept alive.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOSTS = 20


class Server:
    def __init__(self, folder: Path, latency: float) -> None:
        self.files = {file.name: file.read_bytes() for file in folder.iterdir()}
        self.latency = latency
        self.first = self.last = 0.0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode()
                if path == "/seconds":
                    body = f"{self.last - self.first}".encode()
                    self.first = 0.0
                else:
                    body = await self.picture(path)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def picture(self, path: str) -> bytes:
        self.first = self.first or time.monotonic()
        if self.latency:
            await asyncio.sleep(self.latency)
        _, number, name = path.split("/")
        self.last = time.monotonic()
        return self.files[name] + number.encode()


async def serve(folder: Path, latency: float) -> None:
    # every address of the loopback network is one of its hosts
    server = await asyncio.start_server(Server(folder, latency).answer, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Running:
    """A server that runs, as those see it who ask it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._names = sorted(file.name for file in folder.iterdir())
        self._port = port

    def links(self, count: int) -> list[str]:
        """Return links to different pictures on 20 hosts."""
        names = self._names
        return [
            f"http://127.0.0.{1 + n % _HOSTS}:{self._port}/{n}/{names[n % len(names)]}"
            for n in range(count)
        ]

    def seconds(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/seconds") as answer:
            return float(answer.read())


@contextmanager
def running(folder: Path, latency: float) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder), str(latency)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Running(folder, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2])))
