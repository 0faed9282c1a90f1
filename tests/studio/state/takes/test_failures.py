"""A failure has a cause that the window can act on, and a sentence."""

from __future__ import annotations

import logging

import pytest

from core.engine.client import DeviceFailed, EngineDied, JobFailed
from core.errors import OutOfMemory, UserError
from studio.state.takes.failures import HEADINGS, Cause, cause_of, explained


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OutOfMemory("too little"), "memory"),
        (EngineDied(-9), "memory"),
        (EngineDied(-11), "engine"),
        (UserError("paint something"), "request"),
        (DeviceFailed("AcceleratorError: lost", "Traceback"), "device"),
        (JobFailed("ValueError: no", "Traceback"), ""),
        (RuntimeError("no"), ""),
    ],
)
def test_every_error_has_a_cause_and_a_sentence(error: Exception, cause: Cause) -> None:
    assert cause_of(error) == cause
    assert HEADINGS[cause]
    assert explained(error).endswith(".") or isinstance(error, UserError)


def test_what_nobody_expected_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert "The log has the details" in explained(RuntimeError("no"))
        explained(UserError("paint something"))

    assert [record.exc_info[1].args for record in caplog.records] == [("no",)]
