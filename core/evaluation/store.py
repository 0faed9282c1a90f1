"""What was measured, in a folder: one file per chunk, there whole or not at all.

request.json       what the figures depend on; another request is refused
chunks/00000.npz   arrays by name, see `core.evaluation.measuring`
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.evaluation.request import EvaluateRequest

REQUEST, CHUNKS = "request.json", "chunks"
LARGE = ("set/", "picture/")
"""How names of large arrays begin."""


class Store:
    """Chunks of one request.

    Raises:
        UserError: the folder holds those of another one, or cannot be written to.
    """

    def __init__(self, folder: Path, request: EvaluateRequest) -> None:
        self.folder = folder
        self._chunks, self._count = folder / CHUNKS, len(request.chunks)
        try:
            self._chunks.mkdir(parents=True, exist_ok=True)
            self._claim(request)
        except OSError as error:
            raise UserError(f"{folder} cannot be written to: {error.strerror}.") from error

    def _claim(self, request: EvaluateRequest) -> None:
        path, facts = self.folder / REQUEST, request.facts()
        if not path.is_file():
            _write(path, json.dumps(facts, indent=2).encode())
            return
        there = json.loads(path.read_text("utf-8"))
        differing = [name for name in facts if facts[name] != there.get(name)]
        if differing:
            raise UserError(
                f"{self.folder} holds an evaluation with other {', '.join(differing)}. Choose "
                "another folder with --out, or remove this one."
            )

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of the chunks that are still to be measured."""
        return tuple(n for n in range(self._count) if not self._path(n).is_file())

    def write(self, number: int, arrays: dict[str, NDArray]) -> None:
        """Raises UserError when the disk does not take it."""
        packed = io.BytesIO()
        np.savez(packed, **arrays)  # type: ignore[arg-type]
        try:
            _write(self._path(number), packed.getvalue())
        except OSError as error:
            raise UserError(f"{self._chunks} cannot be written to: {error.strerror}.") from error

    def names(self) -> tuple[str, ...]:
        """Of the arrays of the first chunk, which has all that there are."""
        with self._open(0) as file:
            return tuple(file.files)

    def parts(self, name: str) -> Iterator[NDArray]:
        """An array chunk by chunk, in the order of the clips, up to the first that has none."""
        for number in range(self._count):
            with self._open(number) as file:
                if name not in file.files:
                    return
                yield file[name]

    def small(self) -> dict[str, list[NDArray]]:
        """The parts of all arrays but features and pictures, from one pass over the files."""
        found: dict[str, list[NDArray]] = {}
        for number in range(self._count):
            with self._open(number) as file:
                for name in file.files:
                    if not name.startswith(LARGE):
                        found.setdefault(name, []).append(file[name])
        return found

    def whole(self, name: str) -> NDArray:
        """An array over all clips that have it."""
        return np.concatenate(list(self.parts(name)))

    def _path(self, number: int) -> Path:
        return self._chunks / f"{number:05}.npz"

    def _open(self, number: int) -> np.lib.npyio.NpzFile:
        path = self._path(number)
        try:
            file: np.lib.npyio.NpzFile = np.load(path)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} is damaged. Remove it, and evaluate again.") from error
        return file


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, also when two do it at the same time."""
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise
