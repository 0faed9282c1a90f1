"""Tokenizers, one file each: video in [0, 1] (b, 3, T, H, W) ↔ token grid (b, t, h, w)."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from core.registry import Registry


class Tokenizer(Protocol):
    """What the rest of the program knows of a tokenizer.

    Attributes:
        codebook_size: number of codes K.
        stride: pixels per token in T, H, W.
    """

    codebook_size: int
    stride: tuple[int, int, int]

    def encode(self, video: Tensor) -> Tensor: ...
    def decode(self, tokens: Tensor) -> Tensor: ...


TOKENIZERS: Registry[Any] = Registry("tokenizer", __name__)
