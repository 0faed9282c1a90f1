"""Checkpoints of VideoGPT's authors as our networks, and back.

A file holds a VQ-VAE, or a prior with its VQ-VAE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from core.checkpoints.lightning import Arguments, Checkpoint, check_memory
from core.checkpoints.videogpt_names import (
    MASK,
    VQVAE_PREFIX,
    Names,
    prior_names,
    tokenizer_names,
)
from core.checkpoints.videogpt_sizes import (
    DEFAULTS,
    Size,
    as_text,
    holds_prior,
    layout_of,
    listed,
)
from core.errors import UserError
from core.models.tokenizers.vqvae import VQVAE, VQVAEConfig
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.models.unfilled import unfilled


@dataclass(frozen=True, eq=False)
class Model:
    """Networks in evaluation mode, with the sizes of the clips that they were made for.

    Attributes:
        prior: None for a VQ-VAE alone.
        clip: frames, height and width in pixels.
        assumed: sentences on what the checkpoint does not say, each with what changes it.
    """

    tokenizer: VQVAE
    prior: CausalTransformer | None
    clip: Size
    assumed: tuple[str, ...] = ()


# ── the way here ───────────────────────────────────────────────────────────────────────────────


def load(
    checkpoint: Checkpoint, *, heads: int | None = None, tokenizer: Checkpoint | None = None
) -> Model:
    """The networks of a checkpoint.

    Args:
        heads: attention heads of the prior, whatever the file says of them.
        tokenizer: checkpoint of the prior's VQ-VAE, for what the prior's own lacks of it.

    Raises:
        UserError: it is a checkpoint of something else, contradicts itself, lacks a tensor or has
            one too many.
    """
    stride = None
    if tokenizer is not None:
        checkpoint = _with_tokenizer(checkpoint, tokenizer)
        stride = layout_of(tokenizer).tokenizer.stride
    layout = layout_of(checkpoint, heads=heads, stride=stride)
    groups = [("" if layout.prior is None else VQVAE_PREFIX, tokenizer_names(layout.tokenizer))]
    if layout.prior is not None:
        groups.append(("", prior_names(layout.prior)))
    _check_names(checkpoint, [prefix + name for prefix, names in groups for name in names])
    check_memory(checkpoint.path, _bytes(checkpoint))
    loaded = _filled(checkpoint, VQVAE, layout.tokenizer, *groups[0])
    prior = None
    if layout.prior is not None:
        codes = {"codes": loaded.codebook.codes.clone()}
        prior = _filled(checkpoint, CausalTransformer, layout.prior, *groups[1], codes)
    return Model(loaded, prior, layout.clip, layout.assumed)


def _check_names(checkpoint: Checkpoint, wanted: list[str]) -> None:
    """Raises UserError unless the file holds these tensors and no others; masks may be absent."""
    missing = [n for n in wanted if n not in checkpoint.weights and not n.endswith(MASK)]
    foreign = sorted(set(checkpoint.weights) - set(wanted))
    if missing or foreign:
        problems = [f"lacks {listed(missing)}"] if missing else []
        problems += [f"holds {listed(foreign)} in excess"] if foreign else []
        raise UserError(
            f"{checkpoint.path} does not fit VideoGPT: it {' and '.join(problems)}. "
            "Choose a checkpoint of the authors' code."
        )


def _bytes(checkpoint: Checkpoint) -> int:
    """Size of all weights but the masks."""
    weights = (tensor for name, tensor in checkpoint.weights.items() if not name.endswith(MASK))
    return sum(tensor.numel() * tensor.element_size() for tensor in weights)


def _filled(
    checkpoint: Checkpoint,
    network: Any,
    config: VQVAEConfig | CausalConfig,
    prefix: str,
    names: Names,
    own: Mapping[str, Tensor] | None = None,
) -> Any:
    """A network with the weights of a checkpoint, in evaluation mode; `own` are ours alone."""
    model = unfilled(network, config)
    wanted, state = model.state_dict(), dict(own or {})
    for theirs, ours in names.items():
        if ours is not None:
            tensor = checkpoint.weights[prefix + theirs]
            _check_shape(checkpoint, prefix + theirs, tensor, wanted[ours])
            state[ours] = tensor.to(wanted[ours].dtype).contiguous()
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval()


def _check_shape(checkpoint: Checkpoint, name: str, tensor: Tensor, wanted: Tensor) -> None:
    if tensor.shape != wanted.shape:
        raise UserError(
            f"{checkpoint.path} does not fit VideoGPT: “{name}” is {as_text(tensor.shape)} "
            f"numbers, where its other tensors ask for {as_text(wanted.shape)}."
        )
    if tensor.is_floating_point() != wanted.is_floating_point():
        raise UserError(
            f"{checkpoint.path} does not fit VideoGPT: “{name}” holds numbers of type "
            f"{tensor.dtype}, where {wanted.dtype} is expected."
        )


def _with_tokenizer(checkpoint: Checkpoint, tokenizer: Checkpoint) -> Checkpoint:
    """A prior's checkpoint, with what it lacks of its VQ-VAE taken from the VQ-VAE's own."""
    codebook = "codebook.embeddings"
    if not holds_prior(checkpoint):
        raise UserError(
            f"{checkpoint.path} holds no prior, so no tokenizer can be given for it with it."
        )
    if codebook not in tokenizer.weights:
        raise UserError(f"{tokenizer.path} is no checkpoint of a VQ-VAE. Choose another one.")
    own = checkpoint.weights.get(VQVAE_PREFIX + codebook)
    if own is not None and not own.equal(tokenizer.weights[codebook]):
        raise UserError(
            f"{checkpoint.path} was trained on another VQ-VAE than {tokenizer.path}: their "
            "codebooks differ. Choose the one that it was trained on."
        )
    added = {VQVAE_PREFIX + name: tensor for name, tensor in tokenizer.weights.items()}
    return replace(checkpoint, weights=added | dict(checkpoint.weights))


# ── the way back ───────────────────────────────────────────────────────────────────────────────


def tokenizer_checkpoint(model: VQVAE, clip: Size) -> tuple[dict[str, Tensor], Arguments]:
    """Weights and hyper-parameters of a VQ-VAE as the authors' code loads them, strictly.

    Raises:
        UserError: the authors' code has no such VQ-VAE.
    """
    config = model.config
    _refuse(_tokenizer_obstacle(config, clip))
    arguments = {
        "embedding_dim": config.embedding_dim,
        "n_codes": config.codebook_size,
        "n_hiddens": config.hidden,
        "n_res_layers": config.res_layers,
        "downsample": list(config.stride),
        "sequence_length": clip[0],
        "resolution": clip[1],
    }
    return _renamed(model, tokenizer_names(config)), arguments


def prior_checkpoint(
    prior: CausalTransformer, tokenizer: VQVAE, clip: Size, tokenizer_file: str
) -> tuple[dict[str, Tensor], Arguments]:
    """The same of a prior, with the VQ-VAE inside.

    Args:
        tokenizer_file: name of the VQ-VAE's own checkpoint, which the authors' code reads as well.

    Raises:
        UserError: the authors' code has no such prior or no such VQ-VAE.
    """
    config = prior.config
    inner, _ = tokenizer_checkpoint(tokenizer, clip)
    _refuse(_prior_obstacle(prior, tokenizer, clip))
    weights = {VQVAE_PREFIX + name: tensor for name, tensor in inner.items()}
    arguments = {
        "vqvae": tokenizer_file,
        "n_cond_frames": config.context_frames,
        "class_cond": config.classes > 0,
        "class_cond_dim": config.classes or None,
        "hidden_dim": config.hidden,
        "heads": config.heads,
        "layers": config.layers,
        "dropout": config.dropout,
        "attn_type": config.attention,
        "attn_dropout": config.attention_dropout,
        "sequence_length": clip[0],
        "resolution": clip[1],
    }
    return weights | _renamed(prior, prior_names(config), config.length), arguments


def _renamed(model: nn.Module, names: Names, length: int = 0) -> dict[str, Tensor]:
    """A network's tensors by their names there; masks are made for that many tokens."""
    state = model.state_dict()
    mask = torch.ones(length, length).tril_() if None in names.values() else torch.empty(0)
    return {theirs: mask if ours is None else _own(state[ours]) for theirs, ours in names.items()}


