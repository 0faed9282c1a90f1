"""Transformers over token grids, one file each; see `core.decoders` for what decoders ask."""

from __future__ import annotations

from typing import Any

from core.registry import Registry

TRANSFORMERS: Registry[Any] = Registry("transformer", __name__)
