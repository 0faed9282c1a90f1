"""ModelCard: what a bundle on disk is. A bundle is a folder:

card.json                  this card
tokenizer.safetensors      weights, built from the sizes in the card
transformer.safetensors    absent when the bundle is a tokenizer alone
samples/*.mp4              clips that it made, named after their tasks; may be absent
README.md, LICENSE*, …     for people; may be absent
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from core.errors import UserError

FORMAT = 1
CAUSAL_FAMILIES = ("causal", "autoregressive")
"""Names of the transformers that decode from the first token on."""
CARD_FILE = "card.json"
TOKENIZER_FILE = "tokenizer.safetensors"
TRANSFORMER_FILE = "transformer.safetensors"
SAMPLES_FOLDER = "samples"
BELONGING = (
    CARD_FILE,
    TOKENIZER_FILE,
    TRANSFORMER_FILE,
    "README.md",
    "SOURCES.md",
    "LICENSE*",
    f"{SAMPLES_FOLDER}/*.mp4",
)
"""What a bundle may hold. Anything else is not taken along when one is copied or downloaded."""


@dataclass(frozen=True)
class Network:
    """A registered name and the sizes from which the network is built."""

    name: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class ModelCard:
    """What a bundle is, and how it came to be.

    Attributes:
        name: short and stable ("tiny"); title: for people.
        transformer: None for a tokenizer alone, which generates nothing.
        tasks: names from `core.tasks.TASKS` that the transformer was trained on.
        classes: names of the classes, in the order of their labels.
        frames, height, width: size of the clips that it generates, in frames and pixels.
        stride: pixels per token in T, H, W.
        rate: frames per second of the clips it was trained on.
        licence: of the weights; data: what they were trained on; hardware: where.
        steps: optimiser steps by part, e.g. {"tokenizer": 20000, "transformer": 50000}.
        metrics: name → figure, as measured, on footage never trained on.
        parent: name of the bundle whose networks the training began with; "" for none.
    """

    name: str
    title: str
    description: str
    tokenizer: Network
    transformer: Network | None
    tasks: tuple[str, ...]
    frames: int
    height: int
    width: int
    stride: tuple[int, int, int]
    rate: float
    licence: str
    classes: tuple[str, ...] = ()
    data: str = ""
    hardware: str = ""
    steps: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    parent: str = ""

    @property
    def context_frames(self) -> int:
        """How many first frames of a clip the transformer looks at as pixels."""
        return int(self.transformer.config.get("context_frames", 0)) if self.transformer else 0

    @property
    def family(self) -> str:
        """Registered name of the transformer; "" for a tokenizer alone."""
        return self.transformer.name if self.transformer else ""

    @property
    def causal(self) -> bool:
        """Whether the transformer decodes from the first token on, and so can continue a clip."""
        return self.family in CAUSAL_FAMILIES

    def label(self, class_name: str) -> int:
        """Index of a class.

        Raises:
            UserError: the model has no such class; the message lists those that it has.
        """
        if class_name in self.classes:
            return self.classes.index(class_name)
        known = ", ".join(self.classes) or "none"
        raise UserError(f"“{self.title}” has no class “{class_name}”. Known: {known}.")

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelCard:
        """Raises KeyError, TypeError or ValueError when the data is not a card."""
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']}, this version reads {FORMAT}")
        _check_kinds(data)
        values = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        values["tokenizer"] = Network(**values["tokenizer"])
        if values["transformer"] is not None:
            values["transformer"] = Network(**values["transformer"])
        for name in ("tasks", "classes", "stride"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)

    def write(self, folder: Path) -> None:
        """Writes card.json atomically."""
        partial = folder / f".{CARD_FILE}.partial"
        partial.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")
        os.replace(partial, folder / CARD_FILE)

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """The card of a bundle.

        Raises:
            UserError: card.json or a weights file is missing, or the card cannot be understood.
        """
        _check_there(folder, CARD_FILE, TOKENIZER_FILE)
        path = folder / CARD_FILE
        try:
            card = cls.from_json(json.loads(path.read_text("utf-8")))
        except KeyError as error:
            raise _unreadable(path, f"{error} is missing") from error
        except (TypeError, ValueError, OSError) as error:
            raise _unreadable(path, str(error)) from error
        if card.transformer is not None:
            _check_there(folder, TRANSFORMER_FILE)
        return card


def _check_there(folder: Path, *names: str) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise UserError(
                f"The model in {folder} is incomplete: {name} is missing. Copy it again."
            )


_TEXTS = ("name", "title", "description", "licence", "data", "hardware", "parent")
_LISTS = ("tasks", "classes")
_COUNTS = ("frames", "height", "width")


def _check_kinds(data: Mapping[str, Any]) -> None:
    """Raises ValueError when a value is not of its kind: a card may come from anybody."""
    wrong = [name for name in _TEXTS if not isinstance(data.get(name, ""), str)]
    wrong += [name for name in _LISTS if not _are(str, data.get(name, ()))]
    wrong += [name for name in _COUNTS if not _are(int, [data[name]]) or data[name] < 1]
    wrong += [] if _are(int, data["stride"]) and len(data["stride"]) == 3 else ["stride"]
    wrong += [] if _are(int | float, [data["rate"]]) and data["rate"] > 0 else ["rate"]
    for name, kind in (("steps", int), ("metrics", int | float)):
        figures = data.get(name, {})
        if not isinstance(figures, Mapping) or not _are(kind, list(figures.values())):
            wrong.append(name)
    if wrong:
        raise ValueError(f"“{wrong[0]}” has a value that makes no sense")


def _are(kind: Any, values: Any) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, kind) for value in values)


def _unreadable(path: Path, problem: str) -> UserError:
    return UserError(f"The model card {path} cannot be read: {problem}. Copy the model again.")


def list_bundles(folder: Path) -> list[tuple[Path, ModelCard | UserError]]:
    """Each bundle directly inside `folder`, by name, with its card or with what is wrong with it.

    A folder that does not exist holds no bundles.
    """
    if not folder.is_dir():
        return []
    found = sorted(path.parent for path in folder.glob(f"*/{CARD_FILE}"))
    return [(path, _card_or_problem(path)) for path in found if not path.name.startswith(".")]


def _card_or_problem(folder: Path) -> ModelCard | UserError:
    try:
        return ModelCard.read(folder)
    except UserError as error:
        return error


def belongs(path: str) -> bool:
    """Is that a file of a bundle? `path` is relative to its folder, with forward slashes.

    A name with a backslash or a colon is none: on Windows it could lead anywhere.
    """
    return not set(path) & set("\\:") and any(
        path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
        for pattern in BELONGING
    )


def files_of(folder: Path) -> tuple[Path, ...]:
    """The files of a bundle, by name."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(p for p in found if belongs(p.relative_to(folder).as_posix())))


def sample_clips(folder: Path) -> tuple[Path, ...]:
    """What a bundle made, a file per task, by name."""
    return tuple(path for path in files_of(folder) if path.parent.name == SAMPLES_FOLDER)
