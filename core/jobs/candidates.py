"""What a token could be: how likely the transformer finds each code there, and how it looks."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.decoders.state import DecodeState
from core.device import best_device
from core.errors import UserError
from core.jobs.bundles import bundle_in
from core.jobs.clock import Clock
from core.jobs.given import given_of, window_before
from core.jobs.plan import Plan, checked
from core.jobs.previews import Previews
from core.pixels import to_frames
from core.requests import Candidate, Candidates, CandidatesRequest, Pixels
from core.sampling import SeededNoise
from core.token_edits import Place


@torch.inference_mode()
def run(request: CandidatesRequest) -> Generator[Candidates | Pixels, None, None]:
    """`Candidates` first, then `Pixels` of each of the likeliest in turn: the frames of its token,
    uint8 (n, h, w, 3), cropped to it and what is around.

    Raises:
        UserError: the state does not belong to the generation, the place lies outside of it, or
            what decides the token is not decided itself.
    """
    device = best_device()
    plan = checked(request.generation)
    with closing(plan.footage):
        bundle = bundle_in(Path(request.generation.bundle), device)
        state = _state(plan, request.place)
        chances = _chances(plan, bundle, state, request.place, device)
    likeliest = chances.topk(min(request.count, len(chances)))
    found = [
        Candidate(int(token), float(chance))
        for chance, token in zip(likeliest.values, likeliest.indices, strict=True)
    ]
    present = int(state.tokens[0][request.place])
    yield Candidates(tuple(found), Candidate(present, float(chances[present])), _bits(chances))
    for number, candidate in enumerate(found):
        yield Pixels(number, _picture(request, bundle, state, candidate.token, device))


def _state(plan: Plan, place: Place) -> DecodeState:
    state = plan.state
    if state is None:
        raise UserError("Nothing is decoded yet. Generate first, then look at a token of a step.")
    masked = state.masked[0]
    if not all(0 <= at < size for at, size in zip(place, masked.shape, strict=True)):
        raise UserError(f"There is no token at {place}: the grid is {masked.shape}.")
    before = int(np.ravel_multi_index(place, masked.shape))
    if plan.card.causal and masked.reshape(-1)[:before].any():
        raise UserError(
            "What this token could be depends on the tokens before it, and some of them are not "
            "decided yet."
        )
    return state


def _chances(
    plan: Plan, bundle: ModelBundle, state: DecodeState, place: Place, device: torch.device
) -> Tensor:
    """Of each code, float32 (K,) on the CPU."""
    previews = Previews(bundle.tokenizer, Clock(), causal=plan.card.causal)
    before = window_before(plan, previews, device)
    given, _ = given_of(plan, state.window, before, bundle, device)
    noise = SeededNoise.from_state(state.noise, device)
    return plan.decoder.chances(bundle.transformer, given, noise, state, place)[0].float().cpu()


def _bits(chances: Tensor) -> float:
    """Entropy; what is never drawn adds nothing."""
    drawn = chances[chances > 0]
    return max(0.0, float(-(drawn * drawn.log2()).sum()))


def _picture(
    request: CandidatesRequest,
    bundle: ModelBundle,
    state: DecodeState,
    token: int,
    device: torch.device,
) -> NDArray[np.uint8]:
    """What a code looks like in place, with all tokens around it as they are."""
    (t, h, w), (frames, *sides) = request.place, bundle.card.stride
    tokens = torch.from_numpy(state.tokens[:1]).to(device, torch.int64)
    tokens[0, t, h, w] = token
    clip = to_frames(bundle.tokenizer.decode(tokens))[0, t * frames : (t + 1) * frames]
    rows, columns = (
        slice(max(0, at - request.around) * side, (at + request.around + 1) * side)
        for at, side in zip((h, w), sides, strict=True)
    )
    return np.ascontiguousarray(clip[:, rows, columns])
