"""Steps and results of a take on the disk: arrays in one file that grows, and where each lies.

What is read again are views into the file, so a take that is looked at costs little memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.requests import GenerationFinished, GenerationStarted, GenerationStepped, Timings
from core.takes.files import write_json
from core.token_edits import TokenEdits

CONTENTS, SETTLED = "contents.json", "settled.bin"
MOST_PREVIEW_BYTES = 12 << 20
"""Of the previews of one take that are kept. When there are more, every second one is let go; the
tokens of all steps stay."""
MOST_WASTE = 16 << 20
"""Bytes that belong to nothing any more, before the file is begun anew."""
_ALIGNED = 64

T = TypeVar("T")
Spot = tuple[int, int]
"""Number of a step, and a variation."""
Part = GenerationStarted | GenerationStepped | GenerationFinished
Stored = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Contents:
    """All that a take has come to.

    Attributes:
        started, steps, finished: as of a `studio.state.take.Take`.
        last: the step that it goes on after, also when its window is over.
        settled: frames (n, count, H, W, 3) that change no more; they lie in the take's folder.
        settled_before: how many of them were settled when the window began.
        marks: what a person has marked on its tokens.
    """

    started: GenerationStarted | None = None
    steps: tuple[GenerationStepped, ...] = ()
    last: GenerationStepped | None = None
    settled: NDArray[np.uint8] | None = None
    settled_before: int = 0
    finished: GenerationFinished | None = None
    marks: Mapping[Spot, TokenEdits] = field(default_factory=dict)


class ContentsFile:
    """Writes the contents of one take again and again; what was written before is left out.

    Each time all that is there is complete, or all that was there before.

    Args:
        folder: of the take.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = max(map(_number, folder.glob("contents-*.bin")), default=0)
        self._begin_anew()

    def write(self, contents: Contents) -> None:
        """Raises:
        OSError: the disk is full, or the folder cannot be written.
        """
        if self._size - self._used > MOST_WASTE:
            self._begin_anew()
        with self._path.open("ab") as file:
            data = self._stored(contents, file)
            file.flush()
            os.fsync(file.fileno())
        if contents.settled is not None:
            _sync(self._folder / SETTLED)
        write_json(self._folder / CONTENTS, data)
        for path in self._folder.glob("contents-*.bin"):
            if path != self._path:
                path.unlink()  # who still looks at it can go on

    @property
    def _path(self) -> Path:
        return self._folder / f"contents-{self._number}.bin"

    def _begin_anew(self) -> None:
        self._number += 1
        self._places: dict[Part, Stored] = {}
        self._size = self._used = 0

    def _stored(self, contents: Contents, file: IO[bytes]) -> Stored:
        """Where everything lies, after what is new was appended."""
        file.seek(0, os.SEEK_END)
        self._size = file.tell()
        before, self._places = self._places, {}
        shown = _with_pixels(contents.steps)

        def put(part: Part | None) -> Stored | None:
            if part is None:
                return None
            known = self._places.get(part) or before.get(part)
            if isinstance(part, GenerationStepped) and part not in shown:
                bare = replace(part, preview=None)
                known = known | {"preview": None} if known else self._append(bare, file)
            self._places[part] = known or self._append(part, file)
            return self._places[part]

        settled = contents.settled
        data = {
            "file": self._path.name,
            "started": put(contents.started),
            "steps": [put(step) for step in contents.steps],
            "last": put(contents.last),
            "finished": put(contents.finished),
            "settled": None if settled is None else list(settled.shape),
            "settled_before": contents.settled_before,
            "marks": [[*spot, edits.to_json()] for spot, edits in contents.marks.items()],
        }
        self._used = sum(map(_bytes, self._places.values()))
        return data

    def _append(self, part: Part, file: IO[bytes]) -> Stored:
        return {field.name: self._value(getattr(part, field.name), file) for field in fields(part)}

    def _value(self, value: object, file: IO[bytes]) -> object:
        """A value as JSON; of an array or bytes, where it lies."""
        if isinstance(value, bytes):
            return {**self._array(np.frombuffer(value, np.uint8), file), "kind": "bytes"}
        if isinstance(value, Timings):
            return asdict(value)
        return self._array(value, file) if isinstance(value, np.ndarray) else value

    def _array(self, value: NDArray[Any], file: IO[bytes]) -> Stored:
        self._size += file.write(bytes(-self._size % _ALIGNED))
        place = {"at": self._size, "kind": value.dtype.str, "shape": list(value.shape)}
        self._size += file.write(np.ascontiguousarray(value).data.cast("B"))
        return place


