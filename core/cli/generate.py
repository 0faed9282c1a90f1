"""Generate a region of a clip and write the clip with it, at its own size, rate and sound."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.assets import model_folders
from core.cards import CARD_FILE, ModelCard, list_bundles
from core.cli import UsageError, canvas, output
from core.cli.again import again, settings_from
from core.cli.progress import Pace, Progress
from core.cli.result import ResultFile
from core.errors import UserError
from core.jobs.clock import Clock
from core.library import default_model
from core.margins import NONE
from core.masks import MaskTrack
from core.media.reading import ClipReader
from core.options import Value, schema
from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
)
from core.tasks import TASKS
from core.window import Window, fitted, whole

USUAL_TASK, USUAL_DECODER = "paint", "commit"
DECODER_OPTIONS = {
    "steps": ("steps",),
    "schedule": ("schedule",),
    "temperature": ("choice_temperature", "temperature"),
    "sampling_temperature": ("sampling_temperature",),
    "guidance": ("guidance",),
    "guidance_ramp": ("guidance_ramp",),
    "top_k": ("top_k",),
    "top_p": ("top_p",),
    "speculative": ("speculative",),
}
"""Argument → option of the decoder: of these names the first that it has."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what")
    what.add_argument("--clip", type=Path, help="video file or folder of pictures")
    what.add_argument(
        "--mask",
        type=Path,
        help="picture, folder of pictures or video, white = generate; or masks that the studio "
        "has exported as JSON",
    )
    what.add_argument("--task", choices=TASKS, help=f"default: {USUAL_TASK}")
    what.add_argument("--class", dest="label", help="class name, for models that know classes")
    where = parser.add_argument_group("where")
    where.add_argument(
        "--frames",
        type=_frames,
        metavar="A:B",
        help="frames A to B - 1, a multiple of the model's; default: as many as the model has",
    )
    where.add_argument(
        "--from",
        dest="begin",
        type=_count,
        metavar="FRAME",
        help="to continue: the first frame that is invented; default: after the clip's last",
    )
    where.add_argument(
        "--keep",
        type=_count,
        metavar="N",
        help="to continue: go on from N frames; default: what the model looks at, else half of its",
    )
    where.add_argument(
        "--length",
        type=_count,
        default=0,
        metavar="N",
        help="frames of the result, kept ones among them; default: as many as the model has",
    )
    where.add_argument(
        "--overlap",
        type=_count,
        default=0,
        metavar="N",
        help="of a longer result: frames that each window takes from the one before; default: half",
    )
    canvas.add_arguments(where)
    where.add_argument(
        "--region",
        type=_region,
        metavar="X,Y,W,H",
        help="the part of the picture that the model sees; default: around the mask",
    )
    how = parser.add_argument_group("how")
    how.add_argument("--model", help="name or folder; default: the one that came with Maskreel")
    how.add_argument("--decoder", help="default: commit, or what decodes the model")
    how.add_argument("--steps", type=int, help="passes through the transformer")
    how.add_argument("--schedule", help="how fast tokens are decided, e.g. cosine")
    how.add_argument(
        "--temperature", type=float, help="chance: of which tokens are kept, or of what is drawn"
    )
    how.add_argument(
        "--sampling-temperature", type=float, metavar="T", help="chance: of what is drawn"
    )
    how.add_argument("--guidance", type=float, help="guidance scale")
    how.add_argument("--guidance-ramp", help="constant, or linear: from nothing to all of it")
    how.add_argument("--top-k", type=int, metavar="K", help="draw among the K likeliest tokens")
    how.add_argument("--top-p", type=float, metavar="P", help="draw among the likeliest up to P")
    how.add_argument(
        "--speculative",
        action="store_const",
        const=True,
        help="guess several tokens at once and keep those that the model agrees with",
    )
    how.add_argument(
        "--refine",
        type=_count,
        default=0,
        metavar="STEPS",
        help="more steps for the finished result: what the model doubts is drawn again",
    )
    how.add_argument("--seed", type=int, help="default: 0")
    how.add_argument("--count", type=int, help="variations: O-1.mp4, O-2.mp4, …; default: 1")
    how.add_argument(
        "--settings-from",
        type=Path,
        metavar="FILE",
        help="what an exported file was made with: task, mask, window, model, decoder, seed and "
        "all; model, class, decoder, its options, seed and count may be given beside it",
    )
    output.add_arguments(parser)
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints the names of the files that were written.

    Raises:
        UserError: it cannot be done; UsageError: the arguments do not go together.
    """
    made = settings_from(arguments)
    if made is None:
        _check(arguments)
    out = output.output(arguments)
    progress, clock = Progress(arguments.json_lines), Clock()
    with ExitStack() as stack:
        stack.callback(progress.close)
        margins = made.request.margins if made else NONE
        opened = canvas.opened(arguments, margins) if arguments.clip else None
        reader = stack.enter_context(opened) if opened else None
        if made is None:
            bundle, card = find_bundle(arguments.model, arguments.task)
        else:
            bundle, card = find_bundle(arguments.model or made.request.bundle)
        out.check(reader.size if reader else (card.width, card.height))
        if arguments.refine and card.causal:
            raise UserError(
                f"“{card.title}” decides each token once, so its results cannot be refined. "
                "Leave out --refine."
            )
        if made is None:
            request = _request(arguments, bundle, card, reader)
        else:
            given = _options(arguments, arguments.decoder or made.request.decoder)
            request = again(made, arguments, bundle, reader, given)
        if arguments.refine:
            request = request.refined(_finished(request, progress), arguments.refine)
        targets = output.numbered(arguments.out, request.count)
        files = [
            stack.enter_context(
                closing(ResultFile(target, out, request, variation, card, reader, clock))
            )
            for variation, target in enumerate(targets)
        ]
        result = _generated(request, card, files, progress)
        composite, file = clock.seconds["composite"], clock.seconds["file"]
        seconds = asdict(result.timings) | {"composite": composite, "write": file - composite}
        names = [str(target) for target in targets]
        progress.event("finished", "", files=names, seconds=seconds, device=result.device)
    if not arguments.json_lines:
        print("\n".join(names))


def find_bundle(model: str | None, task: str | None = None) -> tuple[Path, ModelCard]:
    """A bundle by folder or by name; None is the default, or the first that came with Maskreel, of
    those that know the task.

    Raises:
        UserError: there is none, or its card is damaged.
    """
    if model is not None and (Path(model) / CARD_FILE).is_file():
        return Path(model), ModelCard.read(Path(model))
    found = [entry for folder in model_folders() for entry in list_bundles(folder)]
    known = {path.name: path for path, _ in found}
    if model is None and known:
        default = default_model(model_folders()[1])
        found.sort(key=lambda entry: entry[0] != default)
        cards = ((path, card) for path, card in found if isinstance(card, ModelCard))
        model = next((path.name for path, card in cards if task in card.tasks), next(iter(known)))
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


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of frames")
    return number


def _check(arguments: argparse.Namespace) -> None:
    """What can be said without opening anything, and what is usual where nothing is said."""
    arguments.task = arguments.task or USUAL_TASK
    arguments.seed, arguments.count = arguments.seed or 0, arguments.count or 1
    task = TASKS[arguments.task]
    canvas.check(arguments)
    if task.painted and (arguments.mask, arguments.canvas, arguments.margins) == (None,) * 3:
        raise UsageError(f"--task {task.name} needs --mask, --canvas or --margins")
    if not task.painted and arguments.mask is not None:
        raise UsageError(f"--mask goes with --task paint, not with {task.name}")
    if arguments.clip is None and task.region((1, 4, 4)).any():
        raise UsageError(f"--task {task.name} needs --clip")
    if not task.continues and (arguments.keep, arguments.begin) != (None, None):
        raise UsageError(f"--keep and --from go with tasks that continue, not with {task.name}")
    if arguments.begin is not None and arguments.frames is not None:
        raise UsageError("--from and --frames both say where to begin: give one of them")
    if arguments.refine == 1:
        raise UsageError(
            "--refine 1: the first step only looks for what is doubtful; give 2 or more"
        )


def _request(
    arguments: argparse.Namespace, bundle: Path, card: ModelCard, reader: ClipReader | None
) -> GenerationRequest:
    painted = None
    if reader is not None and TASKS[arguments.task].painted:
        painted = canvas.painted(arguments.mask, reader)
        if reader.margins and not arguments.length and not arguments.frames:
            arguments.length = len(reader) if len(reader) > card.frames else 0
    kept = _kept(arguments, card, reader)
    decoder = arguments.decoder or _usual_decoder(card)
    return GenerationRequest(
        bundle=str(bundle),
        task=arguments.task,
        clip=str(arguments.clip) if reader is not None else None,
        window=_window(arguments, card, reader, painted, kept),
        painted=painted,
        label=arguments.label,
        decoder=decoder,
        options=_options(arguments, decoder),
        seed=arguments.seed,
        count=arguments.count,
        kept=kept,
        length=arguments.length,
        overlap=arguments.overlap,
        margins=reader.margins if reader is not None else NONE,
    )


def _usual_decoder(card: ModelCard) -> str:
    """The first that fits the model, but COMMIT before all others."""
    from core.decoders import DECODERS  # loads torch

    names = sorted(DECODERS, key=lambda name: name != USUAL_DECODER)
    fitting = (name for name in names if card.family in DECODERS[name].transformers)
    return next(fitting, USUAL_DECODER)


def _options(arguments: argparse.Namespace, decoder: str) -> dict[str, Value]:
    from core.decoders import DECODERS  # loads torch

    known = {option.name for option in schema(DECODERS[decoder])}
    given = {argument: getattr(arguments, argument) for argument in DECODER_OPTIONS}
    return {
        next((name for name in DECODER_OPTIONS[argument] if name in known), argument): value
        for argument, value in given.items()
        if value is not None
    }


def _kept(arguments: argparse.Namespace, card: ModelCard, reader: ClipReader | None) -> int:
    """--keep, else the frames that the model looks at, else half a window; 0 for other tasks."""
    if reader is None or not TASKS[arguments.task].continues:
        return 0
    if arguments.keep is not None:
        return arguments.keep
    stride = card.stride[0]
    usual = card.context_frames or max(card.frames // 2 // stride, 1) * stride
    return usual if arguments.frames else min(usual, _begin(arguments, reader))


def _begin(arguments: argparse.Namespace, reader: ClipReader) -> int:
    """The first frame of the clip that is invented: --from, else the one after its end."""
    return len(reader) if arguments.begin is None else arguments.begin


def _window(
    arguments: argparse.Namespace,
    card: ModelCard,
    reader: ClipReader | None,
    painted: MaskTrack | None,
    kept: int,
) -> Window:
    """The crop from --region or around the mask, the range from --frames, the first mask, or
    --from."""
    grid = (card.frames, card.height, card.width)
    size, length = (reader.size, len(reader)) if reader else ((card.width, card.height), grid[0])
    first, stride = _range(arguments.frames, painted, card)
    if reader and TASKS[arguments.task].continues and arguments.frames is None:
        first = _begin(arguments, reader) - kept
        if first < 0:
            raise UsageError(
                f"--keep {kept}: only {first + kept} frames are there before the first invented one"
            )
    if arguments.region:
        left, top, width, height = arguments.region
        return Window(left, top, width, height, first, *grid, stride)
    if painted is None:
        return replace(whole(size, grid, first=first), stride=stride)
    span = (arguments.length or grid[0]) * stride
    if arguments.frames is None:
        first = min(first, max(0, length - span))
    covered = range(first, first + span)
    return replace(fitted(size, grid, painted.baked(covered), covered), stride=stride)


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


# ── work ───────────────────────────────────────────────────────────────────────────────────────


def _finished(request: GenerationRequest, progress: Progress) -> bytes:
    """Runs a generation that is to be refined; the state after its last step."""
    from core.jobs import generate  # loads torch

    state = b""
    with closing(generate.run(request, watched=False)) as updates:
        for update in updates:
            if isinstance(update, GenerationStepped):
                done, total, state = update.step + 1, update.total, update.state
                progress.event("stepped", f"step {done} of {total}", step=done, total=total)
    return state


def _generated(
    request: GenerationRequest, card: ModelCard, files: Sequence[ResultFile], progress: Progress
) -> GenerationFinished:
    """Runs the generation; each frame is written as soon as it is final."""
    from core.jobs import generate  # loads torch

    pace = Pace()
    with closing(generate.run(request, watched=False)) as updates:
        for update in updates:
            match update:
                case GenerationStarted(total=total, first=first):
                    pace.start(update)
                    progress.event("started", "decoding", total=total, first=first)
                case GenerationStepped(step=step, total=total):
                    text, facts = f"step {step + 1} of {total}", {}
                    if card.causal:  # one token a step
                        pace.step(update)
                        text, facts = f"token {step + 1} of {total}{pace}", pace.facts
                    progress.event("stepped", text, step=step + 1, total=total, **facts)
                case GenerationGrown(first=first, clips=clips):
                    _write(files, first, clips, progress)
                case GenerationFinished(first=first, clips=clips):
                    _write(files, first, clips, progress)
                    return update
    raise AssertionError("a generation ends with its result")


def _write(
    files: Sequence[ResultFile], first: int, clips: NDArray[np.uint8], progress: Progress
) -> None:
    """Each variation into its own file."""
    for file, clip in zip(files, clips, strict=True):
        for done in file.add(first, clip):
            text = f"{file.target.name}: frame {done} of {file.total}"
            facts = {"file": str(file.target), "frame": done, "total": file.total}
            progress.event("written", text, **facts)
