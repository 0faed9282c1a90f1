"""Look at versions, device, codecs, models and samples, and try to write every format."""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from importlib import import_module, metadata
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.assets import asset, model_folders
from core.cards import ModelCard, list_bundles
from core.errors import UserError
from core.estimates.table import Point
from core.media.reading import open_clip
from core.media.writing import WRITERS, write_clip

PACKAGES = ("torch", "numpy", "cv2", "av", "safetensors", "PySide6", "qasync")
WINDOW_PACKAGES = ("PySide6", "qasync")
"""Only the studio needs them; the verbs work without."""
READ_CODECS = ("h264", "hevc", "vp9", "av1", "mpeg4", "prores", "ffv1", "gif", "png")
WRITE_CODECS = ("aac", "libopus", "flac")
"""Of sound; those of pictures are tried format by format."""
SIZE, FRAMES = 64, 8
"""Of the clip that is written as a test."""

Line = tuple[str, str | None]
"""What was found, and what is wrong with it, if anything is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--measure",
        action="store_true",
        help="also measure how fast each model generates here, for the studio's estimates",
    )


def run(arguments: argparse.Namespace) -> None:
    """Prints what it finds.

    Raises:
        UserError: something that is needed is missing; the message names all of it.
    """
    problems = []
    for check in (*CHECKS, *((_speed,) if arguments.measure else ())):
        for line, problem in check():
            print(f"{'--' if problem else 'ok'}  {line}{f': {problem}' if problem else ''}")
            problems += [f"{line}: {problem}"] if problem else []
    if problems:
        raise UserError("; ".join(problems))


def _versions() -> Iterator[Line]:
    with suppress(metadata.PackageNotFoundError):  # a checkout that is not installed
        yield f"maskreel {metadata.version('maskreel')}", None
    yield f"Python {platform.python_version()} on {platform.platform()}", None
    for name in PACKAGES:
        try:
            yield f"{name} {import_module(name).__version__}", None
        except ImportError as error:
            needed = name not in WINDOW_PACKAGES
            yield f"{name} is missing", str(error) if needed else None
        except AttributeError:
            yield name, None


def _device() -> Iterator[Line]:
    import torch

    from core.device import best_device, device_name, matmul_seconds

    yield f"device: {device_name(best_device())}, {torch.get_num_threads()} threads", None
    exact, coarse = (matmul_seconds(dtype) for dtype in (torch.float32, torch.bfloat16))
    yield f"CPU product: float32 {exact * 1e3:.1f} ms, bfloat16 {coarse * 1e3:.1f} ms", None


def _codecs() -> Iterator[Line]:
    for mode, names in (("r", READ_CODECS), ("w", WRITE_CODECS)):
        missing = [name for name in names if not _available(name, mode)]
        verb = "reads" if mode == "r" else "writes"
        found = ", ".join(name for name in names if name not in missing)
        yield f"{verb} {found}", f"no {', '.join(missing)}" if missing else None


def _available(name: str, mode: str) -> bool:
    try:
        av.Codec(name, mode)
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _writing() -> Iterator[Line]:
    frames = list(_test_frames())
    with tempfile.TemporaryDirectory(prefix="maskreel-doctor-") as folder:
        for name, writer in WRITERS.items():
            path = Path(folder) / f"test-{name}{writer.suffix}"
            yield f"writes and reads back {writer.label}", _problem(_round_trip, frames, path, name)


def _test_frames() -> Iterator[NDArray[np.uint8]]:
    ramp = np.linspace(0, 255, SIZE).astype(np.uint8)
    for number in range(FRAMES):
        yield np.repeat(np.roll(ramp, number * 4)[None, :, None], SIZE, 0).repeat(3, 2)


def _round_trip(frames: list[NDArray[np.uint8]], path: Path, writer: str) -> None:
    for _ in write_clip(frames, path, writer=writer, rate=Fraction(25)):
        continue
    with open_clip(path) as reader:
        if len(reader) != len(frames) or reader.size != (SIZE, SIZE):
            raise UserError(f"read back {len(reader)} frames of {reader.size}")


def _models() -> Iterator[Line]:
    found = [entry for folder in model_folders() for entry in list_bundles(folder)]
    for path, card in found:
        good = isinstance(card, ModelCard)
        yield f"model {path.name}", None if good else str(card)
    if not any(isinstance(card, ModelCard) for _, card in found):
        yield "models", f"none in {' or '.join(map(str, model_folders()))}"


def _speed() -> Iterator[Line]:
    """What a few short generations take with each model; kept for later estimates."""
    from core.jobs import measure  # loads torch

    for folder in model_folders():
        for path, card in list_bundles(folder):
            if not isinstance(card, ModelCard) or not card.family:
                continue
            try:
                for _, point in measure.run(path):
                    yield _measured(point), None
            except UserError as error:
                yield f"measuring {path.name}", str(error)


def _measured(point: Point) -> str:
    work = point.work
    return (
        f"{point.model}: {work.count} of {work.passes:,} passes in {point.seconds:.2f} s "
        f"(transformer {point.transformer:.2f}, pixels {point.decode:.2f}), "
        f"{point.memory / 1e6:,.0f} MB"
    )


def _samples() -> Iterator[Line]:
    try:
        samples = sorted(path.name for path in asset("samples").iterdir())
    except UserError as error:
        yield "samples", str(error)
    else:
        yield f"samples: {', '.join(samples)}", None if samples else "none"


def _problem(attempt: Callable[..., None], *arguments: object) -> str | None:
    """None when the attempt succeeds, else what it said."""
    try:
        attempt(*arguments)
    except UserError as error:
        return str(error)
    return None


CHECKS: tuple[Callable[[], Iterator[Line]], ...] = (
    _versions,
    _device,
    _codecs,
    _writing,
    _models,
    _samples,
)
