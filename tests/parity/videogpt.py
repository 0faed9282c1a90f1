"""A folder of VideoGPT golden vectors: its checkpoints as our networks, and back again.

Every size comes from the checkpoints themselves.
"""

from __future__ import annotations

import copy
import lzma
import shutil
import tempfile
from functools import cache
from pathlib import Path

from core.checkpoints.lightning import Checkpoint, open_checkpoint
from core.checkpoints.videogpt import Model, load, prior_checkpoint, tokenizer_checkpoint
from core.models.tokenizers.vqvae import VQVAE
from core.models.transformers.causal import CausalTransformer
from core.pixels import fit_like_videogpt
from tests.parity.folder import Arrays
from tests.parity.report import Report

PACKED = ".ckpt.xz"
NOMINAL = {"sequence_length", "resolution"}
"""We write what divides by the strides: the authors' networks drop the rest anyway."""


class VideoGPTFolder:
    """See the module's docstring."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def names(self) -> list[str]:
        """Of the checkpoints, packed or not."""
        files = [*self.path.glob("*.ckpt"), *self.path.glob(f"*{PACKED}")]
        return sorted(file.name.partition(".")[0] for file in files)

    def tokenizer(self, name: str) -> VQVAE:
        return _model(self, name).tokenizer

    def prior(self, name: str) -> CausalTransformer:
        prior = _model(self, name).prior
        assert prior is not None, f"{name} holds no prior"
        return prior

    def check_checkpoint(self, name: str, report: Report) -> None:
        """What is loaded and written back is what was there: names, order, types, numbers."""
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = self._opened(name, Path(folder))
            model = load(checkpoint)
            if model.prior is None:
                weights, arguments = tokenizer_checkpoint(model.tokenizer, model.clip)
            else:
                parts = (model.prior, model.tokenizer, model.clip)
                weights, arguments = prior_checkpoint(*parts, checkpoint.arguments["vqvae"])
            report.equal(f"{name} names and their order", list(weights), list(checkpoint.weights))
            same = [
                ours.dtype == checkpoint.weights[key].dtype and ours.equal(checkpoint.weights[key])
                for key, ours in weights.items()
            ]
            report.equal(f"{name} weights there and back", same, [True] * len(same))
            for key in arguments.keys() & checkpoint.arguments.keys() - NOMINAL:
                said = checkpoint.arguments[key]
                report.equal(f"{name} hyper-parameter {key}", [arguments[key] == said], [True])

    def _opened(self, name: str, folder: Path) -> Checkpoint:
        """A packed checkpoint is unpacked into `folder`."""
        plain = self.path / f"{name}.ckpt"
        if plain.exists():
            return open_checkpoint(plain)
        unpacked = folder / plain.name
        with lzma.open(self.path / f"{name}{PACKED}") as packed, unpacked.open("wb") as file:
            shutil.copyfileobj(packed, file)
        return open_checkpoint(unpacked)

    def model(self, name: str) -> Model:
        """Copied into memory: a checkpoint's tensors are in its file otherwise."""
        with tempfile.TemporaryDirectory() as folder:
            return copy.deepcopy(load(self._opened(name, Path(folder))))


@cache
def _model(folder: VideoGPTFolder, name: str) -> Model:
    return folder.model(name)


def check_preprocessing(folder: VideoGPTFolder, arrays: Arrays, report: Report) -> None:  # noqa: ARG001
    cases = sorted({name.partition("_")[0] for name in arrays})
    for case in cases:
        resolution, frames = arrays[f"{case}_params_resolution_seqlen"].tolist()
        clip = arrays[f"{case}_in_u8_THWC"]
        ours = fit_like_videogpt(clip, resolution, None if frames < 0 else frames)
        report.close(f"preprocess {case}", ours - 0.5, arrays[f"{case}_out_CTHW"], 1e-5)
