"""Files of a recorded set, each written whole or not at all.

A set is a folder: `dataset.json` tells what is in it, `train/<class>/0000.mp4` and
`val/<class>/0000.mp4` are its videos; `0000.npz` beside a video holds what was done in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
    with _whole(path) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=ENCODER)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv444p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())


def write_arrays(arrays: Mapping[str, Any], path: Path) -> None:
    """Arrays by their names, into one compressed .npz."""
    with _whole(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def write_description(description: Mapping[str, Any], folder: Path) -> None:
    """`dataset.json` of a set."""
    with _whole(folder / "dataset.json") as partial:
        partial.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


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


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside `path`, of no type that anybody reads; it takes its place at the end.

    Its name is the process's own: a worker that survived its run may still be writing the same.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        with suppress(OSError):  # the folder itself may be what is wrong
            partial.unlink()
        raise UserError(
            f"{path} could not be written: {error.strerror}. Make room, or choose another folder; "
            "the same command goes on where it was stopped."
        ) from error
