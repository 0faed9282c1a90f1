"""The version of the installed program."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def program_version() -> str:
    """As pip knows it; "unknown" in a checkout that is not installed."""
    try:
        return version("maskreel")
    except PackageNotFoundError:
        return "unknown"
