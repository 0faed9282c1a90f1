"""A generation request, looked at before any slow work: every name and size is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.cards import ModelCard
from core.decoders import DECODERS, Decoder
from core.decoders.state import DecodeState
from core.errors import UserError
from core.jobs.beginnings import seeds_of, state_of
from core.jobs.footage import Footage
from core.jobs.windows import Windows, overlaps
from core.options import with_options
from core.requests import REFINER, GenerationRequest
from core.tasks import TASKS, Known, Task, known_regions, token_grid

MAXIMUM_COUNT = 16
DEVICES = ("", "cpu")


@dataclass(frozen=True, eq=False)
class Plan:
    """A request whose every name and size was looked up.

    Attributes:
        windows: of the result; one, where it is no longer than the model's clips.
        footage: the clip; whoever has the plan closes it.
        state: where to go on from, or a finished result to refine, or None.
    """

    request: GenerationRequest
    task: Task
    card: ModelCard
    label: int | None
    decoder: Decoder
    windows: Windows
    footage: Footage
    state: DecodeState | None

    def known(self, painted: Known | None, carried: int = 0) -> Known:
        """Bool (T, H, W): pixels of a window that the model may see.

        Args:
            painted: what is painted in it, for a painted task.
            carried: number of its first frames that the window before has brought.
        """
        grid, kept = self.request.window.grid, self.request.kept
        return known_regions(self.task, grid, self.card.stride, painted, kept, carried=carried)[0]

    def labels(self, count: int) -> list[int] | None:
        """The class of `count` samples."""
        return None if self.label is None else [self.label] * count

    @property
    def steps(self) -> int:
        """Decode steps of one window."""
        return self.decoder.total(token_grid(self.request.window.grid, self.card.stride))

    def state_in(self, window: int) -> DecodeState | None:
        """The state to go on from, when it lies in that window."""
        return self.state if self.state and self.state.window == window else None

    def seeds(self, window: int) -> tuple[int, ...]:
        """One seed per variation."""
        return self.windows.seeds(seeds_of(self.request), window)


def checked(request: GenerationRequest) -> Plan:
    """Everything a generation needs, except the model's weights.

    Raises:
        UserError: something is unknown, missing or does not fit; the message says what to do.
    """
    if request.device not in DEVICES:
        raise UserError(f"The device is “{request.device}”; it can be “cpu”, or none for the best.")
    card = ModelCard.read(Path(request.bundle))
    task = _task(request, card)
    label = _label(request, task, card)
    _check_sizes(request, card)
    _check_kept(request, task, card)
    windows = _windows(request, task, card)
    decoder = _decoder(request, card)
    state = state_of(request, card, decoder, windows)
    footage = Footage(request, task)
    return Plan(request, task, card, label, decoder, windows, footage, state)


def _task(request: GenerationRequest, card: ModelCard) -> Task:
    if request.task not in TASKS:
        raise UserError(f"There is no task “{request.task}”. Known: {', '.join(TASKS)}.")
    if card.transformer is None:
        raise UserError(
            f"“{card.title}” is a tokenizer alone: it has no transformer to generate with. "
            "Choose another model."
        )
    if request.task not in card.tasks:
        raise UserError(
            f"“{card.title}” was not trained for task {request.task}. It knows "
            f"{', '.join(card.tasks)}; choose one of these or another model."
        )
    return TASKS[request.task]


def _label(request: GenerationRequest, task: Task, card: ModelCard) -> int | None:
    if request.label is not None:
        return card.label(request.label)
    if task.needs_label and card.classes:
        raise UserError(
            f"Task {task.name} needs a class. “{card.title}” knows: {', '.join(card.classes)}."
        )
    return None


def _check_sizes(request: GenerationRequest, card: ModelCard) -> None:
    grid = (card.frames, card.height, card.width)
    if request.window.grid != grid:
        raise UserError(
            f"“{card.title}” generates clips of {_size(grid)}, but the working window asks for "
            f"{_size(request.window.grid)}. Fit the window to this model again."
        )
    if not 1 <= request.count <= MAXIMUM_COUNT:
        raise UserError(f"The number of variations is 1 to {MAXIMUM_COUNT}, not {request.count}.")
    if request.seed < 0:
        raise UserError(f"The seed is at least 0, not {request.seed}.")


def _size(grid: tuple[int, int, int]) -> str:
    return f"{grid[0]} frames of {grid[2]}x{grid[1]} pixels"


def _check_kept(request: GenerationRequest, task: Task, card: ModelCard) -> None:
    if not task.continues:
        if request.kept:
            raise UserError(f"Task {task.name} keeps no first frames; only a continued clip does.")
        return
    looks_at, stride = card.context_frames, card.stride[0]
    if (looks_at or stride) <= request.kept < card.frames:
        return
    needs = (
        f"its transformer looks at the first {looks_at}"
        if looks_at
        else f"it reads them as tokens of {stride} frames each, and only whole ones count"
    )
    raise UserError(
        f"“{card.title}” goes on from {looks_at or stride} to {card.frames - 1} kept frames, not "
        f"from {request.kept}: {needs}. Keep another number of frames."
    )


def _windows(request: GenerationRequest, task: Task, card: ModelCard) -> Windows:
    frames = card.frames
    if not request.length and not request.overlap:
        return Windows(frames, 0, frames)
    if not card.causal and not task.lasting:
        raise UserError(
            f"A result of task {task.name} has the {frames} frames that “{card.title}” decides at "
            "once: neither another length nor an overlap. Leave both at 0, or choose a task that "
            "lasts, such as paint."
        )
    length = request.length or frames
    if length < frames:
        raise UserError(
            f"A result of “{card.title}” has at least the {frames} frames of one window, not "
            f"{length}. Ask for more frames, or for 0: one window."
        )
    able = overlaps(frames, card.stride[0], card.context_frames, causal=card.causal)
    if not able.possible:
        raise UserError(
            f"“{card.title}” cannot go on from its own end: its windows of {frames} frames leave "
            f"none to invent. Leave the length at 0."
        )
    overlap = request.overlap or able.usual
    if overlap != able.nearest(overlap):
        raise UserError(
            f"The overlap of two windows of “{card.title}” is a multiple of {able.stride} from "
            f"{able.least} to {able.most} frames, not {overlap}."
        )
    return Windows(frames, overlap, length, faded=not card.causal)


def _decoder(request: GenerationRequest, card: ModelCard) -> Decoder:
    chosen, transformer = DECODERS[request.decoder], card.family
    if transformer not in chosen.transformers:
        able = {n: d for n in DECODERS if transformer in (d := DECODERS[n]).transformers}
        fitting = [name for name, decoder in able.items() if not decoder.refines]
        raise UserError(
            f"The decoder “{request.decoder}” cannot decode “{card.title}”, whose transformer is "
            f"{transformer}. Choose {' or '.join(fitting) or 'another model'}."
        )
    if chosen.refines and request.refine is None and request.branch is None:
        raise UserError(
            f"The decoder “{request.decoder}” goes on from a finished result, and there is none. "
            "Generate with another decoder, then refine that."
        )
    if request.refine is not None and not chosen.refines:
        raise UserError(
            f"The decoder “{request.decoder}” begins from nothing; “{REFINER}” refines a result."
        )
    decoder: Decoder = with_options(chosen, request.options)
    return decoder
