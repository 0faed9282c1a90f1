"""What is given of each window of a result, as tokens and as the pixels behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from weakref import ref

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition, continuation
from core.jobs.plan import Plan
from core.jobs.previews import Previews
from core.pixels import to_video
from core.requests import GenerationRequest
from core.tasks import Known, fill_unknown
from core.tokens import Condition


@dataclass(frozen=True, eq=False)
class Decoded:
    """A decoded window: tokens int64 (b, t, h, w), clips uint8 (b, T, H, W, 3)."""

    tokens: Tensor
    clips: NDArray[np.uint8]


def window_before(plan: Plan, previews: Previews, device: torch.device) -> Decoded | None:
    """What the window goes on from in which a saved state lies; None in the first."""
    if plan.state is None or plan.state.before is None:
        return None
    tokens = torch.from_numpy(plan.state.before).to(device, torch.int64)
    return Decoded(tokens, previews.exact(tokens))


def given_of(
    plan: Plan, number: int, before: Decoded | None, bundle: ModelBundle, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """A window's condition, and the filled clip behind it, uint8 (T, H, W, 3).

    Args:
        number: of the window, from 0.
        before: the window before it; None for the first.
    """
    if before is None:
        return _from_the_clip(plan, bundle, device)
    if plan.card.causal:
        return _going_on(plan, before, device)
    return _carried_over(plan, number, before, bundle, device)


def _from_the_clip(
    plan: Plan, bundle: ModelBundle, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """The first window's condition, and the filled clip behind it, uint8 (T, H, W, 3).

    Encoded once, then repeated for each variation.
    """

    def encoded() -> tuple[Condition, NDArray[np.uint8]]:
        frames, painted = plan.footage.of(0)
        one = _condition(plan, frames, painted, bundle, device)
        return one, fill_unknown(frames, plan.known(painted), plan.task.fill)

    one, filled = _last_clip.of(plan.request, bundle, encoded)
    return one.repeated(plan.request.count), filled


class _LastClip:
    """What was encoded last: a branch, another seed and a look at a token need it again."""

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._bundle: Callable[[], ModelBundle | None] = lambda: None
        self._found: tuple[Condition, NDArray[np.uint8]] | None = None

    def of(
        self,
        request: GenerationRequest,
        bundle: ModelBundle,
        encode: Callable[[], tuple[Condition, NDArray[np.uint8]]],
    ) -> tuple[Condition, NDArray[np.uint8]]:
        asked = (_as_encoded(request), _stamps(request.clip))
        if self._found is None or self._bundle() is not bundle or self._asked != asked:
            self._found = encode()
            self._asked, self._bundle = asked, ref(bundle)
        return self._found


_last_clip = _LastClip()


def _as_encoded(request: GenerationRequest) -> GenerationRequest:
    """Without all that has no part in what is given."""
    return replace(
        request, decoder="", options={}, seed=0, count=1, length=0, overlap=0,
        resume=None, refine=None, branch=None, parent=0, edits=None,
    )  # fmt: skip


def _stamps(clip: str | None) -> list[tuple[str, int, int]]:
    """By which a file that has changed is told, or a folder of pictures."""
    if clip is None:
        return []
    path = Path(clip)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [(file.name, file.stat()) for file in files]
    return [(name, stat.st_mtime_ns, stat.st_size) for name, stat in found]


def _condition(
    plan: Plan,
    frames: NDArray[np.uint8],
    painted: Known | None,
    bundle: ModelBundle,
    device: torch.device,
    carried: int = 0,
) -> Condition:
    """What is given of one clip, uint8 (T, H, W, 3); see `core.conditioning.condition`."""
    clip = to_video(frames[None], device)
    return condition(
        plan.task,
        clip.contiguous(memory_format=torch.channels_last_3d),
        bundle.tokenizer,
        painted=painted,
        labels=plan.labels(1),
        classes=len(plan.card.classes),
        kept=plan.request.kept,
        context_frames=plan.card.context_frames,
        carried=carried,
    )


def _going_on(
    plan: Plan, before: Decoded, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """A further window's condition for a causal model: the last tokens of the one before. With it
    the frames behind it, of which the last stands still."""
    overlap, looked_at = plan.windows.overlap, plan.card.context_frames
    frames = before.clips[:, -overlap:]
    given = continuation(
        plan.task,
        before.tokens,
        overlap // plan.card.stride[0],
        labels=plan.labels(plan.request.count),
        classes=len(plan.card.classes),
        frames=to_video(frames[:, :looked_at], device) if looked_at else None,
    )
    still = np.repeat(frames[0, -1:], plan.windows.frames - overlap, axis=0)
    return given, np.concatenate([frames[0], still])


def _carried_over(
    plan: Plan, number: int, before: Decoded, bundle: ModelBundle, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """A further window's condition for a masked model, and the filled clip of the first variation.

    In the frames that it shares with the window before, what that has generated is known.
    """
    overlap = plan.windows.overlap
    frames, painted = plan.footage.of(plan.windows.first(number))
    wanted = ~plan.known(painted)[:overlap, ..., None]
    conditions = []
    for clip in before.clips:
        carried = frames.copy()
        np.copyto(carried[:overlap], clip[-overlap:], where=wanted)
        conditions.append(_condition(plan, carried, painted, bundle, device, overlap))
        if len(conditions) == 1:
            filled = fill_unknown(carried, plan.known(painted, overlap), plan.task.fill)
    return reduce(Condition.joined, conditions), filled
