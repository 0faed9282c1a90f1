"""Masking, losses and gradients of training against the golden vectors."""

from __future__ import annotations

import torch

from core.checkpoints.magvit import tokenizer_key, tokenizer_weights
from core.models.tokenizers.vqgan3d import VQGAN3D
from core.training.losses import quantize, reconstruction
from core.training.masking import commit_inputs
from core.training.recipe import LossWeights
from tests.parity.folder import Arrays, MagvitFolder, as_tokens
from tests.parity.report import Report


def check_masking(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    """Every combination of task, condition mode, weight mode and ratio that the file holds."""
    tokens, hints = as_tokens(arrays["inputs"]), as_tokens(arrays["cond_inputs"])
    for key in arrays:
        combination, _, what = key.rpartition("|")
        if what != "score":
            continue
        name, mode, weights, ratio = combination.split("|")
        given = torch.zeros(tokens.shape, dtype=torch.bool)
        if f"{name}_cond_mask" in arrays:
            given = torch.from_numpy(arrays[f"{name}_cond_mask"])
        masked = commit_inputs(
            tokens,
            hints,
            given,
            torch.from_numpy(arrays[key]),
            float(ratio),
            mode="none" if mode == "None" else mode,
            weights=weights,
        )
        ours = {
            "masked_inputs": masked.inputs,
            "uncond_masked_inputs": masked.unconditional_inputs,
            "targets": masked.targets,
            "weights": masked.weights,
            "segment_ids": masked.segments,
        }
        for what, array in ours.items():
            report.equal(f"masking {combination} {what}", array, arrays[f"{combination}|{what}"])


@torch.enable_grad()
def check_tokenizer_losses(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    """Losses of the first clip, and gradients of their sum, with zero padding."""
    model, video, weights = folder.tokenizer(), folder.clips()[:1], LossWeights()
    features = model.encoder(video)
    quantized = quantize(features, model.quantizer, weights)
    l2 = reconstruction(model.decoder(quantized.features), video, weights)["l2"]
    quantizer_loss = sum(quantized.terms.values())
    total = l2 + quantizer_loss
    total.backward()
    ours = {
        "recon_l2": l2,
        "e_latent_loss": quantized.terms["commitment"],
        "q_latent_loss": quantized.terms["codebook"],
        "entropy_loss": quantized.terms["entropy"],
        "quantizer_loss": quantizer_loss,
        "total_loss": total,
    }
    for name, value in ours.items():
        report.close(f"vq training {name}", value.detach(), arrays[name], 1e-4)
    balance = arrays["sample_entropy"] - arrays["avg_entropy"]
    entropy = (quantized.terms["entropy"] / weights.entropy).detach()
    report.close("vq training sample_entropy - avg_entropy", entropy, balance, 1e-4)
    _check_gradients(model, arrays, report)


def _check_gradients(model: VQGAN3D, arrays: Arrays, report: Report) -> None:
    golden = {key: arrays[key] for key in arrays if key.startswith("grad:")}
    paths = {tokenizer_key(key.removeprefix("grad:"), model.config): key for key in golden}
    for name, parameter in model.named_parameters():
        if name in paths:
            key = paths[name]
            array = tokenizer_weights({key.removeprefix("grad:"): golden[key]}, model.config)[name]
            tolerance = 2e-3 * float(array.abs().max())
            report.close(f"vq training {key}", parameter.grad, array, tolerance)
    norm = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
    tolerance = 1e-3 * float(arrays["global_grad_norm"])
    report.close("vq training global_grad_norm", norm, arrays["global_grad_norm"], tolerance)
