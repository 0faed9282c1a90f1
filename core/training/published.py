"""Recipes of the papers: `preset = "bair"` fills in what a recipe leaves out. Those of VideoGPT
stand here, those of MAGVIT beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.errors import UserError
from core.models.presets import FRAMES, PRESETS, SIZE, Training
from core.training.published_magvit import magvit_presets

Values = dict[str, Any]

_PRIOR_SIZES = (
    "layers",
    "hidden",
    "heads",
    "mlp",
    "attention",
    "context_frames",
    "context_depths",
    "context_widths",
    "dropout",
    "attention_dropout",
)
"""What a recipe says of a prior's network; the rest follows from the tokenizer and the data."""


def completed(values: Values, where: str) -> Values:
    """A recipe's values with those of its preset behind them; the recipe's own win.

    Raises:
        UserError: there is no such preset.
    """
    values = dict(values)
    name = values.pop("preset", None)
    if name is None:
        return values
    if name in PRESETS:
        return _merged(_published(name), values)
    others = magvit_presets()
    if name not in others:
        known = ", ".join([*PRESETS, *others])
        raise UserError(f"{where}: there is no preset “{name}”. Known: {known}.")
    return _merged(others[name], values)


def _published(name: str) -> Values:
    preset = PRESETS[name]
    tokenizer, prior = preset.tokenizer_training, preset.prior_training
    sizes = asdict(preset.prior)
    return {
        "frames": FRAMES,
        "size": SIZE,
        "vqvae": {
            "model": _listed(asdict(preset.tokenizer)),
            "legs": [{"steps": tokenizer.steps, "size": SIZE, "batch": tokenizer.batch}],
            "optimiser": _adam(tokenizer),
        },
        "prior": {
            "steps": prior.steps,
            "batch": prior.batch,
            "classes": preset.prior.classes > 0,
            "optimiser": _adam(prior) | {"clip": 1.0, "decay": prior.steps, "shape": "cosine"},
            **_listed({size: sizes[size] for size in _PRIOR_SIZES}),
        },
    }


def _adam(training: Training) -> Values:
    return {"rate": training.rate, "betas": [0.9, 0.999], "warmup": 0, "decay": 0}


def _listed(values: Mapping[str, Any]) -> Values:
    """Tuples as the lists of a TOML file."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _merged(base: Values, over: Values) -> Values:
    """Tables are merged key by key; anything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merged(base[key], value) if both else value
    return merged
