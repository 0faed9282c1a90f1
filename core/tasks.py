"""What a model can be asked for, as one table: what is known of a clip, and what fills the rest.

The ten tasks of MAGVIT and painting are for masked transformers; generating and continuing are for
causal ones, which decode a clip from its first frame on.

arXiv 2212.05199, section 3.3 and appendix A.3; the geometry is the one of the authors' code. Every
region is fixed: nothing is drawn at random. A region is a function of a grid's shape and is
evaluated twice, on the pixel grid (T, H, W) and on the token grid (t, h, w). Deriving the token
region from the pixels would give other tokens for OPD and IPD.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int]
Known = NDArray[np.bool_]
Fill = Literal["edge", "interpolate", "zero"]


class Special(IntEnum):
    """Ids of the special tokens: row V + id of a vocabulary with V rows."""

    MASK = -1
    SEPARATOR = -2
    FULL_GENERATION = -3
    FRAME_PREDICTION = -4
    FRAME_INTERPOLATION = -5
    OUTPAINTING = -6
    INPAINTING = -7
    PADDING = -15


# ── regions: shape of a grid → bool array of that shape, True = known ──────────────────────────


def nothing(shape: Shape) -> Known:
    return np.zeros(shape, bool)


def everything(shape: Shape) -> Known:
    return np.ones(shape, bool)


def first_frames(shape: Shape, count: int = 1) -> Known:
    known = nothing(shape)
    known[:count] = True
    return known


def end_frames(shape: Shape, count: int = 1) -> Known:
    """The first and the last `count` frames."""
    known = first_frames(shape, count)
    known[max(shape[0] - count, 0) :] = True
    return known


def _middle(size: int) -> slice:
    return slice(size // 4, 3 * size // 4)


def horizontal_strip(shape: Shape) -> Known:
    known = nothing(shape)
    known[:, _middle(shape[1])] = True
    return known


def vertical_strip(shape: Shape) -> Known:
    known = nothing(shape)
    known[:, :, _middle(shape[2])] = True
    return known


def centre_box(shape: Shape) -> Known:
    return horizontal_strip(shape) & vertical_strip(shape)


def moving_strip(shape: Shape) -> Known:
    """A vertical strip of half the width that moves from the left edge to the right one."""
    known = nothing(shape)
    half = shape[2] // 2
    starts = np.round(np.linspace(0, half, shape[0])).astype(int)  # halves round to even
    for frame, start in enumerate(starts):
        known[frame, :, start : start + half] = True
    return known


def around_centre_box(shape: Shape) -> Known:
    return ~centre_box(shape)


def around_moving_box(shape: Shape) -> Known:
    return ~(moving_strip(shape) & horizontal_strip(shape))


# ── the table ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Task:
    """One thing that the transformer can be asked to do.

    Attributes:
        name: stored in requests, cards and projects; never changes.
        label: in words, for a menu.
        token: id of the task token (negative).
        region: shape of a pixel or token grid → what is known of it; with `counts`, a number of
            frames may follow.
        fill: what stands in the unknown pixels when the tokenizer reads the clip.
        needs_label: a class must be chosen; the other tasks use the unconditional class.
        painted: the region comes from the user; `region` is then what stands before painting.
        counts: how many first (and last) frames are known may be chosen; otherwise it is one.
        continues: the first frames are known, as many as the request says; `region` is then the
            least that is known.
        description: one sentence for a tooltip.
    """

    name: str
    label: str
    token: Special
    region: Callable[..., Known]
    fill: Fill
    needs_label: bool = False
    painted: bool = False
    counts: bool = False
    continues: bool = False
    description: str = ""

    @property
    def lasting(self) -> bool:
        """Whether its region goes on over more frames than a model has: it is painted over time,
        or stands still."""
        return self.painted or self.region in _STILL


_STILL = (horizontal_strip, vertical_strip, centre_box, around_centre_box)

_ALL = (
    Task(
        "FP",
        "Predict the frames that follow",
        Special.FRAME_PREDICTION,
        first_frames,
        "edge",
        counts=True,
        description="Keeps the first frame and invents all that come after it.",
    ),
    Task(
        "FI",
        "Fill in between two frames",
        Special.FRAME_INTERPOLATION,
        end_frames,
        "interpolate",
        counts=True,
        description="Keeps the first and the last frame and invents the motion between them.",
    ),
    # The authors' code gives inpainting the outpainting token as well: models are trained so.
    Task(
        "OPC",
        "Extend around the centre",
        Special.OUTPAINTING,
        centre_box,
        "edge",
        description="Keeps a box of half the size in the middle and invents all around it.",
    ),
    Task(
        "OPV",
        "Extend left and right",
        Special.OUTPAINTING,
        vertical_strip,
        "edge",
        description="Keeps the middle columns over the full height and invents both sides.",
    ),
    Task(
        "OPH",
        "Extend above and below",
        Special.OUTPAINTING,
        horizontal_strip,
        "edge",
        description="Keeps the middle rows over the full width and invents above and below.",
    ),
    Task(
        "OPD",
        "Extend around a moving strip",
        Special.OUTPAINTING,
        moving_strip,
        "zero",
        description="Keeps a strip that moves from left to right and invents the rest.",
    ),
    Task(
        "IPC",
        "Fill a box in the centre",
        Special.OUTPAINTING,
        around_centre_box,
        "zero",
        description="Invents a box of half the size in the middle and keeps all around it.",
    ),
    Task(
        "IPD",
        "Fill a moving box",
        Special.OUTPAINTING,
        around_moving_box,
        "zero",
        description="Invents a box that moves from left to right and keeps all around it.",
    ),
    Task(
        "CG",
        "Generate from a class",
        Special.FULL_GENERATION,
        nothing,
        "zero",
        needs_label=True,
        description="Invents a whole clip of the chosen class; nothing of this clip is used.",
    ),
    Task(
        "CFP",
        "Predict the frames that follow, of a class",
        Special.FRAME_PREDICTION,
        first_frames,
        "edge",
        needs_label=True,
        counts=True,
        description="Keeps the first frame and invents what follows as the chosen class would.",
    ),
    Task(
        "paint",
        "Fill the painted region",
        Special.INPAINTING,
        everything,
        "edge",
        painted=True,
        description="Invents what you painted over, on any frame, and keeps the rest.",
    ),
    Task(
        "generate",
        "Generate a clip",
        Special.FULL_GENERATION,
        nothing,
        "zero",
        description="Invents a whole clip; nothing of this clip is used.",
    ),
    Task(
        "continue",
        "Continue the clip",
        Special.FRAME_PREDICTION,
        first_frames,
        "edge",
        continues=True,
        description="Keeps the frames before the playhead and invents those that follow.",
    ),
    Task(
        "continue-class",
        "Continue the clip as a class",
        Special.FRAME_PREDICTION,
        first_frames,
        "edge",
        needs_label=True,
        continues=True,
        description="Keeps the frames before the playhead and goes on as the chosen class would.",
    ),
)

TASKS: dict[str, Task] = {task.name: task for task in _ALL}

CAUSAL_TASKS = ("generate", "CG", "continue", "continue-class")
"""What a causal transformer may be asked for."""
MASKED_TASKS = tuple(name for name in TASKS if name == "CG" or name not in CAUSAL_TASKS)
"""What a masked transformer may be asked for: the ten tasks of MAGVIT, and painting."""
FIXED_TASKS = tuple(name for name in MASKED_TASKS if not TASKS[name].painted)
"""The ten tasks."""


def causal_tasks(
    *, classes: bool, context: bool, unlabelled: bool = False, blind: bool = False
) -> tuple[str, ...]:
    """What a causal transformer can be asked for.

    Args:
        classes: it knows classes. context: it looks at first frames as pixels.
        unlabelled: it was also trained without a class. blind: and without first frames.
    """
    free, whole = not classes or unlabelled, not context or blind
    able = {
        "generate": free and whole,
        "CG": classes and whole,
        "continue": free,
        "continue-class": classes,
    }
    return tuple(name for name in CAUSAL_TASKS if able[name])


# ── from a region to pictures and tokens ───────────────────────────────────────────────────────


def known_regions(
    task: Task,
    shape: Shape,
    stride: Shape,
    painted: Known | None = None,
    kept: int = 0,
    frames: int = 1,
    carried: int = 0,
) -> tuple[Known, Known]:
    """What is known of the pixels (T, H, W) and which tokens (t, h, w) are given.

    Args:
        shape: the pixel grid; each axis divides by `stride`, the pixels per token.
        painted: bool (T, H, W), True = to be generated; required by a painted task alone.
        kept: number of first frames that are known; for a task that continues a clip alone. A
            token is given when all of its frames are known.
        frames: number of first (and last) frames that are known; another than one only where the
            task counts them. A token is given when any of its frames is known.
        carried: number of first frames, of whole tokens, that are known besides, as an earlier
            window has brought them.

    Raises:
        ValueError: the shape does not divide, or a region is missing or not asked for.
    """
    pixels, tokens = _regions(task, shape, stride, painted, kept, frames)
    pixels[:carried], tokens[: carried // stride[0]] = True, True
    return pixels, tokens


def _regions(
    task: Task, shape: Shape, stride: Shape, painted: Known | None, kept: int, frames: int
) -> tuple[Known, Known]:
    if task.continues != (kept > 0):
        raise ValueError(f"task {task.name} keeps {'some' if task.continues else 'no'} frames")
    if kept:
        return first_frames(shape, kept), first_frames(token_grid(shape, stride), kept // stride[0])
    if task.painted != (painted is not None):
        raise ValueError(f"task {task.name} {'needs a' if task.painted else 'takes no'} region")
    if painted is not None:
        return ~painted, token_given(~painted, stride)
    if frames != 1:
        if not task.counts:
            raise ValueError(f"task {task.name} does not know {frames} frames")
        grid, token_frames = token_grid(shape, stride), -(-frames // stride[0])
        return task.region(shape, frames), task.region(grid, token_frames)
    return task.region(shape), task.region(token_grid(shape, stride))


def token_grid(shape: Shape, stride: Shape) -> Shape:
    """Pixel grid (T, H, W) → token grid (t, h, w)."""
    if any(size % step for size, step in zip(shape, stride, strict=True)):
        raise ValueError(f"pixel grid {shape} does not divide by the stride {stride}")
    (frames, height, width), (st, sh, sw) = shape, stride
    return frames // st, height // sh, width // sw


def token_given(known: Known, stride: Shape) -> Known:
    """Known pixels (T, H, W) → bool (t, h, w): does the supervoxel hold any known pixel?

    Only a painted region is turned into tokens this way.
    """
    t, h, w = token_grid(known.shape, stride)
    st, sh, sw = stride
    return np.asarray(known.reshape(t, st, h, sh, w, sw).any(axis=(1, 3, 5)))


def fill_unknown(frames: NDArray, known: Known, fill: Fill) -> NDArray:
    """A copy of the frames whose unknown pixels are replaced.

    "edge": the nearest known pixel of the same frame; a frame without any takes all from the
    nearest frame that has some, the earlier of two. "interpolate": linear in time between the
    nearest wholly known frames; constant before the first and after the last. "zero": black.
    Where nothing is known to copy from, black.

    Args:
        frames: (T, H, W, 3), uint8 or float32; the result has the same type.
        known: bool (T, H, W).
    """
    replace = {"edge": _fill_edge, "interpolate": _fill_interpolate, "zero": _fill_zero}[fill]
    return replace(frames, known)


def _fill_zero(frames: NDArray, known: Known) -> NDArray:
    return np.where(known[..., None], frames, np.zeros((), frames.dtype))


def _fill_edge(frames: NDArray, known: Known) -> NDArray:
    sources = np.flatnonzero(known.any(axis=(1, 2)))
    if not len(sources):
        return np.zeros_like(frames)
    spread = {source: _spread(frames[source], known[source]) for source in sources}
    nearest = sources[np.abs(np.arange(len(frames))[:, None] - sources).argmin(1)]
    return np.stack([spread[source] for source in nearest])


def _spread(frame: NDArray, known: Known) -> NDArray:
    """One frame with each unknown pixel taken from the nearest known one."""
    if known.all():
        return frame
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    pixel_of_label = np.zeros((labels.max() + 1, frame.shape[-1]), frame.dtype)
    pixel_of_label[labels[known]] = frame[known]
    return pixel_of_label[labels]


def _fill_interpolate(frames: NDArray, known: Known) -> NDArray:
    anchors = np.flatnonzero(known.all(axis=(1, 2)))
    if not len(anchors):
        return _fill_zero(frames, known)
    index = np.arange(len(frames))
    before = anchors[np.clip(np.searchsorted(anchors, index, "right") - 1, 0, None)]
    after = anchors[np.clip(np.searchsorted(anchors, index), None, len(anchors) - 1)]
    share = (index - before) / np.maximum(after - before, 1)
    share = np.where(after > before, share, 0).astype(np.float32)[:, None, None, None]
    first, second = frames[before].astype(np.float32), frames[after].astype(np.float32)
    blend = first + (second - first) * share
    if np.issubdtype(frames.dtype, np.integer):
        blend = np.round(blend)
    return np.where(known[..., None], frames, blend.astype(frames.dtype))
