"""Generate a region of a clip and write the clip with it, at its own size, rate and sound."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.assets import model_folders
from core.cards import CARD_FILE, ModelCard, list_bundles
from core.cli import UsageError
from core.cli.mask_files import read_masks
from core.cli.progress import Progress
from core.compositing import composited_clip
from core.errors import UserError
from core.masks import MaskTrack
from core.media.reading import ClipReader, open_clip
from core.media.writing import WRITERS, write_clip
from core.options import Value
from core.requests import (
    GenerationFinished,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
)
from core.tasks import TASKS
from core.window import Window, fitted, whole

T = TypeVar("T")

WRITER_OF_SUFFIX = {writer.suffix: writer.name for writer in WRITERS.values()}
DECODER_OPTIONS = {
    "steps": "steps",
    "schedule": "schedule",
    "temperature": "choice_temperature",
    "guidance": "guidance",
}
"""Argument → option of the decoder."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what")
    what.add_argument("--clip", type=Path, help="video file or folder of pictures")
    what.add_argument(
        "--mask", type=Path, help="picture, folder of pictures or video; white = generate"
    )
    what.add_argument("--task", choices=TASKS, default="paint", help="default: paint")
    what.add_argument("--class", dest="label", help="class name, for models that know classes")
    where = parser.add_argument_group("where")
    where.add_argument(
        "--frames",
        type=_frames,
        metavar="A:B",
        help="frames A to B - 1, a multiple of the model's; default: as many as the model has",
    )
    where.add_argument(
        "--region",
        type=_region,
        metavar="X,Y,W,H",
        help="the part of the picture that the model sees; default: around the mask",
    )
    how = parser.add_argument_group("how")
    how.add_argument("--model", help="name or folder; default: the one that came with Maskreel")
    how.add_argument("--decoder", default="commit", help="default: commit")
    how.add_argument("--steps", type=int, help="passes through the transformer")
    how.add_argument("--schedule", help="how fast tokens are decided, e.g. cosine")
    how.add_argument("--temperature", type=float, help="choice temperature")
    how.add_argument("--guidance", type=float, help="guidance scale")
    how.add_argument("--seed", type=int, default=0, help="default: 0")
    how.add_argument("--count", type=int, default=1, help="variations: O-1.mp4, O-2.mp4, …")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help=".mp4, .mkv (lossless), .gif, or a name without suffix for a folder of PNG frames",
    )
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints the names of the files that were written.

    Raises:
        UserError: it cannot be done; UsageError: the arguments do not go together.
    """
    _check(arguments)
    progress = Progress(arguments.json_lines)
    with ExitStack() as stack:
        stack.callback(progress.close)
        reader = stack.enter_context(open_clip(arguments.clip)) if arguments.clip else None
        bundle, card = find_bundle(arguments.model)
        request = _request(arguments, bundle, card, reader)
        result = _generated(request, progress)
        seconds = asdict(result.timings)
        targets = _targets(arguments.out, request.count)
        for clip, target in zip(result.clips, targets, strict=True):
            _write(clip, target, request, card, reader, progress, seconds)
        names = [str(target) for target in targets]
        progress.event("finished", "", files=names, seconds=seconds, device=result.device)
    if not arguments.json_lines:
        print("\n".join(names))


def find_bundle(model: str | None) -> tuple[Path, ModelCard]:
    """A bundle by folder or by name; None is the first that came with Maskreel.

    Raises:
        UserError: there is none, or its card is damaged.
    """
    if model is not None and (Path(model) / CARD_FILE).is_file():
        return Path(model), ModelCard.read(Path(model))
    known = {path.name: path for folder in model_folders() for path, _ in list_bundles(folder)}
    if model is None and known:
        model = next(iter(known))
    if model not in known:
        names = ", ".join(known) or "none"
        wanted = f"There is no model “{model}”" if model else "No model came with this Maskreel"
        raise UserError(f"{wanted}. Give a folder with a {CARD_FILE}, or one of: {names}.")
    return known[model], ModelCard.read(known[model])


# ── arguments ──────────────────────────────────────────────────────────────────────────────────


def _frames(text: str) -> tuple[int, int | None]:
    """ "8:24" → (8, 24); "8:" → (8, None)."""
    first, _, end = text.partition(":")
    numbers = int(first or 0), int(end) if end else None
    if numbers[0] < 0 or (numbers[1] is not None and numbers[1] <= numbers[0]):
        raise argparse.ArgumentTypeError(f"{text} is not a range of frames such as 0:16")
    return numbers


def _region(text: str) -> tuple[int, int, int, int]:
    left, top, width, height = (int(number) for number in text.split(","))
    if min(width, height) < 1 or min(left, top) < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a region such as 0,0,320,240")
    return left, top, width, height


def _check(arguments: argparse.Namespace) -> None:
    """What can be said without opening anything."""
    task = TASKS[arguments.task]
    if task.painted and arguments.mask is None:
        raise UsageError(f"--task {task.name} needs --mask")
    if not task.painted and arguments.mask is not None:
        raise UsageError(f"--mask goes with --task paint, not with {task.name}")
    if arguments.clip is None and task.region((1, 4, 4)).any():
        raise UsageError(f"--task {task.name} needs --clip")
    if arguments.out.suffix.lower() not in WRITER_OF_SUFFIX:
        known = ", ".join(filter(None, WRITER_OF_SUFFIX))
        raise UsageError(f"--out {arguments.out}: the suffix is one of {known}, or none")
    if not arguments.out.absolute().parent.is_dir():
        raise UserError(f"The folder {arguments.out.absolute().parent} of --out is not there.")


def _request(
    arguments: argparse.Namespace, bundle: Path, card: ModelCard, reader: ClipReader | None
) -> GenerationRequest:
    painted = None
    if reader is not None and arguments.mask is not None:
        painted = read_masks(arguments.mask, reader.size, len(reader))
    return GenerationRequest(
        bundle=str(bundle),
        task=arguments.task,
        clip=str(arguments.clip) if reader is not None else None,
        window=_window(arguments, card, reader, painted),
        painted=painted,
        label=arguments.label,
        decoder=arguments.decoder,
        options=_options(arguments),
        seed=arguments.seed,
        count=arguments.count,
    )


def _options(arguments: argparse.Namespace) -> dict[str, Value]:
    given = {name: getattr(arguments, argument) for argument, name in DECODER_OPTIONS.items()}
    return {name: value for name, value in given.items() if value is not None}


def _window(
    arguments: argparse.Namespace,
    card: ModelCard,
    reader: ClipReader | None,
    painted: MaskTrack | None,
) -> Window:
    """The crop from --region or around the mask, the range from --frames or the first mask."""
    grid = (card.frames, card.height, card.width)
    size, length = (reader.size, len(reader)) if reader else ((card.width, card.height), grid[0])
    first, stride = _range(arguments.frames, painted, card)
    if arguments.region:
        left, top, width, height = arguments.region
        return Window(left, top, width, height, first, *grid, stride)
    if painted is None:
        return replace(whole(size, grid, first=first), stride=stride)
    covered = range(first, first + grid[0] * stride)
    window = fitted(size, length, grid, _during(painted, covered), frame=first)
    return replace(window, first=first, stride=stride) if arguments.frames else window


def _range(
    frames: tuple[int, int | None] | None, painted: MaskTrack | None, card: ModelCard
) -> tuple[int, int]:
    """First frame and stride."""
    first, end = frames or (0, None)
    if frames is None and painted is not None:
        keys = (key for key in sorted(painted.keyframes) if painted.at(key).any())
        first = next(keys, 0)
    stride, rest = divmod(card.frames if end is None else end - first, card.frames)
    if rest:
        raise UsageError(
            f"--frames {first}:{end}: “{card.title}” works on {card.frames} frames at a time, "
            f"so give for example {first}:{first + card.frames * (stride + 1)}"
        )
    return first, stride


def _during(painted: MaskTrack, covered: range) -> MaskTrack:
    """The masks that stand on those frames."""
    keys = {painted.key_of(frame) for frame in covered} - {None}
    held = {max(key, covered.start): painted.keyframes[key] for key in keys if key is not None}
    return MaskTrack(painted.width, painted.height, held)


# ── work ───────────────────────────────────────────────────────────────────────────────────────


def _generated(request: GenerationRequest, progress: Progress) -> GenerationFinished:
    from core.jobs import generate  # loads torch

    with closing(generate.run(request)) as updates:
        for update in updates:
            match update:
                case GenerationStarted(total=total):
                    progress.event("started", "decoding", total=total)
                case GenerationStepped(step=step, total=total):
                    done = step + 1
                    progress.event("stepped", f"step {done} of {total}", step=done, total=total)
                case GenerationFinished():
                    return update
    raise AssertionError("a generation ends with its result")


def _targets(out: Path, count: int) -> list[Path]:
    if count == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{number}{out.suffix}") for number in range(1, count + 1)]


def _write(
    clip: NDArray[np.uint8],
    target: Path,
    request: GenerationRequest,
    card: ModelCard,
    reader: ClipReader | None,
    progress: Progress,
    seconds: dict[str, float],
) -> None:
    """Writes the whole clip with the generated part; adds its times to `seconds`."""
    begin = time.perf_counter()
    frames: Iterable[NDArray[np.uint8]] = clip
    total, audio = len(clip), None
    if reader is not None:
        frames, total = composited_clip(reader, request, clip), len(reader)
        audio = reader.audio_span(0, total)
    composite = [0.0]
    writing = write_clip(
        _timed(frames, composite),
        target,
        writer=WRITER_OF_SUFFIX[target.suffix.lower()],
        rate=reader.rate if reader else Fraction(card.rate).limit_denominator(1000),
        audio=audio,
        colour=reader.colour if reader else None,
    )
    with closing(writing):
        for done in writing:
            text = f"{target.name}: frame {done} of {total}"
            progress.event("written", text, file=str(target), frame=done, total=total)
    seconds["composite"] = seconds.get("composite", 0.0) + composite[0]
    rest = time.perf_counter() - begin - composite[0]
    seconds["write"] = seconds.get("write", 0.0) + rest


def _timed(items: Iterable[T], seconds: list[float]) -> Iterator[T]:
    """The items; `seconds[0]` grows by the time that making them took."""
    iterator = iter(items)
    while True:
        begin = time.perf_counter()
        try:
            item = next(iterator)
        except StopIteration:
            return
        finally:
            seconds[0] += time.perf_counter() - begin
        yield item
