"""The state that a generation begins with: its own, one to refine, or a branch of another."""

from __future__ import annotations

import numpy as np

from core.cards import ModelCard
from core.decoders import Decoder
from core.decoders.state import DecodeState
from core.errors import UserError
from core.jobs.windows import Windows
from core.requests import GenerationRequest
from core.tasks import token_grid


def state_of(
    request: GenerationRequest, card: ModelCard, decoder: Decoder, windows: Windows
) -> DecodeState | None:
    """What the request's decode goes on from; None when it begins with nothing.

    Raises:
        UserError: the state, or an edit of it, does not belong to this generation.
    """
    if request.edits is not None and request.branch is None:
        raise UserError(
            "Tokens are repainted or kept in a decode that was begun, and there is none. Generate "
            "first, then go on from one of its steps."
        )
    state = _saved(request, card, windows)
    if state is None or _fits(state, request, card, decoder, windows):
        return state
    raise UserError(
        "The saved state belongs to another generation (its size, length, seed or number of "
        "steps differs); generate again from the start."
    )


def seeds_of(request: GenerationRequest) -> range:
    """One for each variation."""
    return range(request.seed, request.seed + request.count)


def _saved(request: GenerationRequest, card: ModelCard, windows: Windows) -> DecodeState | None:
    """Where a request was interrupted counts before what it began with."""
    if request.resume is not None:
        return DecodeState.from_bytes(request.resume)
    if request.branch is not None:
        return _branched(DecodeState.from_bytes(request.branch), request, card, windows)
    if request.refine is not None:
        return _to_refine(DecodeState.from_bytes(request.refine), request, card, windows)
    return None


def _branched(
    state: DecodeState, request: GenerationRequest, card: ModelCard, windows: Windows
) -> DecodeState:
    """A step of another generation with this one's seeds and edits; it may come from a file."""
    if not 0 <= request.parent < len(state.noise.seeds):
        raise UserError(
            f"There is no variation {request.parent + 1} to go on from: the step has "
            f"{len(state.noise.seeds)}. Choose one of these."
        )
    _check_codes(state, card)
    state = state.branched(request.parent, windows.seeds(seeds_of(request), state.window))
    edits = request.edits
    if edits is None:
        return state
    if edits.grid != state.tokens.shape[1:] or edits.marks.max() >= _codes(card):
        raise UserError(
            f"The marks on the tokens are not of “{card.title}”: it has another grid, or does not "
            "know a token that was chosen. Mark them again."
        )
    return state.edited(edits)


def _to_refine(
    state: DecodeState, request: GenerationRequest, card: ModelCard, windows: Windows
) -> DecodeState:
    """What a decoder begins with that refines a finished result; it may come from a file."""
    if len(windows) > 1:
        raise UserError(
            "A result of several windows cannot be refined, as only the last of them is at hand. "
            "Generate it with more steps instead."
        )
    if state.masked.any():
        raise UserError("Only a finished result is refined; let this generation end first.")
    _check_codes(state, card)
    return state.restarted().of(seeds_of(request))


def _check_codes(state: DecodeState, card: ModelCard) -> None:
    if not ((state.tokens >= 0) & (state.tokens < _codes(card))).all():
        raise UserError(
            f"The result to go on from is not one of “{card.title}”: it holds tokens that this "
            "model does not know. Generate it again."
        )


def _codes(card: ModelCard) -> int:
    return int(card.transformer.config["codebook_size"]) if card.transformer else 0


def _fits(
    state: DecodeState,
    request: GenerationRequest,
    card: ModelCard,
    decoder: Decoder,
    windows: Windows,
) -> bool:
    grid = token_grid(request.window.grid, card.stride)
    return (
        state.tokens.shape == (request.count, *grid)
        and 0 <= state.window < len(windows)
        and state.noise.seeds == windows.seeds(seeds_of(request), state.window)
        and (state.done is None or state.done <= decoder.total(grid))
        and _follows(state, windows, card)
    )


def _follows(state: DecodeState, windows: Windows, card: ModelCard) -> bool:
    """Are the tokens of the window before at hand, and do a causal one's lead into this one's?"""
    if state.before is None or state.window == 0:
        return state.before is None and state.window == 0
    if not card.causal:
        return state.before.shape == state.tokens.shape
    count = windows.overlap // card.stride[0]
    return np.array_equal(state.tokens[:, :count], state.before[:, -count:])
