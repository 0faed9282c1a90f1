"""The models of VideoGPT's paper by name (arXiv 2104.10157, tables 8 and 9): sizes and training.

The networks are those of the authors' published code, which differ from the paper's: its axial
attention has no positions; norms are batch norms, where the paper's text says layer norms; the
convolutions that halve a size have four taps, the tables say three; a head of the prior is
⌊width / heads⌋ wide, in the paper's code 128 (the same for all but moving-mnist); the first frames'
features stand at a quarter of the size, in the paper's code at 16x16; the published weights have
2048 codes and were learnt at a rate of 3e-4 for 200k steps. The published code needs widths that
divide by three, so it cannot build the paper's 512 and 1024; ours can.

Actions of a robot or player are vectors in the paper, of 64 (RoboNet), 60 (ViZDoom health gathering
supreme) and 315 numbers (ViZDoom battle 2), that scale and shift the norms. Here they stand as that
many `classes`: a one-hot vector is a class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.models.tokenizers.vqvae import VQVAEConfig
from core.models.transformers.causal import CausalConfig

FRAMES, SIZE = 16, 64
"""Of the clips of all presets, in frames and pixels."""


@dataclass(frozen=True)
class Training:
    """As published: optimiser steps, clips per step, learning rate."""

    steps: int
    batch: int = 32
    rate: float = 3e-4


@dataclass(frozen=True)
class Preset:
    """A tokenizer and its prior, and how each was trained."""

    tokenizer: VQVAEConfig
    prior: CausalConfig
    tokenizer_training: Training
    prior_training: Training


_TOKENIZER = VQVAEConfig(
    hidden=240,
    res_layers=4,
    res_hidden=128,
    embedding_dim=256,
    codebook_size=1024,
    stride=(2, 2, 2),
)
_TOKENIZER_TRAINING = Training(steps=100_000, rate=7e-4)
_PRIOR = CausalConfig(
    codebook_size=1024,
    embedding_dim=256,
    grid=(8, 32, 32),
    hidden=512,
    heads=4,
    layers=16,
    attention="sparse",
    dropout=0.2,
)
_RESNET_34 = replace(
    _PRIOR,
    context_frames=1,
    context_size=(SIZE, SIZE),
    context_depths=(3, 4, 6, 3),
    context_widths=(64, 128, 256, 512),
)

_MOVING_MNIST = Preset(
    replace(
        _TOKENIZER,
        res_layers=2,
        embedding_dim=64,
        codebook_size=512,
        stride=(4, 4, 4),
        axial_attention=False,
    ),
    replace(
        _RESNET_34,
        codebook_size=512,
        embedding_dim=64,
        grid=(4, 16, 16),
        hidden=192,
        layers=8,
        mlp=384,
        context_depths=(2, 2, 2, 2),
        dropout=0.1,
    ),
    replace(_TOKENIZER_TRAINING, steps=20_000),
    Training(steps=80_000),
)
_BAIR = Preset(_TOKENIZER, _RESNET_34, _TOKENIZER_TRAINING, Training(steps=150_000))
_VIZDOOM = replace(_BAIR, prior=_PRIOR)
_UCF101 = Preset(
    replace(_TOKENIZER, stride=(4, 2, 2)),
    replace(_PRIOR, grid=(4, 32, 32), hidden=1024, heads=8, layers=20),
    _TOKENIZER_TRAINING,
    Training(steps=200_000),
)

PRESETS: dict[str, Preset] = {
    "moving-mnist": _MOVING_MNIST,
    "bair": _BAIR,
    "robonet": replace(_BAIR, prior=replace(_BAIR.prior, classes=64)),
    "vizdoom-hgs": replace(_VIZDOOM, prior=replace(_PRIOR, classes=60)),
    "vizdoom-battle2": replace(_VIZDOOM, prior=replace(_PRIOR, classes=315)),
    "ucf101": _UCF101,
    "tgif": replace(_UCF101, prior_training=Training(steps=600_000)),
}
