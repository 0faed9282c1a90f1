"""Long work gives way to the window, and to it alone."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from core.priority import NICENESS, give_way

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness here")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_thread_and_what_it_starts_give_way_but_no_other() -> None:
    before, seen = niceness(), []

    def work() -> None:
        give_way()
        give_way()
        seen.append(niceness())
        started = threading.Thread(target=lambda: seen.append(niceness()))
        started.start()
        started.join()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()

    assert seen == [max(NICENESS, before)] * 2
    assert niceness() == before
