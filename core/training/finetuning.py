"""A recipe for training a bundle further on someone's own clips: a few minutes on a small machine.

What is learnt: of MAGVIT's tokenizer its decoder alone, so that the tokens keep their meaning and
the transformer still fits; of VideoGPT's all. The transformer learns all of the bundle's tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.cards import ModelCard
from core.requests import FinetuneRequest
from core.tasks import TASKS

FULL_RATE, ADAPTER_RATE, DECODER_RATE = 1e-4, 1e-3, 1e-4
BATCH, TOKENIZER_BATCH = 8, 2
AVERAGE = 0.98
"""Memory of the averaged weights: short, as there are few steps."""
REMEMBERED = 0.25
"""Share of clips of old footage, where there is some, so that less is forgotten."""
PAINTED = 0.4
"""Share of painted regions among the tasks of a masked transformer that paints."""
UNLABELLED, BLIND = 0.1, 0.25
"""Shares trained without class and without first frames, where the bundle can do without."""


def recipe_values(
    request: FinetuneRequest,
    card: ModelCard,
    new_classes: Sequence[str],
    steps: Mapping[str, int],
) -> dict[str, Any]:
    """The recipe, as a TOML file has it.

    Args:
        card: of the bundle that is trained further.
        steps: of "tokenizer" and "prior"; none where it is not learnt.
    """
    total = max(steps.values())
    named = ", ".join(Path(path).name for path in request.clips)
    values: dict[str, Any] = {
        "name": request.name,
        "seed": request.seed,
        "frames": card.frames,
        "size": card.height,
        "strides": 1,
        "zoom": 0.8,
        "start": str(Path(request.bundle).resolve()),
        "new_classes": list(new_classes),
        "lora": request.lora,
        "save_every": max(total // 10, 25),
        "held_out": BATCH,
        "samples_every": max(total // 4, 50),
        "data": [
            *_sources(request.clips, request.class_name, 1 - REMEMBERED),
            *_sources(request.old, "", REMEMBERED),
        ],
        "old": _sources(request.old, "", 1.0),
        "about": {
            "title": f"{card.title} on {named}",
            "description": f"{card.title}, trained further on {named}.",
            "licence": card.licence,
            "data": f"{card.data}\nTrained further on {named}.".strip(),
            "rate": card.rate,
        },
    }
    if card.causal:
        values |= {"vqvae": _vqvae(card, steps), "prior": _prior(card, steps, request.lora)}
    else:
        values["tokenizer"] = _tokenizer(card, steps)
        values["transformer"] = _transformer(card, steps, request.lora)
    return values


def _sources(paths: Sequence[str], label: str, weight: float) -> list[dict[str, Any]]:
    """Sources that share a weight."""
    return [
        {"folder": str(Path(path).resolve()), "label": label, "weight": weight / len(paths)}
        for path in paths
    ]


def _tokenizer(card: ModelCard, steps: Mapping[str, int]) -> dict[str, Any]:
    leg = {"size": card.height, "batch": TOKENIZER_BATCH, "decoder_only": True}
    return {
        "network": card.tokenizer.name,
        "model": dict(card.tokenizer.config),
        "legs": _leg(leg, steps),
        "revive_every": 0,
        "ema": AVERAGE,
        "optimiser": _optimiser(DECODER_RATE, steps.get("tokenizer", 0)),
    }


def _vqvae(card: ModelCard, steps: Mapping[str, int]) -> dict[str, Any]:
    return {
        "model": dict(card.tokenizer.config),
        "legs": _leg({"size": card.height, "batch": TOKENIZER_BATCH}, steps),
        "optimiser": _optimiser(DECODER_RATE, steps.get("tokenizer", 0)),
    }


def _leg(leg: dict[str, Any], steps: Mapping[str, int]) -> list[dict[str, Any]]:
    count = steps.get("tokenizer", 0)
    return [{"steps": count, **leg}] if count else []


def _transformer(card: ModelCard, steps: Mapping[str, int], lora: int) -> dict[str, Any]:
    sizes = card.transformer.config if card.transformer else {}
    count = steps.get("prior", 0)
    kept = ("layers", "hidden", "mlp", "heads", "dropout", "multi_task", "conditioning")
    return {
        "steps": count,
        "network": card.family or "bidirectional",
        **{name: sizes[name] for name in kept if name in sizes},
        "tasks": [name for name in card.tasks if not TASKS[name].painted],
        "paint_share": PAINTED if "paint" in card.tasks else 0.0,
        "batch": BATCH,
        "ema": AVERAGE,
        "optimiser": _optimiser(ADAPTER_RATE if lora else FULL_RATE, count),
    }


def _prior(card: ModelCard, steps: Mapping[str, int], lora: int) -> dict[str, Any]:
    count, tasks = steps.get("prior", 0), set(card.tasks)
    unlabelled = card.classes and tasks & {"generate", "continue"}
    blind = card.context_frames and tasks & {"generate", "CG"}
    return {
        "steps": count,
        "batch": BATCH,
        "classes": bool(card.classes),
        "label_drop": UNLABELLED if unlabelled else 0.0,
        "context_drop": BLIND if blind else 0.0,
        "ema": AVERAGE,
        "optimiser": _optimiser(ADAPTER_RATE if lora else FULL_RATE, count),
    }


def _optimiser(rate: float, steps: int) -> dict[str, Any]:
    """Up in the first twentieth, down in the last fifth."""
    return {"rate": rate, "clip": 1.0, "warmup": steps // 20, "decay": steps // 5}
