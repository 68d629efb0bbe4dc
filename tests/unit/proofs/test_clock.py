"""The clock of the proof system counts each moment once, and every thread for itself."""

import threading
import time

import pytest

from proofs.clock import proof_seconds, timed


@timed
def inner() -> None:
    time.sleep(0.02)


@timed
def outer() -> None:
    inner()
    inner()


@timed
def failing() -> None:
    inner()
    raise ValueError


def test_nested_operations_count_once() -> None:
    before, started = proof_seconds(), time.perf_counter()
    outer()
    elapsed = time.perf_counter() - started
    assert 0.04 <= proof_seconds() - before <= elapsed


def test_a_failing_operation_counts_and_leaves_the_clock_usable() -> None:
    before = proof_seconds()
    with pytest.raises(ValueError):
        failing()
    middle = proof_seconds()
    inner()
    assert before < middle < proof_seconds()


def test_threads_do_not_share_their_time() -> None:
    before = proof_seconds()
    thread = threading.Thread(target=inner)
    thread.start()
    thread.join()
    assert proof_seconds() == before
