"""Tokenizer, transformer and sequence layout against the golden vectors."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.tasks import TASKS
from core.tokens import MASK, Condition
from core.training.losses import token_loss
from tests.parity.folder import (
    PADDINGS,
    Arrays,
    MagvitFolder,
    as_frames,
    as_tokens,
    as_video,
)
from tests.parity.report import Report

MARGIN = 1e-3
"""A token must agree where the second-best code is this much farther (squared distance)."""

SMOOTHING = 1e-4


def check_tokenizer(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    video = as_video(arrays["input_u8"])
    for name, padding in PADDINGS.items():
        if f"{name}_features" not in arrays:
            continue
        model = folder.tokenizer(padding)
        features = model.encoder(video)
        golden = as_tokens(arrays[f"{name}_indices"])
        golden_margin = arrays[f"{name}_index_margin"]
        margin, farthest = index_margin(model, features)
        report.close(f"vq {name} features", as_frames(features), arrays[f"{name}_features"], 2e-3)
        sure = golden_margin > MARGIN
        report.equal(f"vq {name} indices", model.quantizer(features), golden, sure)
        rounding = max(2e-3, 1e-6 * farthest)  # of float32 distances
        report.close(f"vq {name} index_margin", margin, golden_margin, rounding)
        codes = as_frames(model.quantizer.lookup(golden))
        report.close(f"vq {name} quantized", codes, arrays[f"{name}_quantized"], 1e-6)
        recon = as_frames(model.decode(golden))
        report.close(f"vq {name} recon", recon, arrays[f"{name}_recon"], 2e-4)


def index_margin(model: VQGAN3D, features: Tensor) -> tuple[Tensor, float]:
    """How much farther the second-best code is, (b, t, h, w), and the largest distance."""
    rows = features.movedim(1, -1).flatten(0, -2)
    distances = model.quantizer.distances(rows)
    nearest = distances.topk(2, largest=False).values
    b, _, *grid = features.shape
    return (nearest[:, 1] - nearest[:, 0]).view(b, *grid), float(distances.max())


def check_transformer(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    model = folder.transformer()
    ids = as_tokens(arrays["ids"])
    wrapped = as_tokens(arrays["ids_wrapped"])
    logits = model(ids)
    report.close("bert logits", logits, arrays["logits"], 1e-4)
    report.equal("bert ids_wrapped", ids % model.config.vocabulary, wrapped)
    report.close("bert logits of ids_wrapped", model(wrapped), arrays["logits"], 1e-4)
    weights = torch.from_numpy(arrays["weights"])
    targets = as_tokens(arrays["targets"]).clamp(0, model.codebook_size - 1)  # prefix weighs 0
    loss = token_loss(logits[..., : model.codebook_size], targets, weights, SMOOTHING)
    report.close("bert token_loss", loss, arrays["token_loss"], 1e-4)


def check_sequences(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    """Whole training sequences at mask ratio 1: what is given stands in as a hint."""
    model = folder.transformer()
    inputs, hints = as_tokens(arrays["inputs"]), as_tokens(arrays["cond_inputs"])
    ones, blank = torch.ones(inputs.flatten(1).shape), torch.full_like(hints, MASK)
    prefix = (model.config.prefix, 0)
    for name in dict.fromkeys(key.split("|")[0] for key in arrays if "|" in key):
        condition = task_condition(folder, name, hints, arrays["label"])
        free = model.unconditional(condition)
        ours = {
            "masked_inputs": model.sequence(torch.where(condition.given, hints, blank), condition),
            "uncond_masked_inputs": model.sequence(blank, free),
            "targets": model.sequence(inputs, condition),
            "weights": F.pad(ones, prefix),
            "segment_ids": F.pad(condition.given.flatten(1).int(), prefix),
        }
        for what, sequence in ours.items():
            report.equal(f"sequence {name} {what}", sequence, arrays[f"{name}|{what}"])


def task_condition(folder: MagvitFolder, name: str, tokens: Tensor, label: NDArray) -> Condition:
    """The condition of a task on tokens of a filled clip; `label` (b, 1) where it needs one."""
    task, b = TASKS[name], len(tokens)
    given = torch.from_numpy(task.region(tokens.shape[1:])).expand(b, *tokens.shape[1:])
    labels = label.reshape(-1) if task.needs_label else np.full(b, folder.config["classes"])
    return Condition(tokens, given, torch.full((b,), int(task.token)), as_tokens(labels))
