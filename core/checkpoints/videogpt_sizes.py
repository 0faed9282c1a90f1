"""Sizes of VideoGPT's networks from a checkpoint.

What the tensors show is read from them; strides, heads and dropouts, which they do not show, come
from the hyper-parameters. What neither says is assumed, and said to be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.checkpoints.lightning import Arguments, Checkpoint
from core.checkpoints.videogpt_names import NETS, START, VQVAE_PREFIX
from core.errors import UserError
from core.models.context import REDUCTION
from core.models.tokenizers.vqvae import VQVAEConfig
from core.models.transformers.causal import CausalConfig

Size = tuple[int, int, int]

DEFAULT_HEADS = 4
DEFAULT_FRAMES, DEFAULT_RESOLUTION = 16, 64
DEFAULTS = CausalConfig()
SHOWN = 3
"""So many names are listed in a message."""


@dataclass(frozen=True)
class Layout:
    """What a checkpoint holds.

    Attributes:
        prior: None for a VQ-VAE alone.
        clip: frames, height and width in pixels that the networks were made for.
        assumed: sentences on what the file does not say, each with what changes it.
    """

    tokenizer: VQVAEConfig
    prior: CausalConfig | None
    clip: Size
    assumed: tuple[str, ...] = ()


def layout_of(
    checkpoint: Checkpoint, *, heads: int | None = None, stride: Size | None = None
) -> Layout:
    """The sizes of what a checkpoint holds; a prior's heads and strides as given, if they are.

    Raises:
        UserError: it is a checkpoint of something else, contradicts itself or lacks a tensor.
    """
    if holds_prior(checkpoint):
        return _prior_layout(checkpoint, heads, stride)
    if "codebook.embeddings" in checkpoint.weights:
        return _tokenizer_layout(checkpoint)
    raise UserError(
        f"{checkpoint.path} is a checkpoint of another model: it holds "
        f"{listed(checkpoint.weights)} and no tensors of VideoGPT."
    )


def holds_prior(checkpoint: Checkpoint) -> bool:
    return any(name.startswith("attn_stack.") for name in checkpoint.weights)


def _tokenizer_layout(checkpoint: Checkpoint) -> Layout:
    tokenizer, assumed = _tokenizer_sizes(checkpoint, ""), []
    said = checkpoint.arguments.get("downsample")
    if not isinstance(said, list | tuple) or len(said) != 3 or not all(map(_whole, said)):
        assumed.append(f"{_widest(tokenizer.stride)}.")
    else:
        tokenizer = replace(tokenizer, stride=_strides(checkpoint, said, len(tokenizer.steps)))
    clip = _nominal_clip(checkpoint.arguments)
    if clip is None:
        clip = (DEFAULT_FRAMES, DEFAULT_RESOLUTION, DEFAULT_RESOLUTION)
        assumed.append(
            f"Clips of {as_text(clip)}, as the file does not say their size; any other size that "
            "divides by the strides works as well."
        )
    t, h, w = (size // step * step for size, step in zip(clip, tokenizer.stride, strict=True))
    return Layout(tokenizer, None, (t, h, w), tuple(assumed))


def _strides(checkpoint: Checkpoint, said: Sequence[int], depth: int) -> Size:
    """What a VQ-VAE does that was told `said`: a factor of three acts as two."""
    t, h, w = map(_power_of_two, said)
    if max(t, h, w) != 1 << depth:
        raise UserError(
            f"{checkpoint.path} contradicts itself: its hyper-parameters say strides of "
            f"{as_text(said)}, but it has {depth} convolutions of stride 2."
        )
    return t, h, w


def _tokenizer_sizes(checkpoint: Checkpoint, prefix: str) -> VQVAEConfig:
    """The sizes that a VQ-VAE's tensors show, with the same stride on all axes."""
    codes, width = _shape(checkpoint, f"{prefix}codebook.embeddings", 2)
    hidden = _shape(checkpoint, f"{prefix}pre_vq_conv.conv.weight", 5)[1]
    layers = _count(checkpoint, f"{prefix}encoder.res_stack.{{}}.block.0.weight")
    depth = _count(checkpoint, f"{prefix}encoder.convs.{{}}.conv.weight")
    if not prefix:
        _agree(checkpoint, "embedding_dim", width)
        _agree(checkpoint, "n_codes", codes)
        _agree(checkpoint, "n_hiddens", hidden)
        _agree(checkpoint, "n_res_layers", layers)
    return _built(
        checkpoint,
        VQVAEConfig,
        hidden=hidden,
        res_layers=layers,
        embedding_dim=width,
        codebook_size=codes,
        stride=(2**depth,) * 3,
    )


