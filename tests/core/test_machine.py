"""What this machine says of itself and of its processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.machine import birth, free_memory, lives, used_memory

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say")


@linux
def test_memory_that_is_free_and_used_is_part_of_all_memory() -> None:
    free = free_memory()

    assert free is not None
    assert 2**20 < free < 2**45
    assert 2**20 < used_memory() < 2**45


def test_a_process_lives_until_it_is_killed_also_before_anyone_asks_for_its_outcome() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = birth(child.pid)

    assert lives(child.pid, born)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still listed
    assert not lives(child.pid, born)
    child.wait()
    assert not lives(child.pid, born)


@linux
def test_another_process_with_the_same_number_is_not_taken_for_it() -> None:
    assert lives(os.getpid(), birth(os.getpid()))
    assert not lives(os.getpid(), birth(os.getpid()) - 1)
