"""Tiny checkpoint files in the layouts of VideoGPT's authors, with random weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from core.checkpoints.lightning import PLACEHOLDERS, Checkpoint
from core.checkpoints.videogpt import prior_checkpoint, tokenizer_checkpoint
from core.models.tokenizers.vqvae import VQVAE, VQVAEConfig
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.models.unfilled import unfilled

CLIP = (8, 32, 32)
VQVAE_SIZES = VQVAEConfig(
    hidden=8, res_layers=2, embedding_dim=4, codebook_size=16, stride=(2, 4, 4)
)
PRIOR_SIZES = CausalConfig(
    codebook_size=16, embedding_dim=4, grid=(4, 8, 8), hidden=12, heads=2, layers=2, classes=3
)


def tiny_vqvae(config: VQVAEConfig = VQVAE_SIZES) -> VQVAE:
    """Random weights, always the same, none of them trivial."""
    return _random(VQVAE, config)


def tiny_prior(tokenizer: VQVAE, config: CausalConfig = PRIOR_SIZES) -> CausalTransformer:
    prior = _random(CausalTransformer, config)
    prior.codes.copy_(tokenizer.codebook.codes)
    return prior


def _random(network: Any, config: Any) -> Any:
    model = unfilled(network, config)
    model.to_empty(device="cpu")
    noise = torch.Generator().manual_seed(7)
    state: dict[str, Tensor] = model.state_dict()
    for tensor in state.values():
        if tensor.is_floating_point():
            tensor.uniform_(0.1, 0.6, generator=noise)
        else:
            tensor.fill_(3)
    return model.eval()


def vqvae_file(config: VQVAEConfig = VQVAE_SIZES, clip: tuple[int, int, int] = CLIP) -> Checkpoint:
    """A VQ-VAE's checkpoint, in memory."""
    weights, arguments = tokenizer_checkpoint(tiny_vqvae(config), clip)
    return Checkpoint(Path("vqvae.ckpt"), weights, arguments, 20, "1.3.3")


def prior_file(**changes: Any) -> Checkpoint:
    """A prior's checkpoint, in memory, with other sizes than `PRIOR_SIZES`."""
    tokenizer = tiny_vqvae()
    prior = tiny_prior(tokenizer, replace(PRIOR_SIZES, **changes))
    weights, arguments = prior_checkpoint(prior, tokenizer, CLIP, "vqvae.ckpt")
    return Checkpoint(Path("prior.ckpt"), weights, arguments, 30, "1.3.3")


def head_layout(checkpoint: Checkpoint) -> dict[str, Any]:
    """What Lightning 1.3 writes: the hyper-parameters beside `args`, moments of the optimiser."""
    content = _content(checkpoint)
    content["hyper_parameters"] = {"args": argparse.Namespace(gpus=1, **checkpoint.arguments)}
    return content


def april_layout(checkpoint: Checkpoint) -> dict[str, Any]:
    """What Lightning 1.2 wrote: a flat dictionary with `args` in it, and a function as a default.

    To be called inside `lightning_installed`.
    """
    content, unset = _content(checkpoint), _placeholder(PLACEHOLDERS[1])
    flat = {"tpu_cores": unset, **checkpoint.arguments}
    content["hyper_parameters"] = {**flat, "args": argparse.Namespace(**flat)}
    content["callbacks"] = {_placeholder(PLACEHOLDERS[0]): {"best_model_score": torch.tensor(0.9)}}
    return content


def _content(checkpoint: Checkpoint) -> dict[str, Any]:
    small = {key: value for key, value in checkpoint.weights.items() if value.numel() < 10_000}
    moments = {key: {"exp_avg": value.clone()} for key, value in small.items()}
    return {
        "epoch": 1,
        "global_step": checkpoint.step,
        "pytorch-lightning_version": checkpoint.version,
        "state_dict": dict(checkpoint.weights),
        "callbacks": {},
        "optimizer_states": [{"state": moments}],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
    }


@contextmanager
def lightning_installed() -> Iterator[None]:
    """As if Lightning were here, so that its names can be pickled."""
    modules: dict[str, ModuleType] = {}
    for dotted in PLACEHOLDERS:
        parts = dotted.split(".")
        for end in range(1, len(parts)):
            name = ".".join(parts[:end])
            modules.setdefault(name, ModuleType(name))
        owner = modules[".".join(parts[:-1])]
        setattr(owner, parts[-1], type(parts[-1], (), {"__module__": owner.__name__}))
    with mock.patch.dict(sys.modules, modules):
        yield


def _placeholder(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    return getattr(sys.modules[module], name)


def on_meta(network: type[nn.Module], config: Any) -> dict[str, Tensor]:
    """Shapes of a network's tensors."""
    return dict(unfilled(network, config).state_dict())
