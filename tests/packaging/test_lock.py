"""The lock pins everything, exactly and for everyone."""

from __future__ import annotations

import re
import sys

import lock
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINS = [
    Requirement(line)
    for line in lock.LOCK.read_text("utf-8").splitlines()
    if not line.startswith("#")
]
VERSIONS = {canonicalize_name(pin.name): str(pin.specifier) for pin in PINS}


def test_every_line_is_an_exact_public_version() -> None:
    assert [pin for pin in PINS if not re.fullmatch(r"==[0-9.]+", str(pin.specifier))] == []


def test_lock_names_no_index() -> None:
    assert not re.search(r"https?:|--", lock.LOCK.read_text("utf-8"))


def test_torch_is_the_agreed_version() -> None:
    assert VERSIONS["torch"] == "==2.13.0"


@pytest.mark.parametrize("wanted", lock.wanted(), ids=lambda wanted: wanted.name)
def test_lock_serves_what_the_project_asks_for(wanted: Requirement) -> None:
    pinned = VERSIONS[canonicalize_name(wanted.name)].removeprefix("==")

    assert wanted.specifier.contains(pinned)


def test_lock_is_complete_for_this_system() -> None:
    assert lock.closure(sys.platform) <= set(VERSIONS)
