"""Files of a recorded set, each written whole or not at all.

A set is a folder: `dataset.json` tells what is in it, `train/<class>/0000.mp4` and
`val/<class>/0000.mp4` are its videos; `0000.npz` beside a video holds what was done in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from core.clip import Frames
from core.errors import UserError

SPLITS = ("train", "val")
ENCODER = {"crf": "6", "preset": "veryfast", "threads": "1", "x264-params": "mbtree=0"}
"""Hardly any loss. With one thread, and without x264's macroblock tree, whose choices differ from
run to run in pictures as small as 64x64, equal frames become equal bytes."""


def write_video(frames: Frames, rate: Fraction, path: Path) -> None:
    """H.264 with full colour resolution (4:4:4), in MP4."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    with av.open(str(partial), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=ENCODER)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv444p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    os.replace(partial, path)


def write_arrays(arrays: Mapping[str, Any], path: Path) -> None:
    """Arrays by their names, into one compressed .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    with partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(partial, path)


def write_description(description: Mapping[str, Any], folder: Path) -> None:
    """`dataset.json` of a set."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "dataset.json"
    partial = _partial(path)
    partial.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)


def refuse_other_settings(settings: Mapping[str, Any], folder: Path) -> None:
    """A set that was begun goes on with the settings it was begun with.

    Raises:
        UserError: `dataset.json` is there and names other settings.
    """
    path = folder / "dataset.json"
    if not path.is_file():
        return
    there = json.loads(path.read_text(encoding="utf-8")).get("settings", {})
    for name in sorted(settings.keys() | there.keys()):
        if there.get(name) != settings.get(name):
            raise UserError(
                f"{path} describes a set with {name} {there.get(name)}, not {settings.get(name)}. "
                "Choose another folder, or go on with the settings of that file."
            )


def _partial(path: Path) -> Path:
    """Beside the file, and of no type that anybody reads."""
    return path.with_name(f"{path.name}.partial")
