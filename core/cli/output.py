"""How a verb writes clips: --out and everything about its format, from the one table of formats."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.cli import UsageError
from core.errors import UserError
from core.media.shaping import AS_IT_IS, CUSTOM, FITS, RATES, SIZES, ShapeOptions
from core.media.writing import WRITERS, Writer
from core.options import Option, Value, schema, with_options

WRITER_OF_SUFFIX = {writer.suffix: writer for writer in reversed(WRITERS.values())}
"""Of several formats with one suffix the first of the table."""


@dataclass(frozen=True)
class Output:
    """How clips are written.

    Attributes:
        writer: the format; options: of its options class.
        shape: size and rate.
        sound: whether the clip's sound goes along.
    """

    writer: Writer
    options: Any
    shape: ShapeOptions
    sound: bool

    def check(self, size: tuple[int, int]) -> None:
        """Raises UserError when clips of that width and height cannot be written so."""
        if obstacle := self.writer.obstacle_to(self.shape.sized(size)):
            raise UserError(obstacle)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help=".mp4, .mov (ProRes 4444), .webm, .mkv (lossless), .gif, .npz, or a name without "
        "suffix for a folder of PNG frames",
    )
    how = parser.add_argument_group("output")
    how.add_argument(
        "--format",
        choices=WRITERS,
        help="default: what the suffix of --out is known for; h265 and av1 write .mp4 as well",
    )
    how.add_argument("--quality", type=int, metavar="0..100", help="75 looks like the source")
    how.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another option of the format: effort (mp4, h265, av1, webm), profile (prores), "
        "colours, dither, loop (gif), compression (png), slices (ffv1); may be given again",
    )
    how.add_argument(
        "--size",
        metavar="SIZE",
        help=f"{', '.join(SIZES[1:-1])}, or WIDTHxHEIGHT; default: the clip's own",
    )
    how.add_argument("--fit", choices=FITS, help=f"into WIDTHxHEIGHT; default: {FITS[0]}")
    how.add_argument("--rate", choices=RATES[1:], help="frames a second; default: the clip's own")
    how.add_argument("--no-sound", action="store_true", help="leave the clip's sound out")


def output(arguments: argparse.Namespace) -> Output:
    """What these arguments say.

    Raises:
        UsageError: they do not go together; UserError: a value is not possible.
    """
    writer = _writer(arguments)
    if writer.obstacle:
        raise UserError(writer.obstacle)
    return Output(writer, _options(arguments, writer), _shape(arguments), not arguments.no_sound)


def _writer(arguments: argparse.Namespace) -> Writer:
    suffix = arguments.out.suffix.lower()
    if not arguments.out.absolute().parent.is_dir():
        raise UserError(f"The folder {arguments.out.absolute().parent} of --out is not there.")
    if arguments.format is not None:
        chosen = WRITERS[arguments.format]
        if suffix != chosen.suffix:
            ending = f"ends with {chosen.suffix}" if chosen.suffix else "has no suffix"
            raise UsageError(f"--out {arguments.out}: with --format {chosen.name} it {ending}")
        return chosen
    if suffix not in WRITER_OF_SUFFIX:
        known = ", ".join(filter(None, WRITER_OF_SUFFIX))
        raise UsageError(f"--out {arguments.out}: the suffix is one of {known}, or none")
    return WRITER_OF_SUFFIX[suffix]


def _options(arguments: argparse.Namespace, writer: Writer) -> Any:
    known = {option.name: option for option in schema(writer.options)}
    given: dict[str, Value] = {}
    for text in arguments.set:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            names = ", ".join(known) or "none"
            raise UsageError(f"--set {text}: {writer.label} has the options {names}")
        given[name] = _value(known[name], value)
    if arguments.quality is not None:
        if "quality" not in known:
            raise UsageError(f"--quality: {writer.label} has no quality to choose")
        given["quality"] = arguments.quality
    return with_options(writer.options, given)


def _value(option: Option, text: str) -> Value:
    if option.kind == "bool":
        return {"on": True, "off": False}.get(text, text)
    if option.kind in ("int", "float"):
        try:
            return int(text) if option.kind == "int" else float(text)
        except ValueError:
            return text  # the option says what it wants
    return text


def _shape(arguments: argparse.Namespace) -> ShapeOptions:
    size, values = arguments.size or AS_IT_IS, dict[str, Value]()
    if size not in SIZES:
        width, _, height = size.partition("x")
        if not (width.isdigit() and height.isdigit()):
            raise UsageError(f"--size {size}: give one of {', '.join(SIZES[1:-1])}, or 1280x720")
        size, values = CUSTOM, {"width": int(width), "height": int(height)}
    if arguments.fit:
        if size != CUSTOM:
            raise UsageError("--fit goes with --size WIDTHxHEIGHT")
        values["fit"] = arguments.fit
    if arguments.rate:
        values["rate"] = arguments.rate
    shape: ShapeOptions = with_options(ShapeOptions, {"size": size, **values})
    return shape


def numbered(out: Path, count: int) -> Sequence[Path]:
    """One path for each variation: `out` itself, or O-1.mp4, O-2.mp4, …"""
    if count == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{number}{out.suffix}") for number in range(1, count + 1)]
