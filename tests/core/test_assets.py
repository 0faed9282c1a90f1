"""Bundled data is found, and a missing file is named."""

from __future__ import annotations

import pytest

from core.assets import asset
from core.errors import UserError


def test_asset_of_a_checkout_is_found() -> None:
    assert asset("__init__.py").is_file()


def test_missing_asset_is_named_with_what_to_do() -> None:
    with pytest.raises(UserError, match=r"samples/none\.mp4.*install Maskreel again"):
        asset("samples/none.mp4")