def _prior_layout(checkpoint: Checkpoint, heads: int | None, stride: Size | None) -> Layout:
    if START not in checkpoint.weights:
        raise UserError(
            f"{checkpoint.path} pre-dates June 2021: it has no learnt start ({START}), without "
            "which VideoGPT cannot begin a clip. Choose a later checkpoint."
        )
    if VQVAE_PREFIX + "codebook.embeddings" not in checkpoint.weights:
        raise UserError(
            f"{checkpoint.path} holds a prior without its VQ-VAE. Give the VQ-VAE's own "
            "checkpoint with --tokenizer."
        )
    sizes = _tokenizer_sizes(checkpoint, VQVAE_PREFIX)
    grid, context = _grid(checkpoint), _context(checkpoint)
    prior, assumed = _prior_sizes(checkpoint, sizes, grid, context, heads)
    if stride is None:
        stride, more = _stride_of_prior(checkpoint, grid, context, len(sizes.steps))
        assumed += more
    t, h, w = (tokens * step for tokens, step in zip(grid, stride, strict=True))
    return Layout(replace(sizes, stride=stride), prior, (t, h, w), tuple(assumed))


def _grid(checkpoint: Checkpoint) -> Size:
    tables = (f"attn_stack.pos_embd.emb.d_{axis}" for axis in range(3))
    t, h, w = (_shape(checkpoint, name, 2)[0] for name in tables)
    return t, h, w


def _context(checkpoint: Checkpoint) -> Size | None:
    """Number, height and width of the frames that the prior looks at."""
    if "resnet.stem.0.weight" not in checkpoint.weights:
        return None
    tables = (f"cond_pos_embd.emb.d_{axis}" for axis in range(3))
    frames, height, width = (_shape(checkpoint, name, 2)[0] for name in tables)
    return frames, height * REDUCTION, width * REDUCTION


