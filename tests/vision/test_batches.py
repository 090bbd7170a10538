"""Pictures are put together to batches of one shape, without waiting for long."""

import queue
import threading
import time

import numpy as np
import pytest

from vision.batches import Ready
from vision.prepare import Outcome


def picture(value):
    return np.full((2, 2, 3), value, np.uint8)


def batch(size):
    return np.full((size, 2, 2, 3), 99, np.uint8)


def test_a_batch_that_is_full_is_there_at_once():
    ready = Ready(8)
    outcomes = [Outcome() for _ in range(5)]
    for number, outcome in enumerate(outcomes):
        ready.put(outcome, picture(number))
    into = batch(4)
    began = time.monotonic()
    assert ready.fill(into, 60) == outcomes[:4]
    assert time.monotonic() - began < 5
    assert into[:, 0, 0, 0].tolist() == [0, 1, 2, 3]


def test_company_is_waited_for_no_longer_than_that():
    ready, into = Ready(8), batch(4)
    ready.put(Outcome(), picture(7))
    began = time.monotonic()
    assert len(ready.fill(into, 0.1)) == 1
    assert 0.1 <= time.monotonic() - began < 5
    assert into[:, 0, 0, 0].tolist() == [7, 0, 0, 0]


def test_the_end_fills_no_more_and_is_the_end_for_every_lane():
    ready = Ready(8)
    ready.put(Outcome(), picture(1))
    ready.close()
    assert len(ready.fill(batch(4), 60)) == 1
    assert ready.fill(batch(4), 60) == []
    assert ready.fill(batch(4), 60) == []


def test_pictures_wait_for_room():
    ready, put = Ready(4), []

    def prepare():
        for number in range(10):
            ready.put(Outcome(), picture(number))
            put.append(number)

    threading.Thread(target=prepare, daemon=True).start()
    time.sleep(0.1)
    assert len(put) == 4
    for _ in range(5):
        assert len(ready.fill(batch(2), 5)) == 2
    assert len(put) == 10


def test_decoders_wait_for_their_share_of_room_or_the_end() -> None:
    ready = Ready(10)
    for n in range(8):
        ready.put(Outcome(), picture(n))
    ready.wait_for_room(0.8)
    passed = queue.SimpleQueue[str]()

    def wait(share: float) -> None:
        ready.wait_for_room(share)
        passed.put(f"{share}")

    threads = [threading.Thread(target=wait, args=(share,)) for share in (0.5, 0.2)]
    for thread in threads:
        thread.start()
    with pytest.raises(queue.Empty):
        passed.get(timeout=0.1)
    ready.fill(batch(3), 0)
    assert passed.get(timeout=5) == "0.5"
    with pytest.raises(queue.Empty):
        passed.get(timeout=0.1)
    ready.close()
    assert passed.get(timeout=5) == "0.2"
    for thread in threads:
        thread.join()
