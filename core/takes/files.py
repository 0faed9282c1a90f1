"""The folder of a take: its card and what was asked; and the folder of all takes.

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

from core.errors import UserError
from core.requests import GenerationRequest
from core.takes.card import TakeCard

CARD, REQUEST = "take.json", "request.json"
ORDER = "waiting.json"
"""In the folder of all takes: ids of those that wait, the next one first."""

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


def remove(folder: Path) -> None:
    """Let go of a take for good; what cannot be removed is logged."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("the deleted take in %s cannot be removed: %s", folder, error)