def _stride_of_prior(
    checkpoint: Checkpoint, grid: Size, context: Size | None, depth: int
) -> tuple[Size, list[str]]:
    """Pixels per token, and what had to be assumed for it."""
    clip = _nominal_clip(checkpoint.arguments)
    if clip is None:
        stride = (2**depth, 2**depth, 2**depth)
        if context is not None:
            height, width = (_power_of_two(context[axis] // grid[axis]) for axis in (1, 2))
            stride = (stride[0], height, width)
        known = "; the checkpoint of its VQ-VAE, given with --tokenizer, does"
        return stride, [f"{_widest(stride)}{known}."]
    pairs = list(zip(clip, grid, strict=True))
    t, h, w = (_power_of_two(pixels // tokens) for pixels, tokens in pairs)
    fits = all(pixels // step == n for (pixels, n), step in zip(pairs, (t, h, w), strict=True))
    if not fits or max(t, h, w) != 1 << depth:
        raise UserError(
            f"{checkpoint.path} contradicts itself: {depth} convolutions of stride 2 do not make "
            f"{as_text(grid)} tokens of clips of {as_text(clip)}, as its hyper-parameters say. "
            "Give the checkpoint of its VQ-VAE with --tokenizer."
        )
    return (t, h, w), []


def _widest(stride: Size) -> str:
    return (
        f"Strides of {as_text(stride)}, as its convolutions can do them and the file does not say"
    )


def _prior_sizes(
    checkpoint: Checkpoint,
    tokenizer: VQVAEConfig,
    grid: Size,
    context: Size | None,
    asked: int | None,
) -> tuple[CausalConfig, list[str]]:
    arguments, weights = checkpoint.arguments, checkpoint.weights
    hidden = _shape(checkpoint, "fc_in.weight", 2)[0]
    layers = _count(checkpoint, NETS + ".{}.fc_block.0.weight")
    conditional = "norm.w.weight" in weights
    classes = _shape(checkpoint, "norm.w.weight", 2)[1] if conditional else 0
    frames, height, width = context or (0, *DEFAULTS.context_size)
    _agree(checkpoint, "hidden_dim", hidden)
    _agree(checkpoint, "layers", layers)
    if conditional or arguments.get("class_cond"):
        _agree(checkpoint, "class_cond_dim", classes)
    _agree(checkpoint, "n_cond_frames", frames)
    heads, assumed = _heads(checkpoint, asked, hidden, with_context=context is not None)
    attention, more = _attention(checkpoint)
    config = _built(
        checkpoint,
        CausalConfig,
        codebook_size=tokenizer.codebook_size,
        embedding_dim=tokenizer.embedding_dim,
        grid=grid,
        hidden=hidden,
        heads=heads,
        layers=layers,
        classes=classes,
        context_frames=frames,
        context_size=(height, width),
        attention=attention,
        dropout=_share(arguments.get("dropout"), DEFAULTS.dropout),
        attention_dropout=_share(arguments.get("attn_dropout"), DEFAULTS.attention_dropout),
    )
    return config, assumed + more


def _heads(
    checkpoint: Checkpoint, asked: int | None, hidden: int, *, with_context: bool
) -> tuple[int, list[str]]:
    """Number of heads: as asked, as the file says, as its shapes decide, or the default."""
    possible = _possible_heads(checkpoint, hidden, with_context=with_context)
    said = _whole(checkpoint.arguments.get("heads"))
    chosen = asked or said
    if chosen is None:
        chosen = min(possible, key=lambda count: abs(count - DEFAULT_HEADS), default=DEFAULT_HEADS)
    if chosen not in possible:
        few = ", ".join(map(str, possible)) or "none"
        raise UserError(
            f"{checkpoint.path} cannot have {chosen} attention heads, which would give its tensors "
            f"other shapes. Possible: {few}; choose with --heads."
        )
    if asked is not None and said is not None and asked != said:
        return chosen, [f"{asked} attention heads, as asked for, though the file says {said}."]
    if asked is None and said is None and len(possible) > 1:
        others = ", ".join(str(count) for count in possible if count != chosen)
        return chosen, [
            f"{chosen} attention heads, as the file does not say their number; "
            f"--heads sets another one ({others} are possible)."
        ]
    return chosen, []


def _possible_heads(checkpoint: Checkpoint, hidden: int, *, with_context: bool) -> list[int]:
    """Numbers of heads that give the projections the widths that they have."""
    projections = [(_shape(checkpoint, f"{NETS}.0.attn.w_qs.weight", 2)[0], hidden)]
    if with_context:
        rows, features = _shape(checkpoint, f"{NETS}.0.enc_attn.w_vs.weight", 2)
        projections.append((rows, features))
    return [
        count
        for count in range(1, hidden + 1)
        if all(count * (width // count) == rows for rows, width in projections)
    ]


def _attention(checkpoint: Checkpoint) -> tuple[Literal["full", "sparse"], list[str]]:
    masked = f"{NETS}.0.attn.attn.mask" in checkpoint.weights
    said = checkpoint.arguments.get("attn_type")
    if said == "sparse":
        _agree(checkpoint, "attn_type", "full" if masked else "sparse")
        return "sparse", []
    if said == "full" or masked:
        return "full", []
    return "sparse", [
        "Block-sparse attention, as the file holds no masks and does not say; a file with full "
        "attention holds them."
    ]


# ── what files say ─────────────────────────────────────────────────────────────────────────────


def _shape(checkpoint: Checkpoint, name: str, axes: int) -> tuple[int, ...]:
    tensor = checkpoint.weights.get(name)
    if tensor is None or tensor.ndim != axes or not tensor.numel():
        problem = "lacks" if tensor is None else "has another shape of"
        raise UserError(
            f"{checkpoint.path} {problem} “{name}”, so it is no whole checkpoint of VideoGPT; it "
            f"holds {listed(checkpoint.weights)}."
        )
    return tuple(tensor.shape)


def _count(checkpoint: Checkpoint, pattern: str) -> int:
    """How many numbers from 0 on the file has tensors for."""
    count = 0
    while pattern.format(count) in checkpoint.weights:
        count += 1
    return count


def _agree(checkpoint: Checkpoint, name: str, shown: int | str) -> None:
    """Raises UserError when a hyper-parameter says otherwise than the tensors show."""
    said = checkpoint.arguments.get(name)
    if said is not None and said != shown:
        raise UserError(
            f"{checkpoint.path} contradicts itself: its hyper-parameters say {name} {said}, its "
            f"tensors show {shown}. It is damaged, or was changed by other code."
        )


def _built(checkpoint: Checkpoint, config: Any, **sizes: Any) -> Any:
    try:
        return config(**sizes)
    except ValueError as error:
        raise UserError(f"{checkpoint.path} does not fit VideoGPT: {error}.") from error


def _nominal_clip(arguments: Arguments) -> Size | None:
    """Frames, height and width of the clips, when the hyper-parameters say them."""
    frames, side = (_whole(arguments.get(name)) for name in ("sequence_length", "resolution"))
    return None if frames is None or side is None else (frames, side, side)


def _whole(value: object) -> int | None:
    """A whole number above 0, or None."""
    return value if isinstance(value, int) and value is not True and value > 0 else None


def _power_of_two(number: int) -> int:
    """The largest one that is not above the number, at least 1."""
    return 1 << max(0, number.bit_length() - 1)


def _share(value: object, default: float) -> float:
    return value if isinstance(value, float) and 0 <= value < 1 else default


def as_text(sizes: Iterable[int]) -> str:
    """ "4x16x16"."""
    return "x".join(map(str, sizes))


def listed(names: Collection[str]) -> str:
    """The first few of them."""
    shown = ", ".join(f"“{name}”" for name in list(names)[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
