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
BATCHES = {"tokenizer": 2, "prior": 8}
CHECKPOINTS, SAMPLES, REPORTS = 8, 8, 100
"""Of a training, about."""
HELD_OUT = 8
"""Clips that it is measured on."""
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
    processes: int = 1,
    hardware: str = "",
) -> dict[str, Any]:
    """The recipe, as a TOML file has it.

    Args:
        card: of the bundle that is trained further.
        steps: of "tokenizer" and "prior"; none where it is not learnt.
        processes: that train together. A batch has clips for each of them, and for all as many.
        hardware: what they train on, for the new bundle's card.
    """
    batches = {part: _shared(clips, processes) for part, clips in BATCHES.items()}
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
        "save_every": max(total // CHECKPOINTS, 5),
        "checkpoints": CHECKPOINTS + 1,  # all, so that any of them can be gone back to
        "held_out": HELD_OUT,
        "samples_every": max(total // SAMPLES, 5),
        "report_every": min(max(total // REPORTS, 1), 10),
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
            "hardware": hardware,
            "rate": card.rate,
        },
    }
    if card.causal:
        values |= {
            "vqvae": _vqvae(card, steps, batches["tokenizer"]),
            "prior": _prior(card, steps, request.lora, batches["prior"]),
        }
    else:
        values["tokenizer"] = _tokenizer(card, steps, batches["tokenizer"])
        values["transformer"] = _transformer(card, steps, request.lora, batches["prior"])
    return values


def _shared(clips: int, processes: int) -> int:
    """As many clips or a few more, so that each process gets as many as the others."""
    return -(-clips // processes) * processes


def _sources(paths: Sequence[str], label: str, weight: float) -> list[dict[str, Any]]:
    """Sources that share a weight."""
    return [
        {"folder": str(Path(path).resolve()), "label": label, "weight": weight / len(paths)}
        for path in paths
    ]


def _tokenizer(card: ModelCard, steps: Mapping[str, int], batch: int) -> dict[str, Any]:
    leg = {"size": card.height, "batch": batch, "decoder_only": True}
    return {
        "network": card.tokenizer.name,
        "model": dict(card.tokenizer.config),
        "legs": _leg(leg, steps),
        "revive_every": 0,
        "ema": AVERAGE,
        "optimiser": _optimiser(DECODER_RATE, steps.get("tokenizer", 0)),
    }


def _vqvae(card: ModelCard, steps: Mapping[str, int], batch: int) -> dict[str, Any]:
    return {
        "model": dict(card.tokenizer.config),
        "legs": _leg({"size": card.height, "batch": batch}, steps),
        "optimiser": _optimiser(DECODER_RATE, steps.get("tokenizer", 0)),
    }


def _leg(leg: dict[str, Any], steps: Mapping[str, int]) -> list[dict[str, Any]]:
    count = steps.get("tokenizer", 0)
    return [{"steps": count, **leg}] if count else []


def _transformer(
    card: ModelCard, steps: Mapping[str, int], lora: int, batch: int
) -> dict[str, Any]:
    sizes = card.transformer.config if card.transformer else {}
    count = steps.get("prior", 0)
    kept = ("layers", "hidden", "mlp", "heads", "dropout", "multi_task", "conditioning")
    return {
        "steps": count,
        "network": card.family or "bidirectional",
        **{name: sizes[name] for name in kept if name in sizes},
        "tasks": [name for name in card.tasks if not TASKS[name].painted],
        "paint_share": PAINTED if "paint" in card.tasks else 0.0,
        "batch": batch,
        "ema": AVERAGE,
        "optimiser": _optimiser(ADAPTER_RATE if lora else FULL_RATE, count),
    }


def _prior(card: ModelCard, steps: Mapping[str, int], lora: int, batch: int) -> dict[str, Any]:
    count, tasks = steps.get("prior", 0), set(card.tasks)
    unlabelled = card.classes and tasks & {"generate", "continue"}
    blind = card.context_frames and tasks & {"generate", "CG"}
    return {
        "steps": count,
        "batch": batch,
        "classes": bool(card.classes),
        "label_drop": UNLABELLED if unlabelled else 0.0,
        "context_drop": BLIND if blind else 0.0,
        "ema": AVERAGE,
        "optimiser": _optimiser(ADAPTER_RATE if lora else FULL_RATE, count),
    }


def _optimiser(rate: float, steps: int) -> dict[str, Any]:
    """Up in the first twentieth, down in the last fifth."""
    return {"rate": rate, "clip": 1.0, "warmup": steps // 20, "decay": steps // 5}
