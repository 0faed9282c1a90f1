"""What there is to know of a model, in words."""

from __future__ import annotations

from pathlib import Path

from core.cards import ModelCard
from core.estimates.words import NOT_MEASURED
from core.library import origin
from studio.state.models.models import KINDS
from studio.state.places import in_bytes


def facts_of(folder: Path, card: ModelCard, size: int) -> dict[str, str]:
    """Name → value in words; what a card does not say is left out.

    Args:
        size: what the model takes on the disk, in bytes.
    """
    codes = card.tokenizer.config.get("codebook_size")
    clip = card.frames, card.height, card.width
    t, h, w = (pixels // stride for pixels, stride in zip(clip, card.stride, strict=True))
    steps = ", ".join(f"{part} {count:,} steps" for part, count in card.steps.items())
    came = origin(folder)
    facts = {
        "Kind": KINDS.get(card.family, card.family),
        "Clips": f"{card.frames} frames of {card.width} × {card.height} pixels at {card.rate:g} "
        "a second",
        "Tokens": f"{t} × {h} × {w}" + (f", of {codes:,} codes" if codes else ""),
        "Here": NOT_MEASURED if card.family else "",
        "Licence": card.licence,
        "Trained on": card.data,
        "Trained for": steps,
        "Hardware": card.hardware,
        "Made from": card.parent,
        "Came from": f"{came.repository} on Hugging Face, {came.revision[:12]}" if came else "",
        "On the disk": in_bytes(size),
        "Folder": str(folder),
    }
    return {name: value for name, value in facts.items() if value}
