"""Discriminator, inflation, autoregressive baseline and cross-fade against the golden vectors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.checkpoints.magvit import (
    autoregressive_weights,
    discriminator_weights,
    tokenizer_key,
    tokenizer_weights,
)
from core.jobs.windows import cross_faded
from core.models.discriminators import Discriminator, DiscriminatorConfig
from core.models.inflation import Inflation, inflate
from core.models.tokenizers.vqgan2d import VQGAN2D, VQGAN2DConfig
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig
from core.models.transformers.autoregressive import (
    AutoregressiveConfig,
    AutoregressiveTransformer,
)
from core.training.losses import (
    LogitAverages,
    discriminator_loss,
    generator_loss,
    r1_penalty,
)
from tests.parity.folder import Arrays, MagvitFolder, as_tokens
from tests.parity.report import Report

R1_WEIGHT = 10.0
HEADS_OF_AR_LM = 4
"""Named in the README of the vectors; no shape tells it."""
WAYS: tuple[Inflation, ...] = ("central", "average")


def check_discriminator(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    """Logits of real and decoded clips, and what both networks learn from them."""
    sizes = folder.config
    config = DiscriminatorConfig(
        filters=sizes["dfilters"], multipliers=tuple(sizes["dmult"]), shape=tuple(sizes["thw"])
    )
    model = Discriminator(config).eval()
    model.load_state_dict(discriminator_weights(folder.weights("disc_weights*.npz")))
    clips = folder.clips()
    real, fake = (torch.from_numpy(arrays[f"{name}_logit"][:, 0]) for name in ("real", "fake"))
    count = len(clips)  # a small set of vectors has not all clips
    report.close("disc real_logit", model(clips), real[:count], 1e-5)
    decoded = folder.reconstructions().clamp(0, 1)
    report.close("disc fake_logit", model(decoded), fake[:count], 1e-5)
    if count == len(real):
        penalty = R1_WEIGHT * _r1(model, clips)
        golden = arrays["r1_penalty_cost10"]
        report.close("disc r1_penalty_cost10", penalty, golden, 1e-4 * float(golden))
    for kind, short in (("non-saturating", "ns"), ("hinge", "hinge")):
        judged = sum(discriminator_loss(real, fake, kind).values())
        report.close(f"disc d_loss_{short}", judged, arrays[f"d_loss_{short}"], 1e-5)
        made = generator_loss(fake, kind)
        report.close(f"disc g_loss_{short}", made, arrays[f"g_loss_{short}"], 1e-5)
    averages = LogitAverages(torch.tensor(0.3), torch.tensor(-0.2))
    key = "lecam_with_ema_real_0p3_ema_fake_m0p2"
    report.close(f"disc {key}", averages.penalty(real, fake), arrays[key], 1e-5)


@torch.enable_grad()
def _r1(model: Discriminator, clips: Tensor) -> Tensor:
    pixels = clips.clone().requires_grad_()
    return r1_penalty(model(pixels), pixels).detach()


def check_inflation(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    """Each 2D parameter, put into a 2D-VQ, comes out of the inflated 3D-VQ as it should."""
    filters = arrays["2d:encoder/Conv_0/kernel"].shape[-1]
    codes, dim = arrays["2d:quantizer/codebook"].shape
    common = {
        "filters": filters,
        "multipliers": (1, len(arrays["2d:encoder/GroupNorm_0/scale"]) // filters),
        "res_blocks": 1,
        "embedding_dim": dim,
        "codebook_size": codes,
    }
    flat = VQGAN2D(VQGAN2DConfig(**common))
    deep = VQGAN3D(VQGAN3DConfig(**common, temporal_down=(True,)))
    sizes = deep.config
    paths = [key.removeprefix("2d:") for key in arrays if key.startswith("2d:")]
    known = tokenizer_weights({path: arrays[f"2d:{path}"] for path in paths}, sizes)
    flat.load_state_dict(known, strict=False)
    for how in WAYS:
        inflate(flat.state_dict(), deep, how)
        inflated = deep.state_dict()
        for path in paths:
            golden = tokenizer_weights({path: arrays[f"{how}:{path}"]}, sizes)
            name = tokenizer_key(path, sizes)
            report.close(f"inflation {how} {path}", inflated[name], golden[name], 1e-6)


def check_autoregressive(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    weights = {key.removeprefix("w:"): arrays[key] for key in arrays if key.startswith("w:")}
    state = autoregressive_weights(weights)
    hidden = state["words.weight"].shape[1]
    config = AutoregressiveConfig(
        codebook_size=folder.config["codebook"],
        classes=folder.config["classes"],
        grid=(1, 1, len(state["positions"]) - 1),
        layers=len({name.split(".")[1] for name in state if name.startswith("layers.")}),
        hidden=hidden,
        mlp=len(state["layers.0.up.weight"]),
        heads=HEADS_OF_AR_LM,
    )
    model = AutoregressiveTransformer(config).eval()
    model.load_state_dict(state)
    logits, _ = model.read(as_tokens(arrays["ids"]))
    report.close("ar_lm logits", logits, arrays["logits"], 1e-4)


def check_cross_fade(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    windows = arrays["segments"]
    for key in arrays:
        if not key.startswith("overlap"):
            continue
        golden = arrays[key].reshape(-1, *windows.shape[2:])
        video = cross_faded(windows, int(key.removeprefix("overlap")))
        missing = len(golden) - len(video)  # the authors fill up with zeros to whole windows
        padded = np.pad(video, [(0, missing), *[(0, 0)] * (video.ndim - 1)])
        report.close(f"overlap_pool {key}", padded, golden, 1e-6)
