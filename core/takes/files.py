"""The folder of a take: its card, what was asked, pictures of it; and the folder of all takes.

Every file is written whole or not at all.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.requests import GenerationRequest
from core.takes.card import TakeCard

CARD, REQUEST = "take.json", "request.json"
ORDER = "waiting.json"
"""In the folder of all takes: ids of those that wait, the next one first."""

POSTER_PX = 256
"""The longer side of a poster is no longer."""
_QUALITY = 88

log = logging.getLogger(__name__)


def write_json(path: Path, data: Any) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def write_card(folder: Path, card: TakeCard) -> None:
    write_json(folder / CARD, card.to_json())


def begin(folder: Path, card: TakeCard, request: GenerationRequest) -> None:
    """Make the folder of a new take."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / REQUEST, request.to_json())
    write_card(folder, card)


def read_request(folder: Path) -> GenerationRequest:
    """What was asked, with masks and states.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return GenerationRequest.from_json(json.loads((folder / REQUEST).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"What was asked of this take cannot be read from {folder / REQUEST}: {error}. "
            "Delete the take, or put the file back from a copy of the project."
        ) from error


def list_cards(takes: Path) -> tuple[TakeCard, ...]:
    """The cards of all takes of a project, newest first; what cannot be read is logged."""
    cards = []
    for path in takes.glob(f"*/{CARD}"):
        try:
            card = TakeCard.from_json(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the take in %s cannot be read: %s", path.parent, error)
            continue
        cards.append(replace(card, id=path.parent.name))
    return tuple(sorted(cards, key=lambda card: card.made, reverse=True))


def read_order(takes: Path) -> list[str]:
    """Ids of the takes that wait, the next one first; none when nothing says so."""
    try:
        order = json.loads((takes / ORDER).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [take for take in order if isinstance(take, str)] if isinstance(order, list) else []


def write_poster(folder: Path, variation: int, picture: NDArray[np.uint8]) -> None:
    """Args:
    picture: uint8 (H, W, 3).
    """
    scale = min(1.0, POSTER_PX / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)
    partial = folder / f".poster-{variation}.partial"
    partial.write_bytes(data.tobytes())
    os.replace(partial, poster(folder, variation))


def poster(folder: Path, variation: int) -> Path:
    return folder / f"poster-{variation}.jpg"


def remove(folder: Path) -> None:
    """Let go of a take for good; what cannot be removed is logged."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("the deleted take in %s cannot be removed: %s", folder, error)
