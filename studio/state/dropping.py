"""What is dropped on the window: what each file is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from core.cards import CARD_FILE
from core.media.folders import SUFFIXES as PICTURES
from core.media.folders import read_picture
from studio.state.projects.opening import is_packed, is_project_path

Kind = Literal["clips", "project", "mask", "model", "checkpoint", "refused"]

CHECKPOINTS = (".ckpt", ".pt", ".pth")
_OTHER = {
    ".safetensors": "is a part of a model. Drop the folder that it is in.",
    ".toml": "is a recipe for a training. Start it with “maskreel train” on the command line.",
    ".zip": "is no packed project. Unpack it, and drop what is in it.",
    ".txt": "is plain text. Drop a clip, a mask, a model's folder or a project.",
    ".pdf": "is a document. Drop a clip, a mask, a model's folder or a project.",
}
"""What some files are, which cannot be opened, and what to do instead."""
_NO_PICTURE = (
    "is a still picture. As a mask it needs an open clip; to use pictures as a clip, "
    "drop the folder that they are in."
)
_NO_MASKS = "holds masks or settings, and no clip is open that they belong to. Open the clip first."
_PICTURES = (
    "These are still pictures. To use them as a clip or as its masks, put them into one folder "
    "and drop the folder."
)
_GREY, _BETWEEN, _LITTLE = 6, (24, 231), 0.02
"""Levels by which the channels of a mask may differ, what is neither black nor white, and the share
of its pixels that may be so."""


@dataclass(frozen=True)
class Drop:
    """What becomes of files that are dropped together.

    Attributes:
        kind: what they are taken for.
        paths: those that are used.
        words: what will be done, in a few words; of a refusal the sentence that says why.
    """

    kind: Kind
    paths: tuple[Path, ...]
    words: str


def sorted_out(paths: Sequence[Path], *, has_clip: bool) -> Drop:
    """What becomes of files. Only a folder's or picture's first bytes are read.

    Args:
        has_clip: whether a clip is open, which masks are for.
    """
    if len(paths) == 1:
        return _one(paths[0], has_clip)
    for path in paths:
        drop = _one(path, has_clip)
        if drop.kind == "project":
            return drop
    if all(path.suffix.lower() in PICTURES for path in paths):
        return Drop("refused", (), _PICTURES)
    clips = tuple(path for path in paths if path.suffix.lower() not in (*_OTHER, *PICTURES))
    if not clips:
        return _one(paths[0], has_clip)
    count = f"{len(clips)} clips" if len(clips) > 1 else f"“{clips[0].name}”"
    return Drop("clips", clips, f"Add {count}")


def _one(path: Path, has_clip: bool) -> Drop:
    name, suffix = f"“{path.name}”", path.suffix.lower()
    if is_project_path(path):
        return Drop("project", (path,), f"Open the project {name}")
    if is_packed(path):
        return Drop("project", (path,), f"Unpack the project {name}")
    if (path / CARD_FILE).is_file():
        return Drop("model", (path,), f"Add the model {name}")
    if path.is_dir():
        return _folder(path, has_clip)
    if suffix in CHECKPOINTS:
        return Drop("checkpoint", (path,), f"Import the checkpoint {name}")
    if suffix in PICTURES or suffix == ".json":
        if has_clip:
            return Drop("mask", (path,), f"Use {name} as the mask")
        return Drop("refused", (), f"{name} {_NO_MASKS if suffix == '.json' else _NO_PICTURE}")
    if suffix in _OTHER:
        return Drop("refused", (), f"{name} {_OTHER[suffix]}")
    return Drop("clips", (path,), f"Open {name}")


def _folder(path: Path, has_clip: bool) -> Drop:
    if has_clip and _holds_masks(path):
        return Drop("mask", (path,), f"Use the pictures of “{path.name}” as masks")
    return Drop("clips", (path,), f"Open the folder “{path.name}”")


def _holds_masks(folder: Path) -> bool:
    """Whether the first picture of a folder is black and white."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    except OSError:
        return False
    picture = read_picture(found[0]) if found else None
    if picture is None:
        return False
    small = cv2.resize(picture, (160, 90), interpolation=cv2.INTER_NEAREST).astype(np.int16)
    low, high = _BETWEEN
    grey = np.ptp(small, axis=2).max() <= _GREY
    between = ((small > low) & (small < high)).mean()
    return bool(grey and between <= _LITTLE)
