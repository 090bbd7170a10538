"""Links of many hosts: each host asked politely, none in the way of another."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from vision.links import Links


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 4), st.randoms())
def test_all_come_out_once_and_never_too_many_of_a_host(hosts, per_host, chance):
    links = Links(per_host)
    for number, host in enumerate(hosts):
        links.put(host, number)
    under_way, out = [], []
    while len(out) < len(hosts):
        if under_way and (links._ready.empty() or chance.random() < 0.5):
            links.done(under_way.pop(chance.randrange(len(under_way))))
            continue
        host, number = links.get()
        assert hosts[number] == host
        out.append(number)
        under_way.append(host)
        assert under_way.count(host) <= per_host
    for name in "abc":
        of_host = [number for number in out if hosts[number] == name]
        assert of_host == sorted(of_host)
    for host in under_way:
        links.done(host)
    # nothing is remembered of hosts that are through
    assert not links._under_way
    assert not links._waiting


def test_a_host_at_its_limit_leaves_the_others_alone():
    links = Links(2)
    for number in range(100):
        links.put("slow", number)
    links.put("quick", 100)
    assert [links.get() for _ in range(3)] == [("slow", 0), ("slow", 1), ("quick", 100)]


def test_the_end_is_the_end_for_everybody():
    links = Links(1)
    links.put("a", 1)
    links.close()
    assert links.get() == ("a", 1)
    ended = []
    threads = [threading.Thread(target=lambda: ended.append(links.get())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert ended == [None] * 5
