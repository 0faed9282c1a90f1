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
from core.jobs.windows import Windows, least_overlap, usual_overlap, window_seeds
from core.media.reading import ClipReader, open_clip
from core.options import with_options
from core.requests import REFINER, GenerationRequest
from core.tasks import TASKS, Known, Task, known_regions, token_grid

MAXIMUM_COUNT = 16


@dataclass(frozen=True, eq=False)
class Plan:
    """A request whose every name and size was looked up.

    Attributes:
        windows: of the result; one, where it is no longer than the model's clips.
        frames: uint8 (T, H, W, 3) of the model's size; black where there is no clip.
        painted: bool (T, H, W), True = to be generated; for painted tasks alone.
        state: where to go on from, or a finished result to refine, or None.
    """

    request: GenerationRequest
    task: Task
    card: ModelCard
    label: int | None
    decoder: Decoder
    windows: Windows
    frames: NDArray[np.uint8]
    painted: Known | None
    state: DecodeState | None

    @property
    def known(self) -> Known:
        """Bool (T, H, W): pixels of the first window that the model may see."""
        request = self.request
        return known_regions(
            self.task, request.window.grid, self.card.stride, self.painted, request.kept
        )[0]

    def labels(self, count: int) -> list[int] | None:
        """The class of `count` samples."""
        return None if self.label is None else [self.label] * count

    @property
    def steps(self) -> int:
        """Decode steps of one window."""
        return self.decoder.total(_grid(self.request, self.card))

    def state_in(self, window: int) -> DecodeState | None:
        """The state to go on from, when it lies in that window."""
        return self.state if self.state and self.state.window == window else None

    def seeds(self, window: int) -> tuple[int, ...]:
        """One seed per variation."""
        return window_seeds(_seeds(self.request), window)


def checked(request: GenerationRequest) -> Plan:
    """Everything a generation needs, except the model's weights.

    Raises:
        UserError: something is unknown, missing or does not fit; the message says what to do.
    """
    card = ModelCard.read(Path(request.bundle))
    task = _task(request, card)
    label = _label(request, task, card)
    _check_sizes(request, card)
    _check_kept(request, task, card)
    windows = _windows(request, card)
    decoder = _decoder(request, card)
    state = _state(request, card, decoder, windows)
    frames, painted = _pixels_of_clip(request, task)
    return Plan(request, task, card, label, decoder, windows, frames, painted, state)


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


def _windows(request: GenerationRequest, card: ModelCard) -> Windows:
    frames, stride = card.frames, card.stride[0]
    if not request.length and not request.overlap:
        return Windows(frames, 0, frames)
    if not card.causal:
        raise UserError(
            f"“{card.title}” decides all of its {frames} frames at once, so its result has neither "
            "another length nor an overlap. Leave both at 0, or choose a model that continues."
        )
    length = request.length or frames
    if length < frames:
        raise UserError(
            f"A result of “{card.title}” has at least the {frames} frames of one window, not "
            f"{length}. Ask for more frames, or for 0: one window."
        )
    least, most = least_overlap(stride, card.context_frames), frames - stride
    if least > most:
        raise UserError(
            f"“{card.title}” cannot go on from its own end: its windows of {frames} frames leave "
            f"none to invent. Leave the length at 0."
        )
    overlap = request.overlap or min(usual_overlap(frames, stride, card.context_frames), most)
    if overlap % stride or not least <= overlap <= most:
        raise UserError(
            f"The overlap of two windows of “{card.title}” is a multiple of {stride} from {least} "
            f"to {most} frames, not {overlap}."
        )
    return Windows(frames, overlap, length)


def _decoder(request: GenerationRequest, card: ModelCard) -> Decoder:
    chosen, transformer = DECODERS[request.decoder], card.family
    if transformer not in chosen.transformers:
        able = {n: d for n in DECODERS if transformer in (d := DECODERS[n]).transformers}
        fitting = [name for name, decoder in able.items() if not decoder.refines]
        raise UserError(
            f"The decoder “{request.decoder}” cannot decode “{card.title}”, whose transformer is "
            f"{transformer}. Choose {' or '.join(fitting) or 'another model'}."
        )
    if chosen.refines and request.refine is None:
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


def _state(
    request: GenerationRequest, card: ModelCard, decoder: Decoder, windows: Windows
) -> DecodeState | None:
    saved = request.resume or request.refine
    if saved is None:
        return None
    state = DecodeState.from_bytes(saved)
    if request.resume is None:
        state = _to_refine(state, request, card)
    grid = _grid(request, card)
    fits = (
        state.tokens.shape == (request.count, *grid)
        and 0 <= state.window < len(windows)
        and state.noise.seeds == window_seeds(_seeds(request), state.window)
        and state.done <= decoder.total(grid)
        and _follows(state, windows.overlap // card.stride[0])
    )
    if not fits:
        raise UserError(
            "The saved state belongs to another generation (its size, length, seed or number of "
            "steps differs); generate again from the start."
        )
    return state


def _to_refine(state: DecodeState, request: GenerationRequest, card: ModelCard) -> DecodeState:
    """What a decoder begins with that refines a finished result; it may come from a file."""
    if state.masked.any():
        raise UserError("Only a finished result is refined; let this generation end first.")
    codes = card.transformer.config["codebook_size"] if card.transformer else 0
    if not ((state.tokens >= 0) & (state.tokens < codes)).all():
        raise UserError(
            f"The result that shall be refined is not one of “{card.title}”: it holds tokens that "
            "this model does not know. Generate it again."
        )
    return state.restarted().of(_seeds(request))


def _follows(state: DecodeState, count: int) -> bool:
    """Does the state's window begin with the last `count` token frames of the one before?"""
    if state.before is None or state.window == 0:
        return state.before is None and state.window == 0
    return np.array_equal(state.tokens[:, :count], state.before[:, -count:])


def _grid(request: GenerationRequest, card: ModelCard) -> tuple[int, int, int]:
    return token_grid(request.window.grid, card.stride)


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
    if window.first + (request.kept - 1) * window.stride >= len(reader):
        raise UserError(
            f"{request.kept} frames from frame {window.first} on shall be kept, but "
            f"{reader.path.name} ends before, after {len(reader)} frames. Begin earlier, or keep "
            "fewer."
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
