"""What is inside a gate never exceeds its limit, and nobody waits for ever."""

import threading
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from vision.gate import Gate


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=30))
def test_together_they_stay_within_the_limit_or_alone(amounts):
    gate, lock = Gate(10), threading.Lock()
    inside: list[int] = []
    seen = []

    def pass_through(amount):
        with gate.hold(amount):
            with lock:
                inside.append(amount)
                seen.append(list(inside))
            time.sleep(0.0005)
            with lock:
                inside.remove(amount)

    threads = [threading.Thread(target=pass_through, args=(amount,)) for amount in amounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(seen) == len(amounts)
    for together in seen:
        large = [amount for amount in together if amount > 10]
        # nothing takes no place, so it may be beside a large one
        assert sum(together) <= 10 or (len(large) == 1 and sum(together) == large[0])


def test_a_large_one_is_not_passed_by_small_ones_for_ever():
    gate, order = Gate(10), []
    gate.enter(5)

    def come(amount):
        gate.enter(amount)
        order.append(amount)

    for amount in (10, 1):
        threading.Thread(target=come, args=(amount,), daemon=True).start()
        wait_for(lambda amount=amount: gate._waiting and gate._waiting[-1][0] == amount)
    gate.leave(5)
    wait_for(lambda: order == [10])
    gate.leave(10)
    wait_for(lambda: order == [10, 1])


def test_an_open_gate_holds_nobody_back():
    gate = Gate(1)
    gate.enter(1)
    entered = threading.Event()

    def come():
        gate.enter(1)
        entered.set()

    threading.Thread(target=come, daemon=True).start()
    assert not entered.wait(0.05)
    gate.open()
    assert entered.wait(5)
    gate.enter(100)


def wait_for(true, seconds=5.0):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)