def read_contents(folder: Path) -> Contents:
    """What `ContentsFile` wrote last; nothing when nothing was written yet.

    Raises:
        UserError: the files are damaged.
    """
    try:
        data = json.loads((folder / CONTENTS).read_text("utf-8"))
        return _read(folder, data)
    except FileNotFoundError as error:
        if Path(error.filename).name == CONTENTS:
            return Contents()
        raise UserError(_damaged(folder, f"{Path(error.filename).name} is missing")) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(_damaged(folder, str(error))) from error


def _damaged(folder: Path, why: str) -> str:
    return (
        f"The steps and pictures of the take in {folder} cannot be read: {why}. Generate it again "
        "with its settings, or put the folder back from a copy of the project."
    )


def _read(folder: Path, data: Mapping[str, Any]) -> Contents:
    path = folder / str(data["file"])
    stored = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8)
    steps = [_restored(GenerationStepped, step, stored) for step in data["steps"]]
    shape = data["settled"]
    return Contents(
        started=_optional(GenerationStarted, data["started"], stored),
        steps=tuple(steps),
        last=_same_as(data["last"], data["steps"], steps, stored),
        settled=shape and np.memmap(folder / SETTLED, np.uint8, "r", shape=tuple(shape)),
        settled_before=int(data["settled_before"]),
        finished=_optional(GenerationFinished, data["finished"], stored),
        marks={
            (int(step), int(variation)): TokenEdits.from_json(edits)
            for step, variation, edits in data.get("marks", ())
        },
    )


def _same_as(
    last: Stored | None,
    places: list[Stored],
    steps: list[GenerationStepped],
    stored: NDArray[np.uint8],
) -> GenerationStepped | None:
    """The last step: one of `steps`, as nearly always, or one that is none of them any more."""
    if last in places:
        return steps[places.index(last)]
    return _optional(GenerationStepped, last, stored)


def _optional(cls: type[T], data: Stored | None, stored: NDArray[np.uint8]) -> T | None:
    return None if data is None else _restored(cls, data, stored)


def _restored(cls: type[T], data: Stored, stored: NDArray[np.uint8]) -> T:
    return cls(**{name: _array(value, stored) for name, value in data.items()})


def _array(value: Any, stored: NDArray[np.uint8]) -> Any:
    if not isinstance(value, dict):
        return tuple(value) if isinstance(value, list) else value
    if "kind" not in value:
        return Timings(**value)
    if value["kind"] == "bytes":
        return stored[value["at"] :][: value["shape"][0]].tobytes()
    kind = np.dtype(value["kind"])
    size = int(np.prod(value["shape"])) * kind.itemsize
    return stored[value["at"] :][:size].view(kind).reshape(value["shape"])


def _with_pixels(steps: tuple[GenerationStepped, ...]) -> set[GenerationStepped]:
    """The steps whose previews are kept: the newest one, and as many as there is room for."""
    seen = [step for step in steps if step.preview is not None]
    every = 1
    while sum(_preview_bytes(step) for step in seen[::every]) > MOST_PREVIEW_BYTES:
        every *= 2
    return {*seen[::every], *seen[-1:]}


def _preview_bytes(step: GenerationStepped) -> int:
    return 0 if step.preview is None else step.preview.nbytes


def _bytes(stored: Stored) -> int:
    """Bytes of the arrays of a part."""
    places = [value for value in stored.values() if isinstance(value, dict) and "kind" in value]
    return sum(
        int(np.prod(place["shape"]))
        * (1 if place["kind"] == "bytes" else np.dtype(place["kind"]).itemsize)
        for place in places
    )


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("contents-")
    return int(digits) if digits.isdigit() else 0


def _sync(path: Path) -> None:
    """Let what others have written to a file reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
