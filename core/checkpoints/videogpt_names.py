"""Names of VideoGPT's tensors, there and here.

attn_stack.attn_nets.3.attn.w_qs.weight  ↔  layers.3.attention.query.weight
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from core.models.tokenizers.vqvae import VQVAEConfig
from core.models.transformers.causal import CausalConfig

VQVAE_PREFIX = "vqvae."
"""Of the tensors of a VQ-VAE in the file of a prior."""
START = "attn_stack.right_shift.sos"
NETS = "attn_stack.attn_nets"
MASK = ".attn.attn.mask"
"""Of each layer with full attention: ones on and below the diagonal, which nobody needs."""

Names = dict[str, str | None]
"""Theirs → ours, in the order of their files; None where we have no such tensor."""
Leaves = Mapping[str, str]
WEIGHT: Leaves = {"weight": "weight"}
AFFINE: Leaves = {**WEIGHT, "bias": "bias"}
BATCH_NORM: Leaves = {
    **AFFINE,
    **{name: name for name in ("running_mean", "running_var", "num_batches_tracked")},
}
PLAIN_NORM: Leaves = {"g": "scale", "b": "shift"}
CLASS_NORM: Leaves = {"w.weight": "class_scale.weight", "wb.weight": "class_shift.weight"}
CODEBOOK: Leaves = {"embeddings": "codes", "N": "counts", "z_avg": "sums"}
POSITIONS: Leaves = {"d_0": "t", "d_1": "h", "d_2": "w"}
PROJECTIONS: Leaves = {"w_qs": "query", "w_ks": "key", "w_vs": "value"}

Module = tuple[str, str | None, Leaves]
"""A module's name there and here (None: there alone), and the names of its tensors."""


def tokenizer_names(config: VQVAEConfig) -> Names:
    """The tensors of a VQ-VAE."""
    return _named(_tokenizer_modules(config))


def prior_names(config: CausalConfig) -> Names:
    """The tensors of a prior, without its VQ-VAE's."""
    return _named(_prior_modules(config))


def _named(modules: Iterable[Module]) -> Names:
    return {
        f"{theirs}.{leaf}": None if ours is None else f"{ours}.{own}" if ours else own
        for theirs, ours, leaves in modules
        for leaf, own in leaves.items()
    }


def _tokenizer_modules(config: VQVAEConfig) -> Iterator[Module]:
    depth = len(config.steps)
    for index in range(depth):
        yield f"encoder.convs.{index}.conv", f"encoder.downs.{index}", AFFINE
    yield "encoder.conv_last.conv", "encoder.out", AFFINE
    yield from _stack_modules("encoder", config.res_layers)
    yield from _stack_modules("decoder", config.res_layers)
    for index in range(depth):
        yield f"decoder.convts.{index}.convt", f"decoder.ups.{index}", AFFINE
    yield "pre_vq_conv.conv", "to_code", AFFINE
    yield "post_vq_conv.conv", "from_code", AFFINE
    yield "codebook", "codebook", CODEBOOK


def _stack_modules(side: str, blocks: int) -> Iterator[Module]:
    for index in range(blocks):
        theirs, ours = f"{side}.res_stack.{index}.block", f"{side}.stack.blocks.{index}"
        yield f"{theirs}.0", f"{ours}.norm1", BATCH_NORM
        yield f"{theirs}.2.conv", f"{ours}.conv1", WEIGHT
        yield f"{theirs}.3", f"{ours}.norm2", BATCH_NORM
        yield f"{theirs}.5.conv", f"{ours}.conv2", WEIGHT
        yield f"{theirs}.6", f"{ours}.norm3", BATCH_NORM
        for axis in "wht":
            yield from _attention_modules(f"{theirs}.8.attn_{axis}", f"{ours}.attention.{axis}")
    yield f"{side}.res_stack.{blocks}", f"{side}.stack.norm", BATCH_NORM


def _attention_modules(theirs: str, ours: str) -> Iterator[Module]:
    for name, own in PROJECTIONS.items():
        yield f"{theirs}.{name}", f"{ours}.{own}", WEIGHT
    yield f"{theirs}.fc", f"{ours}.out", AFFINE


def _prior_modules(config: CausalConfig) -> Iterator[Module]:
    norm = CLASS_NORM if config.classes else PLAIN_NORM
    if config.context_frames:
        yield from _context_modules(config)
    yield "fc_in", "embed", WEIGHT
    yield "attn_stack.right_shift", "", {"sos": "start"}
    yield "attn_stack.pos_embd.emb", "positions", POSITIONS
    for index in range(config.layers):
        theirs, ours = f"{NETS}.{index}", f"layers.{index}"
        yield f"{theirs}.pre_attn_norm", f"{ours}.attention_norm", norm
        yield from _attention_modules(f"{theirs}.attn", f"{ours}.attention")
        if config.attention == "full":
            yield f"{theirs}.attn.attn", None, {"mask": ""}
        if config.context_frames:
            yield f"{theirs}.pre_enc_norm", f"{ours}.context_norm", norm
            yield from _attention_modules(f"{theirs}.enc_attn", f"{ours}.context")
        yield f"{theirs}.pre_fc_norm", f"{ours}.mlp_norm", norm
        yield f"{theirs}.fc_block.0", f"{ours}.up", AFFINE
        yield f"{theirs}.fc_block.2", f"{ours}.down", AFFINE
    yield "norm", "norm", norm
    yield "fc_out", "head", WEIGHT


def _context_modules(config: CausalConfig) -> Iterator[Module]:
    yield "resnet.stem.0", "context.network.stem.conv", WEIGHT
    yield "resnet.stem.1.norm.norm", "context.network.stem.norm", AFFINE
    for group, depth in enumerate(config.context_depths):
        for index in range(depth):
            block = f"blocks.{index - 1}" if index else "start_block"
            theirs = f"resnet.group{group + 1}.{block}"
            ours = f"context.network.groups.{group}.{index}"
            if not index:
                yield f"{theirs}.proj_conv", f"{ours}.shortcut", WEIGHT
                yield f"{theirs}.proj_bnr.norm.norm", f"{ours}.shortcut_norm", AFFINE
            for part in (1, 2):
                yield f"{theirs}.conv{part}", f"{ours}.conv{part}", WEIGHT
                yield f"{theirs}.bnr{part}.norm.norm", f"{ours}.norm{part}", AFFINE
    yield "cond_pos_embd.emb", "context.positions", POSITIONS
