"""Choosing the number of threads, with a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from core.threads import AGAIN_S, WINS, Threads


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Work:
    """Takes so many seconds with one thread and with two; remembers with how many it ran."""

    def __init__(self, one: float, two: float) -> None:
        self.seconds = {1: one, 2: two}
        self.now = 0.0
        self.ran: list[int] = []

    def clock(self) -> float:
        return self.now

    def __call__(self) -> int:
        self.ran.append(torch.get_num_threads())
        self.now += self.seconds[self.ran[-1]]
        return len(self.ran)


def run(work: Work, times: int) -> Threads:
    threads = Threads(work.clock)
    for _ in range(times):
        threads(work)
    return threads


def test_the_faster_number_is_found_at_the_start() -> None:
    slower, faster = Work(0.002, 0.001), Work(0.001, 0.002)

    run(slower, 30)
    run(faster, 30)

    assert slower.ran[2 * WINS :] == [2] * (30 - 2 * WINS)
    assert faster.ran[2:] == [1] * 28  # one turn was enough to see that two are slower


def test_it_follows_when_another_process_comes_and_goes() -> None:
    work = Work(0.002, 0.001)
    threads = run(work, 20)

    work.seconds[2] = 0.1  # the cores are shared now
    for _ in range(40):
        threads(work)
    assert work.ran[-1] == 1

    work.seconds[2] = 0.001
    for _ in range(int(AGAIN_S / 0.002) + 2 * WINS + 40):
        threads(work)
    assert work.ran[-20:] == [2] * 20


def test_trying_costs_little_while_the_other_number_is_much_slower() -> None:
    work = Work(0.002, 0.05)

    run(work, 5_000)

    assert work.now < 5_000 * 0.002 * 1.1


def test_results_come_back_and_torch_keeps_its_number() -> None:
    work = Work(0.001, 0.002)
    threads = Threads(work.clock)

    results = []
    for _ in range(5):
        results.append(threads(work))
        assert torch.get_num_threads() == 2

    assert results == [1, 2, 3, 4, 5]


def test_torch_keeps_its_number_when_the_work_fails() -> None:
    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Threads()(fails)

    assert torch.get_num_threads() == 2


def test_a_single_thread_needs_no_clock() -> None:
    torch.set_num_threads(1)
    work = Work(0.001, 0.001)

    threads = Threads(work.clock)

    assert [threads(work) for _ in range(3)] == [1, 2, 3]
    assert work.ran == [1, 1, 1]