def _own(tensor: Tensor) -> Tensor:
    """On the CPU, float32 unless it counts, without what else its storage may hold."""
    return tensor.detach().to("cpu", torch.float32 if tensor.is_floating_point() else None).clone()


def _refuse(obstacle: str | None) -> None:
    if obstacle is not None:
        raise UserError(f"VideoGPT's own code cannot load this model: {obstacle}.")


def _tokenizer_obstacle(config: VQVAEConfig, clip: Size) -> str | None:
    """What the authors' VQ-VAE cannot do of this one."""
    if config.codebooks > 1:
        return f"it has {config.codebooks} codebooks instead of one"
    if not config.axial_attention:
        return "its VQ-VAE has no axial attention"
    if config.res_hidden not in (0, config.hidden // 2):
        return f"its residual blocks are {config.res_hidden} wide, not half of {config.hidden}"
    if max(config.stride) < 4:
        return f"strides of {as_text(config.stride)} crash there, as one of them must be 4 or more"
    if clip[1] != clip[2]:
        return f"its clips are {clip[2]}x{clip[1]} pixels, not square"
    return None


def _prior_obstacle(prior: CausalTransformer, tokenizer: VQVAE, clip: Size) -> str | None:
    """What the authors' GPT cannot do of this prior."""
    config = prior.config
    grid = tuple(pixels // step for pixels, step in zip(clip, tokenizer.stride, strict=True))
    if config.hidden % 3:
        return f"its width {config.hidden} does not divide by three"
    if config.mlp_width != 4 * config.hidden:
        return f"its feed-forward layers are {config.mlp_width} wide, not {4 * config.hidden}"
    if grid != config.grid:
        return f"its clips have {as_text(grid)} tokens, but its prior reads {as_text(config.grid)}"
    if not prior.codes.equal(tokenizer.codebook.codes):
        return "its prior reads other codes than its VQ-VAE has"
    if config.context_frames and config.context_size != clip[1:]:
        return f"it looks at frames of {as_text(config.context_size)}, not of {as_text(clip[1:])}"
    ours = (config.context_depths, config.context_widths)
    theirs = (DEFAULTS.context_depths, DEFAULTS.context_widths)
    if config.context_frames and ours != theirs:
        return (
            f"its ResNet has groups of {as_text(ours[0])} blocks, {as_text(ours[1])} wide, where "
            f"there are always {as_text(theirs[0])}, {as_text(theirs[1])} wide"
        )
    return None
