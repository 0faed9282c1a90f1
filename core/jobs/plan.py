"""A generation request, looked at before any slow work: every name and size is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cards import ModelCard
from core.decoders import DECODERS, Decoder
from core.decoders.state import DecodeState
from core.errors import UserError
from core.media.reading import ClipReader, open_clip
from core.options import with_options
from core.requests import GenerationRequest
from core.tasks import TASKS, Known, Task, known_regions, token_grid

MAXIMUM_COUNT = 16


@dataclass(frozen=True, eq=False)
class Plan:
    """A request whose every name and size was looked up.

    Attributes:
        frames: uint8 (T, H, W, 3) of the model's size; black where there is no clip.
        painted: bool (T, H, W), True = to be generated; for painted tasks alone.
        state: where to go on from, or None.
    """

    request: GenerationRequest
    task: Task
    card: ModelCard
    label: int | None
    decoder: Decoder
    frames: NDArray[np.uint8]
    painted: Known | None
    state: DecodeState | None

    @property
    def known(self) -> Known:
        """Bool (T, H, W): pixels that the model may see."""
        return known_regions(self.task, self.request.window.grid, self.card.stride, self.painted)[0]

    @property
    def seeds(self) -> range:
        """One seed per variation."""
        return _seeds(self.request)


def checked(request: GenerationRequest) -> Plan:
    """Everything a generation needs, except the model's weights.

    Raises:
        UserError: something is unknown, missing or does not fit; the message says what to do.
    """
    card = ModelCard.read(Path(request.bundle))
    task = _task(request, card)
    label = _label(request, task, card)
    _check_sizes(request, card)
    decoder: Decoder = with_options(DECODERS[request.decoder], request.options)
    state = _state(request, card, decoder)
    frames, painted = _pixels_of_clip(request, task)
    return Plan(request, task, card, label, decoder, frames, painted, state)


def _task(request: GenerationRequest, card: ModelCard) -> Task:
    if request.task not in TASKS:
        raise UserError(f"There is no task “{request.task}”. Known: {', '.join(TASKS)}.")
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


def _state(request: GenerationRequest, card: ModelCard, decoder: Decoder) -> DecodeState | None:
    if request.resume is None:
        return None
    state = DecodeState.from_bytes(request.resume)
    grid = token_grid(request.window.grid, card.stride)
    fits = (
        state.tokens.shape == (request.count, *grid)
        and state.noise.seeds == tuple(_seeds(request))
        and state.done <= decoder.total(grid)
    )
    if not fits:
        raise UserError(
            "The saved state belongs to another generation (its size, seed or number of steps "
            "differs); generate again from the start."
        )
    return state


def _seeds(request: GenerationRequest) -> range:
    return range(request.seed, request.seed + request.count)


def _pixels_of_clip(
    request: GenerationRequest, task: Task
) -> tuple[NDArray[np.uint8], Known | None]:
    """The window's frames at the model's size, and the painted region when the task has one."""
    if request.clip is None:
        if task.painted or task.region(request.window.grid).any():
            raise UserError(f"Task {task.name} needs a clip; open one first.")
        return np.zeros((*request.window.grid, 3), np.uint8), None
    with open_clip(request.clip) as reader:
        _check_inside(request, reader)
        painted = _painted(request, reader) if task.painted else None
        window, wanted = request.window, request.window.sampled(len(reader))
        frames = np.stack([window.to_model(reader.frame(number)) for number in wanted])
    return frames, painted


def _check_inside(request: GenerationRequest, reader: ClipReader) -> None:
    window, (width, height) = request.window, reader.size
    inside = (
        min(window.left, window.top) >= 0
        and window.left + window.width <= width
        and window.top + window.height <= height
    )
    if not inside:
        raise UserError(
            f"The working window ({window.width}x{window.height} at {window.left}, {window.top}) "
            f"reaches outside {reader.path.name}, which is {width}x{height}. Move it inside."
        )
    if window.first >= len(reader):
        raise UserError(
            f"The working window begins at frame {window.first}, but {reader.path.name} has only "
            f"{len(reader)} frames. Move it to an earlier frame."
        )


def _painted(request: GenerationRequest, reader: ClipReader) -> Known:
    track, window = request.painted, request.window
    if track is None or track.empty:
        raise UserError("Nothing is painted yet. Paint over what shall be generated.")
    if (track.width, track.height) != reader.size:
        raise UserError(
            f"The painting is {track.width}x{track.height}, but {reader.path.name} is "
            f"{reader.size[0]}x{reader.size[1]}. Paint on this clip again."
        )
    masks = [window.mask_to_model(track.at(number)) for number in window.sampled(len(reader))]
    painted = np.stack(masks)
    if not painted.any():
        raise UserError(
            "Nothing is painted inside the working window. Move the window over the painting, "
            "or paint inside it."
        )
    return painted
