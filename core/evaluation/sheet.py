"""The contact sheet: for every task some clips as they are, as the model sees them, and its result.

A block is one task on one clip; its rows are clip, input and result, its columns are frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.clip import Frames
from core.evaluation.measuring import MODEL, TOKENIZER
from core.evaluation.store import Store
from core.tasks import TASKS

Picture = NDArray[np.uint8]

TILE, GAP, LEGEND, TITLE = 96, 4, 64, 30
"""Pixels: side of a frame, between frames, left of a row, above a block."""
COLUMNS = 8
"""Frames of a clip that are shown, evenly over its time."""
PAPER, INK = 250, (40, 40, 40)


def contact_sheet(store: Store, tasks: Sequence[str]) -> Picture:
    """RGB (H, W, 3): a row of blocks for the tokenizer and for each task."""
    truth = store.whole("picture/truth")
    rows = [_row(store, truth, "Tokenizer", {"result": f"{TOKENIZER}/{MODEL}"})]
    for name in tasks:
        title = f"{name}: {TASKS[name].label}"
        rows.append(
            _row(store, truth, title, {"input": f"{name}/input", "result": f"{name}/{MODEL}"})
        )
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), mode="edge") for row in rows]
    return np.concatenate(padded)


def pairs_sheet(upper: str, clips: Frames, lower: str, others: Frames) -> Picture:
    """RGB (H, W, 3): a block for each pair of clips, uint8 (n, T, H, W, 3)."""
    blocks = [
        _block(f"{number + 1}", {upper: clip, lower: other})
        for number, (clip, other) in enumerate(zip(clips, others, strict=True))
    ]
    return np.concatenate(blocks)


def write_png(picture: Picture, path: str) -> None:
    cv2.imwrite(path, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def _row(store: Store, truth: Frames, title: str, parts: dict[str, str]) -> Picture:
    """The blocks of all pictured clips beside each other."""
    strips = {"clip": truth}
    strips |= {legend: store.whole(f"picture/{name}") for legend, name in parts.items()}
    return np.concatenate(
        [
            _block(title, {legend: clips[number] for legend, clips in strips.items()})
            for number in range(len(truth))
        ],
        axis=1,
    )


def _block(title: str, strips: dict[str, Frames]) -> Picture:
    step = TILE + GAP
    frames = len(next(iter(strips.values())))
    chosen = np.linspace(0, frames - 1, min(COLUMNS, frames)).round().astype(int)
    shape = (TITLE + len(strips) * step + GAP, LEGEND + len(chosen) * step + GAP * 3, 3)
    paper = np.full(shape, PAPER, np.uint8)
    _write(paper, title, (GAP, TITLE - 10), 0.5)
    for row, (legend, clip) in enumerate(strips.items()):
        top = TITLE + row * step
        _write(paper, legend, (GAP, top + TILE // 2), 0.45)
        for column, frame in enumerate(chosen):
            left = LEGEND + column * step
            tile = cv2.resize(clip[frame], (TILE, TILE), interpolation=cv2.INTER_CUBIC)
            paper[top : top + TILE, left : left + TILE] = tile
    return paper


def _write(paper: Picture, text: str, place: tuple[int, int], size: float) -> None:
    cv2.putText(paper, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, INK, 1, cv2.LINE_AA)
