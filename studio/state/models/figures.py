"""The figures of a card as a table: a row per task and measure, a column per way to fill a hole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.tasks import TASKS

MEASURES = {
    "psnr": "PSNR",
    "ssim": "SSIM",
    "lpips": "LPIPS",
    "frechet": "Fréchet distance",
    "fvd": "FVD",
    "inception": "Inception score",
    "motion": "Motion",
    "judge": "Fréchet distance of the judge",
}
WAYS = {
    "model": "Model",
    "pasted": "Pasted in",
    "fill": "Fill",
    "still": "Still",
    "edge": "Edge",
    "inpaint": "Inpaint",
    "previous": "Previous",
}
"""How a hole was filled, in the order of the columns."""
ABOUT_WAYS = {
    "model": "What the model makes of it.",
    "pasted": "The model's result with all known pixels put back.",
    "fill": "What the tokenizer is shown in the hole, taken for the answer.",
    "still": "The last known frame, standing still.",
    "edge": "The nearest known pixel.",
    "inpaint": "OpenCV's inpainting, frame by frame.",
    "previous": "The same pixel of the last frame that shows it.",
}


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, by which measure, and the value of each way in words."""

    what: str
    measure: str
    values: Mapping[str, str]


def table(metrics: Mapping[str, float]) -> tuple[tuple[str, ...], tuple[Figure, ...]]:
    """The ways that there are, in order, and the rows, in the card's order."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in metrics.items():
        what, measure, way = _parts(name)
        rows.setdefault((what, measure), {})[way] = _short(value)
    known = {way for values in rows.values() for way in values}
    ways = tuple(way for way in WAYS if way in known)
    return ways, tuple(Figure(*key, values) for key, values in rows.items())


def _parts(name: str) -> tuple[str, str, str]:
    """ "FP_psnr_model" → the task in words, "PSNR", "model"."""
    what, _, rest = name.partition("_")
    measure, _, way = rest.partition("_")
    subject = TASKS[what].label if what in TASKS else what.capitalize()
    if measure in MEASURES and way in ("", *WAYS):
        return subject, MEASURES[measure], way or "model"
    return "Tokens", name.replace("_", " ").capitalize(), "model"


def _short(value: float) -> str:
    if value and abs(value) < 1:
        return f"{value:.3f}"
    return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
