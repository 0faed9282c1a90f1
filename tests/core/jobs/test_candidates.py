"""What a token could be: chances that add up, and pictures that are of them."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UserError
from core.jobs import candidates
from core.requests import Candidates, CandidatesRequest, GenerationRequest, Pixels
from core.token_edits import Place, TokenEdits
from tests.core.jobs.test_branch import causal as causal
from tests.core.jobs.test_generate import folder as folder
from tests.core.jobs.test_generate import painting as painting
from tests.core.jobs.test_generate import result, steps

pytestmark = pytest.mark.usefixtures("one_thread")
PLACE = (1, 4, 4)


def asked(request: GenerationRequest, step: int, place: Place = PLACE) -> CandidatesRequest:
    return CandidatesRequest(request.branched(steps(request)[step].state), place, count=5)


@pytest.mark.parametrize("step", [0, 1, -1])
def test_the_likeliest_come_first_then_a_picture_of_each(
    painting: GenerationRequest, step: int
) -> None:
    found, *pictures = candidates.run(asked(painting, step))

    assert isinstance(found, Candidates)
    chances = [candidate.probability for candidate in found.likeliest]
    assert chances == sorted(chances, reverse=True)
    assert len(chances) == 5
    assert 0 < sum(chances) <= 1.0001
    assert 0 <= found.entropy <= 5.0001  # of 32 codes
    assert found.present.token == int(steps(painting)[step].tokens[0][PLACE])
    assert [picture.number for picture in pictures] == list(range(5))  # type: ignore[union-attr]
    first = pictures[0]
    assert isinstance(first, Pixels)
    assert first.frames.shape == (2, 6, 6, 3)


def test_a_picture_is_what_the_result_shows_with_that_token(painting: GenerationRequest) -> None:
    last = steps(painting)[-1]
    found, *pictures = candidates.run(asked(painting, -1))
    assert isinstance(found, Candidates)
    t, h, w = last.tokens.shape[1:]
    places = np.zeros((t, h, w), bool)
    places[PLACE] = True

    for candidate, picture in zip(found.likeliest, pictures, strict=True):
        edits = TokenEdits.none((t, h, w)).marked(places, candidate.token)
        clip = result(painting.branched(last.state, 0, edits))[0]
        assert isinstance(picture, Pixels)
        assert np.array_equal(picture.frames, clip[2:4, 6:12, 6:12])


def test_at_the_edge_the_picture_ends_where_the_clip_does(painting: GenerationRequest) -> None:
    _, picture, *_ = candidates.run(asked(painting, -1, (0, 0, 3)))

    assert isinstance(picture, Pixels)
    assert picture.frames.shape == (2, 4, 6, 3)


def test_of_a_causal_model_only_what_stands_before_counts(causal: GenerationRequest) -> None:
    last = steps(causal)[-1]
    t, h, w = last.tokens.shape[1:]
    later = np.zeros((t, h, w), bool)
    later[-1, -1, -1] = True
    edits = TokenEdits.none((t, h, w)).marked(later, 3)
    place = (t - 1, h - 1, w - 2)

    one, other = (
        next(iter(candidates.run(CandidatesRequest(branch, place))))
        for branch in (causal.branched(last.state), causal.branched(last.state, 0, edits))
    )

    assert one == other


def test_what_cannot_be_answered_is_said(
    painting: GenerationRequest, causal: GenerationRequest
) -> None:
    begun = steps(causal)[0]
    t, h, w = begun.tokens.shape[1:]

    for request, sentence in (
        (CandidatesRequest(painting, PLACE), "Generate first"),
        (asked(painting, 0, (9, 0, 0)), "no token at"),
        (CandidatesRequest(causal.branched(begun.state), (t - 1, h - 1, w - 1)), "not decided yet"),
    ):
        with pytest.raises(UserError, match=sentence):
            list(candidates.run(request))
