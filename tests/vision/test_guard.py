"""Which addresses are public, and that the guard connects to the address it has checked."""

import socket

import httpcore
import pytest

from vision.guard import Deadline, GuardedBackend, NoSuchHost, PrivateAddress, is_public


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111"])
def test_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
        "192.0.0.192", "192.88.99.1", "64:ff9b:1::1", "fec0::1", "::127.0.0.1", "::ffff:0:7f00:1",
        "3fff::1", "5f00::1",
    ],
)  # fmt: skip
def test_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "::1"]
)
def test_every_spelling_of_this_machine_is_refused(host):
    backend = GuardedBackend(Deadline(), allow_private=False)
    with pytest.raises((PrivateAddress, NoSuchHost)):
        backend.connect_tcp(host, 80)


def test_a_name_with_one_private_address_is_refused(monkeypatch):
    def mixed(host, port, **options):
        tcp = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*tcp, (ip, port)) for ip in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    with pytest.raises(PrivateAddress):
        GuardedBackend(Deadline(), allow_private=False).connect_tcp("example.org", 80)


def test_no_such_host():
    with pytest.raises(NoSuchHost):
        GuardedBackend(Deadline(), allow_private=True).connect_tcp("no-such-host.invalid", 80)


def test_a_deadline_that_is_over_connects_nowhere():
    deadline = Deadline()
    backend = GuardedBackend(deadline, allow_private=True)
    with deadline.within(0), pytest.raises(httpcore.ReadTimeout):
        backend.connect_tcp("127.0.0.1", 9)
