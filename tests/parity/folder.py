"""A folder of MAGVIT golden vectors: its configuration, its arrays and the networks they describe.

Every size comes from config.json or from the arrays themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.checkpoints.magvit import tokenizer_weights, transformer_weights
from core.models.layers import Padding
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig
from core.models.transformers.bidirectional import (
    SPECIALS_MULTI_TASK,
    BidirectionalConfig,
    BidirectionalTransformer,
)

PADDINGS: dict[str, Padding] = {"same": "zeros", "reflect": "reflect"}


class Arrays:
    """The arrays of one file, of which `name` is the stem; remembers which of them were read."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        with np.load(path) as file:
            self._arrays = dict(file)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> NDArray:
        self.read.add(key)
        return self._arrays[key]

    def __contains__(self, key: str) -> bool:
        return key in self._arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    @property
    def unread(self) -> list[str]:
        return [key for key in self._arrays if key not in self.read]


class MagvitFolder:
    """See the module's docstring.

    Attributes:
        config: config.json.
        stride: pixels per token in T, H, W.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = json.loads((path / "config.json").read_text())
        time, height, width = (
            pixels // tokens
            for pixels, tokens in zip(self.config["thw"], self.config["latent"], strict=True)
        )
        self.stride = (time, height, width)

    def weights(self, pattern: str) -> dict[str, NDArray]:
        """All arrays of all files of that pattern."""
        found: dict[str, NDArray] = {}
        for path in sorted(self.path.glob(pattern)):
            with np.load(path) as file:
                found |= dict(file)
        return found

    def tokenizer(self, padding: Padding = "zeros") -> VQGAN3D:
        return _tokenizer(self, padding)

    def transformer(self) -> BidirectionalTransformer:
        return _transformer(self)

    def clips(self) -> Tensor:
        """Float (n, 3, T, H, W) in [0, 1] of vq_io.npz."""
        with np.load(self.path / "vq_io.npz") as file:
            return as_video(file["input_u8"])

    def reconstructions(self) -> Tensor:
        """Float (n, 3, T, H, W): the clips after the tokenizer with zero padding, unclipped."""
        with np.load(self.path / "vq_io.npz") as file:
            return torch.from_numpy(file["same_recon"]).movedim(-1, 1)


@cache
def _tokenizer(folder: MagvitFolder, padding: Padding) -> VQGAN3D:
    sizes = folder.config
    config = VQGAN3DConfig(
        filters=sizes["filters"],
        multipliers=tuple(sizes["mult"]),
        temporal_down=tuple(sizes["tdown"]),
        res_blocks=sizes["nres"],
        embedding_dim=sizes["edim"],
        codebook_size=sizes["codebook"],
        padding=padding,
    )
    model = VQGAN3D(config)
    model.load_state_dict(tokenizer_weights(folder.weights("vq_weights_*.npz"), config))
    return model.eval()


@cache
def _transformer(folder: MagvitFolder) -> BidirectionalTransformer:
    sizes, arrays = folder.config, folder.weights("bert_weights*.npz")
    rows = len(arrays["BertEmbed_0/word_embeddings/embedding"])
    specials = rows - sizes["codebook"] - sizes["classes"] - 1
    config = BidirectionalConfig(
        codebook_size=sizes["codebook"],
        classes=sizes["classes"],
        grid=tuple(sizes["latent"]),
        multi_task=specials == SPECIALS_MULTI_TASK,
        layers=sizes["layers"],
        hidden=sizes["hid"],
        mlp=sizes["mlp"],
        heads=sizes["heads"],
    )
    model = BidirectionalTransformer(config)
    model.load_state_dict(transformer_weights(arrays))
    return model.eval()


def as_video(frames: NDArray) -> Tensor:
    """uint8 (n, T, H, W, 3) → float32 (n, 3, T, H, W) in [0, 1]."""
    video = frames.astype(np.float32) / np.float32(255)
    return torch.from_numpy(video).permute(0, 4, 1, 2, 3)


def as_frames(video: Tensor) -> NDArray:
    """(n, c, T, H, W) → (n, T, H, W, c)."""
    return video.movedim(1, -1).numpy()


def as_tokens(array: NDArray) -> Tensor:
    return torch.from_numpy(array.astype(np.int64))
