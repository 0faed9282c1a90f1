"""Recipes of MAGVIT's paper, with the values of its code (arXiv 2212.05199, appendix A to C).

    preset = "magvit-ucf101-b"      tokenizer and transformer of a data set, in size b or l
    preset = "magvit-2d-ucf101-b"   the same with the 2D-VQ that the 3D-VQ is inflated from

Steps are epochs times whole batches of the data set's clips, as the authors count them. Left out,
because they are no part of the paper's code: the pictures that 2D-VQ was trained on first, and the
network of the perceptual loss, which a recipe names as `tokenizer.perceptual_network`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]

_MT8 = ("FP", "FI", "OPC", "OPV", "OPH", "OPD", "IPC", "IPD")
_MT10 = (*_MT8, "CG", "CFP")
_TRANSFORMER_BATCH, _TRANSFORMER_WARMUP = 256, 5000


@dataclass(frozen=True)
class _DataSet:
    """What a data set asks for; pairs are of the sizes b and l.

    Attributes:
        clips: of its training part.
        size: of a clip, in pixels.
        tokenizer_epochs, transformer_epochs: passes through all clips.
        known: first (and last) frames that are given.
    """

    clips: int
    size: int
    tasks: tuple[str, ...]
    tokenizer_epochs: tuple[int, int]
    transformer_epochs: tuple[int, int]
    classes: bool = False
    known: int = 1


_DATA_SETS = {
    "ucf101": _DataSet(9_537, 128, ("CG",), (500, 2000), (2000, 2000), classes=True),
    "bair": _DataSet(43_264, 64, ("FP",), (400, 800), (400, 800)),
    "bair-mt8": _DataSet(43_264, 64, _MT8, (400, 800), (1200, 1600)),
    "k600": _DataSet(384_000, 128, ("FP",), (45, 180), (180, 360), known=5),
    "ssv2": _DataSet(169_000, 128, _MT10, (135, 400), (720, 1440), classes=True),
    "nuscenes": _DataSet(5_400, 128, ("FP",), (1280, 5120), (2560, 10240)),
    "objectron": _DataSet(14_400, 128, ("FI",), (1000, 2000), (1000, 2000)),
    "web": _DataSet(12_000_000, 128, _MT8, (5, 20), (10, 20)),
}
_SIZES = ("b", "l")
_TOKENIZER_BATCH = (128, 256)
_FILTERS = (64, 128)
_TRANSFORMERS = (
    {"layers": 12, "hidden": 768, "mlp": 3072, "heads": 12},
    {"layers": 24, "hidden": 1024, "mlp": 4096, "heads": 16},
)
_FLAT_EPOCHS, _FLAT_BATCH = 1000, 256
"""Of the 2D-VQ on UCF-101."""


def magvit_presets() -> dict[str, Values]:
    """All recipes by the name of their preset."""
    presets = {
        f"magvit-{name}-{size}": _recipe(data, number)
        for name, data in _DATA_SETS.items()
        for number, size in enumerate(_SIZES)
    }
    flat = {
        f"magvit-2d-ucf101-{size}": _flattened(_recipe(_DATA_SETS["ucf101"], number), number)
        for number, size in enumerate(_SIZES)
    }
    return presets | flat


def _recipe(data: _DataSet, number: int) -> Values:
    return {
        "frames": 16,
        "size": data.size,
        "strides": 1,
        "zoom": 1.0,
        "tokenizer": _tokenizer(data, number),
        "transformer": _transformer(data, number),
    }


def _tokenizer(data: _DataSet, number: int) -> Values:
    small = data.size == 64
    sizes = {
        "filters": _FILTERS[number],
        "multipliers": [1, 2, 4] if small else [1, 2, 2, 4],
        "temporal_down": [True, True] if small else [True, True, False],
    }
    batch = _TOKENIZER_BATCH[number]
    return {"model": sizes} | _learning(data, data.tokenizer_epochs[number], batch)


def _learning(data: _DataSet, epochs: int, batch: int) -> Values:
    """How a tokenizer learns: with a discriminator, a warm-up of one epoch and a cosine to zero."""
    epoch = data.clips // batch
    steps = epochs * epoch
    adam = {
        "rate": 1e-4,
        "betas": [0.0, 0.99],
        "warmup": epoch,
        "decay": steps - epoch,
        "shape": "cosine",
    }
    return {
        "legs": [{"steps": steps, "size": data.size, "batch": batch}],
        "optimiser": adam,
        "adversarial": {"optimiser": adam},
        "losses": {"perceptual": 0.1},
        "ema": 0.999,
        "revive_every": 0,
    }


def _transformer(data: _DataSet, number: int) -> Values:
    steps = data.transformer_epochs[number] * (data.clips // _TRANSFORMER_BATCH)
    return {
        "steps": steps,
        **_TRANSFORMERS[number],
        "dropout": 0.1,
        "batch": _TRANSFORMER_BATCH,
        "tasks": list(data.tasks),
        "paint_share": 0.0,
        "known_frames": [data.known],
        "multi_task": len(data.tasks) > 1,
        "classes": data.classes,
        "per_sample": False,
        "drop": 0.0,
        "ema": 0.0,
        "optimiser": {
            "rate": 1e-4,
            "betas": [0.9, 0.96],
            "weight_decay": 0.045,
            "clip": 1.0,
            "warmup": _TRANSFORMER_WARMUP,
            "decay": max(steps - _TRANSFORMER_WARMUP, 0),
            "shape": "cosine",
        },
    }


def _flattened(recipe: Values, number: int) -> Values:
    """The recipe with a 2D-VQ, which learns from four frames of each clip."""
    sizes = {"filters": _FILTERS[number], "multipliers": [1, 2, 2, 4]}
    learning = _learning(_DATA_SETS["ucf101"], _FLAT_EPOCHS, _FLAT_BATCH)
    flat = {"network": "vqgan2d", "model": sizes, "frames_per_clip": 4}
    return recipe | {"tokenizer": flat | learning}
