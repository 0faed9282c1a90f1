"""VideoGPT's prior and its sparse layouts against the golden vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.checkpoints.videogpt_names import prior_names
from core.decoders.autoregressive import Autoregressive
from core.models.sparsity import block_grid, dense_mask, layout
from core.models.tokenizers.vqvae import VQVAE
from core.models.transformers.causal import CausalTransformer
from core.sampling import SeededNoise
from core.tokens import Condition
from tests.parity.folder import Arrays, as_tokens, as_video
from tests.parity.report import Report

TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 0.01
"""Share of the largest gradient of an array."""

TAPS = {
    r"tap_fc_in": "embed",
    r"tap_shift_plus_pos": "layers.0 input",
    r"tap_block(\d+)_pre_attn_norm": r"layers.\1.attention_norm",
    r"tap_block(\d+)_attn": r"layers.\1.attention",
    r"tap_block(\d+)_enc_attn": r"layers.\1.context",
    r"tap_block(\d+)_out": r"layers.\1",
    r"tap_final_norm": "norm",
    r"tap_resnet_stem_channels_first": "context.network.stem",
    r"tap_resnet_group(\d+)_channels_first": r"context.network.groups.\1",
    r"resnet_features": "context.network",
    r"frame_cond_features": "context",
}
"""Names of intermediate results → our modules, whose outputs they are."""


class Networks(Protocol):
    """A folder of golden vectors; networks by the name of their file."""

    def tokenizer(self, name: str) -> VQVAE: ...

    def prior(self, name: str) -> CausalTransformer: ...


def check_sparse_layouts(folder: Networks, arrays: Arrays, report: Report) -> None:  # noqa: ARG001
    ours = {"block_shape": block_grid, "block_layout": layout, "dense_mask": dense_mask}
    for name in arrays:
        shape, _, what = name.partition("_")
        grid = tuple(map(int, shape.split("x")))
        report.equal(f"sparse {name}", ours[what](grid), arrays[name])


def check_prior(folder: Networks, arrays: Arrays, report: Report) -> None:
    name = arrays.name
    tokenizer, model = folder.tokenizer(name), folder.prior(name)
    condition = _condition(model, arrays)
    tokens = condition.tokens
    with _outputs(model) as outputs:
        logits = model(tokens, condition)
    report.close(f"{name} logits", logits, arrays["logits"], TOLERANCE)
    report.close(f"{name} loss", _loss(logits, tokens), arrays["loss"], TOLERANCE)
    _check_taps(outputs, arrays, report)
    _check_video(tokenizer, model, condition, arrays, report)
    _check_incremental(model, condition, arrays, report)
    _check_samples(tokenizer, model, condition, arrays, report)
    _check_gradients(model, condition, arrays, report)


def _condition(model: CausalTransformer, arrays: Arrays) -> Condition:
    tokens, config = as_tokens(arrays["tokens"]), model.config
    labels = as_tokens(arrays["label"]) if config.classes else torch.zeros(len(tokens)).long()
    frames = None
    if config.context_frames:
        frames = as_video(arrays["video_u8"])[:, :, : config.context_frames]
    unused = torch.zeros_like(labels)
    return Condition(tokens, torch.zeros_like(tokens, dtype=torch.bool), unused, labels, frames)


def _loss(logits: Tensor, tokens: Tensor) -> Tensor:
    """Nats per token."""
    return F.cross_entropy(logits.flatten(0, 3), tokens.flatten())


# ── what the layers compute ────────────────────────────────────────────────────────────────────


@contextmanager
def _outputs(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Collects what every module answers, by its name, and what goes into the first layer."""
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda _module, _inputs, output: found.__setitem__(name, output)

    def keep_input(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found["layers.0 input"] = inputs[0]

    handles = [part.register_forward_hook(keep(name)) for name, part in model.named_modules()]
    handles.append(model.get_submodule("layers.0").register_forward_pre_hook(keep_input))
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _check_taps(outputs: dict[str, Tensor], arrays: Arrays, report: Report) -> None:
    for name in arrays:
        module = next((m.expand(to) for m, to in _matches(name)), None)
        if module is None:
            continue
        golden = arrays[name]
        ours = outputs[_counted_from_0(module)]
        if name == "resnet_features":
            ours = ours.movedim(1, -1)
        if ours.ndim < golden.ndim:  # tokens or places of frames in one row
            ours = ours.unflatten(1, golden.shape[1:-1])
        report.close(f"{arrays.name} {name}", ours, golden, TOLERANCE)


def _matches(name: str) -> Iterator[tuple[re.Match[str], str]]:
    for pattern, module in TAPS.items():
        if match := re.fullmatch(pattern, name):
            yield match, module


def _counted_from_0(module: str) -> str:
    """Their groups of the ResNet count from 1."""
    return re.sub(r"(?<=groups\.)\d+", lambda number: str(int(number[0]) - 1), module)


# ── from a clip, token by token, and back to a clip ────────────────────────────────────────────


def _check_video(
    tokenizer: VQVAE,
    model: CausalTransformer,
    condition: Condition,
    arrays: Arrays,
    report: Report,
) -> None:
    """As in training: the prior reads codes that carry the features' rounding."""
    video = as_video(arrays["video_u8"])
    report.close(f"{arrays.name} video", video - 0.5, arrays["video"], 1e-6)
    tokens, codes = tokenizer.straight_through(tokenizer.features(video))
    report.equal(f"{arrays.name} video_encodings", tokens, arrays["video_encodings"])
    logits = model.of_codes(codes.movedim(1, -1), condition)
    report.close(f"{arrays.name} video_logits", logits, arrays["video_logits"], TOLERANCE)
    loss = _loss(logits, tokens)
    report.close(f"{arrays.name} video_loss", loss, arrays["video_loss"], TOLERANCE)


def _check_incremental(
    model: CausalTransformer, condition: Condition, arrays: Arrays, report: Report
) -> None:
    tokens, decode = condition.tokens.flatten(1), model.begin(condition)
    before = tokens.roll(1, dims=1)  # the first of them is not read
    logits = [decode.logits(p, before[:, p : p + 1]) for p in range(tokens.shape[1])]
    ours = torch.cat(logits, dim=1).unflatten(1, model.config.grid)
    name = f"{arrays.name} logits_incremental"
    report.close(name, ours, arrays["logits_incremental"], TOLERANCE)


def _check_samples(
    tokenizer: VQVAE,
    model: CausalTransformer,
    condition: Condition,
    arrays: Arrays,
    report: Report,
) -> None:
    greedy = as_tokens(arrays["greedy_tokens"])
    for speculative in (False, True):
        ours = _greedy(model, condition, speculative=speculative)
        name = f"{arrays.name} greedy_tokens{', guessed ahead' if speculative else ''}"
        report.equal(name, ours, greedy)
    likeliest = model(greedy, condition).topk(2).values
    margin = (likeliest[..., 0] - likeliest[..., 1]).min()
    golden_margin = arrays["greedy_min_top2_logit_margin"]
    report.close(f"{arrays.name} greedy margin", margin, golden_margin, TOLERANCE)
    clips = {
        "tokens_decoded_video": condition.tokens,
        "greedy_video": greedy,
        "seeded_video": as_tokens(arrays["seeded_tokens"]),
    }
    for name, tokens in clips.items():
        video: NDArray[np.float32] = tokenizer.decode(tokens).clamp(0, 1).numpy()
        report.close(f"{arrays.name} {name}", video, arrays[name], TOLERANCE)


def _greedy(model: CausalTransformer, condition: Condition, *, speculative: bool) -> Tensor:
    decoder = Autoregressive(temperature=0, speculative=speculative)
    *_, last = decoder(model, condition, SeededNoise(range(len(condition.tokens))))
    return last.tokens


# ── gradients ──────────────────────────────────────────────────────────────────────────────────


def _check_gradients(
    model: CausalTransformer, condition: Condition, arrays: Arrays, report: Report
) -> None:
    with torch.enable_grad():
        _loss(model(condition.tokens, condition), condition.tokens).backward()
    weights, ours = dict(model.named_parameters()), prior_names(model.config)
    for name in arrays:
        kind, _, theirs = name.partition("/")
        if kind != "grad":
            continue
        gradient = weights[str(ours[theirs])].grad
        tolerance = GRADIENT_TOLERANCE * float(np.abs(arrays[name]).max())
        report.close(f"{arrays.name} {name}", gradient, arrays[name], tolerance)
    model.zero_grad(set_to_none=True)
