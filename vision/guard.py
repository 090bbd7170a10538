"""The network guard: where a connection for a user's link may go, and how long it may take.

The guard sits below HTTP, at the socket: the address that was checked is the address that is
connected to, so neither a redirect nor a name that resolves differently the second time gets
around it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        # protocol assignments (cloud metadata among them), 6to4 relays, documentation
        ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"),
    )
)


class PrivateAddress(Exception):
    """The name resolves to an address that is not on the public internet."""


class NoSuchHost(Exception):
    """The name does not resolve."""


def is_public(address: str) -> bool:
    """Whether an IP address is globally reachable, seen through IPv6 wrappings of IPv4."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast


class Deadline(threading.local):
    """The moment by which the request of this thread must be over."""

    at: float = float("inf")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self.at = float("inf")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Wait for something of our own: that time is not the request's."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.at += time.monotonic() - began

    def left(self) -> float:
        """Seconds left, never quite 0 (a socket takes 0 for "do not block")."""
        return max(self.at - time.monotonic(), 0.001)

    def check(self) -> None:
        if time.monotonic() >= self.at:
            raise httpcore.ReadTimeout("deadline")


class GuardedBackend(httpcore.NetworkBackend):
    """Connects for httpcore: public addresses only, and no read outlives the thread's deadline."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise httpcore.ConnectError(f"cannot look up {host} just now") from error
            raise NoSuchHost(host) from error
        # the system's look-up knows no deadline; what is late is at least not gone on with
        self._deadline.check()
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise PrivateAddress(host)
        last: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in addresses:
            self._deadline.check()
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self._deadline.left(), local_address, socket_options
                )
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every wait ends at the thread's deadline, however slowly bytes drip in."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._deadline.check()
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._deadline.check()
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
