"""VideoGPT's VQ-VAE against the golden vectors: what it computes, and one step of its training."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.checkpoints.videogpt_names import tokenizer_names
from core.models.codebook import LEAST_COUNT, perplexity
from core.models.tokenizers.vqvae import VQVAE
from core.pixels import MIDDLE_GREY
from core.training.vqvae import PIXEL_VARIANCE, learning_pass
from tests.parity.folder import Arrays, as_tokens, as_video
from tests.parity.report import Report
from tests.parity.videogpt import VideoGPTFolder

TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 0.01
"""Share of the largest gradient of an array."""
COMMITMENT = 0.25

TAPS = {
    r"tap_enc_conv(\d+)_prerelu": r"encoder.downs.\1",
    r"tap_enc_conv_last": "encoder.out",
    r"tap_enc_res(\d+)_attn_([wht])_channels_last": r"encoder.stack.blocks.\1.attention.\2",
    r"tap_enc_res(\d+)_axial": r"encoder.stack.blocks.\1.attention",
    r"tap_enc_res(\d+)": r"encoder.stack.blocks.\1",
    r"tap_enc_out": "encoder",
    r"tap_dec_res_stack": "decoder.stack",
    r"tap_dec_convt(\d+)_prerelu": r"decoder.ups.\1",
}
"""Names of intermediate results → our modules, whose outputs they are."""
TURNED = {"h": (2, 3), "t": (1, 3)}
"""Axes that our attention along H or T has exchanged."""


def check_vqvae(folder: VideoGPTFolder, arrays: Arrays, report: Report) -> None:
    model, name = folder.tokenizer(arrays.name), arrays.name
    video = as_video(arrays["video_u8"])
    report.close(f"{name} video", video - MIDDLE_GREY, arrays["video"], 1e-6)
    with _outputs(model) as outputs:
        features = model.features(video)
        tokens, codes = model.straight_through(features)
        pixels = model.pixels(model.codebook.lookup(tokens))
    _check_taps(outputs, arrays, report)
    _check_tokens(model, features, tokens, arrays, report)
    ours = {
        "recon_decode": pixels,
        "recon_forward": (trained := model.pixels(codes)),
        "rand_codes_decode": model.decode(as_tokens(arrays["rand_codes"])) - MIDDLE_GREY,
        "recon_loss": F.mse_loss(trained + MIDDLE_GREY, video) / PIXEL_VARIANCE,
        "commitment_loss": COMMITMENT * F.mse_loss(features, model.codebook.lookup(tokens)),
    }
    for what, value in ours.items():
        report.close(f"{name} {what}", value, arrays[what], TOLERANCE)
    spread = perplexity(tokens, model.codebook_size)
    report.close(f"{name} perplexity", spread, arrays["perplexity"], 1e-3)
    _check_training(model, video, arrays, report)


@contextmanager
def _outputs(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Collects what every module answers, by its name."""
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda _module, _inputs, output: found.__setitem__(name, output)

    handles = [part.register_forward_hook(keep(name)) for name, part in model.named_modules()]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _check_taps(outputs: dict[str, Tensor], arrays: Arrays, report: Report) -> None:
    for name in arrays:
        for pattern, module in TAPS.items():
            if match := re.fullmatch(pattern, name):
                ours = outputs[match.expand(module)]
                axis = match.groups()[-1] if "attn" in name else ""
                if axis in TURNED:
                    ours = ours.transpose(*TURNED[axis])
                report.close(f"{arrays.name} {name}", ours, arrays[name], TOLERANCE)


def _check_tokens(
    model: VQVAE, features: Tensor, tokens: Tensor, arrays: Arrays, report: Report
) -> None:
    name, codebook = arrays.name, model.codebook
    report.close(f"{name} z_pre_vq", features, arrays["z_pre_vq"], TOLERANCE)
    report.equal(f"{name} encodings", tokens, arrays["encodings"])
    looked_up = codebook.lookup(tokens).movedim(1, -1)
    report.equal(f"{name} embeddings_lookup", looked_up, arrays["embeddings_lookup"])
    _, codes = model.straight_through(features)
    report.close(f"{name} embeddings_st", codes, arrays["embeddings_st"], 1e-5)
    distances = torch.cdist(codebook.rows(features).double(), codebook.codes.double()).square()
    nearest = distances.topk(2, largest=False).values
    margin = (nearest[:, 1] - nearest[:, 0]).min()
    report.close(f"{name} min_code_margin", margin, arrays["min_code_margin"], TOLERANCE)


# ── one step of training ───────────────────────────────────────────────────────────────────────


def _check_training(model: VQVAE, video: Tensor, arrays: Arrays, report: Report) -> None:
    model, name = copy.deepcopy(model).train(), arrays.name
    model.codebook.counts.copy_(torch.from_numpy(arrays["train_before_codebook_N"]))
    with torch.enable_grad():
        pixels, tokens, terms = learning_pass(model, video, COMMITMENT)
        loss = terms["reconstruction"] + terms["commitment"]
        loss.backward()
    ours = {
        "loss": loss.detach(),
        "recon_loss": terms["reconstruction"].detach(),
        "commitment_loss": terms["commitment"].detach(),
        "recon": pixels.detach(),
    }
    for what, value in ours.items():
        report.close(f"{name} train_{what}", value, arrays[f"train_{what}"], TOLERANCE)
    report.equal(f"{name} train_encodings", tokens, arrays["train_encodings"])
    spread = perplexity(tokens, model.codebook_size)
    report.close(f"{name} train_perplexity", spread, arrays["train_perplexity"], 1e-3)
    _check_codebook(model, arrays, report)
    _check_statistics(model, arrays, report)
    _check_gradients(model, arrays, report)


def _check_codebook(model: VQVAE, arrays: Arrays, report: Report) -> None:
    name, codebook = arrays.name, model.codebook
    after = "train_after_codebook"
    report.close(f"{name} {after}_N", codebook.counts, arrays[f"{after}_N"], TOLERANCE)
    report.close(f"{name} {after}_z_avg", codebook.sums, arrays[f"{after}_z_avg"], TOLERANCE)
    restarted = arrays["train_after_restarted_rows"]
    report.equal(f"{name} restarted rows", codebook.counts < LEAST_COUNT, restarted)
    ours, golden = codebook.codes[~restarted], arrays[f"{after}_embeddings"]
    report.close(f"{name} {after}_embeddings", ours, golden[~restarted], TOLERANCE)


def _check_statistics(model: VQVAE, arrays: Arrays, report: Report) -> None:
    state, names = model.state_dict(), tokenizer_names(model.config)
    for name in arrays:
        kind, _, theirs = name.partition("/")
        if kind == "train_after":
            ours = state[str(names[theirs])]
            report.close(f"{arrays.name} {name}", ours, arrays[name], TOLERANCE)


def _check_gradients(model: VQVAE, arrays: Arrays, report: Report) -> None:
    weights, names = dict(model.named_parameters()), tokenizer_names(model.config)
    for name in arrays:
        kind, _, theirs = name.partition("/")
        if kind == "train_grad":
            tolerance = GRADIENT_TOLERANCE * float(np.abs(arrays[name]).max())
            gradient = weights[str(names[theirs])].grad
            report.close(f"{arrays.name} {name}", gradient, arrays[name], tolerance)
