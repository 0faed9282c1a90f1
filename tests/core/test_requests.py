"""Requests survive JSON, so that a project can keep them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.masks import MaskTrack
from core.requests import GenerationRequest
from core.token_edits import TokenEdits
from core.window import Window
from tests.core.test_token_edits import EDITS

SMALL = st.integers(1, 500)
WINDOWS = st.builds(
    Window, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, stride=st.integers(1, 4)
)
TRACKS = st.builds(
    lambda frame, mask: MaskTrack(5, 4).painted(frame, mask),
    st.integers(0, 99),
    st_numpy.arrays(np.bool_, (4, 5)),
)
OPTIONS = st.dictionaries(
    st.text(max_size=9), st.integers() | st.booleans() | st.text() | st.floats(allow_nan=False)
)
REQUESTS = st.builds(
    GenerationRequest,
    bundle=st.text(),
    task=st.text(),
    clip=st.none() | st.text(),
    window=WINDOWS,
    painted=st.none() | TRACKS,
    label=st.none() | st.text(),
    decoder=st.text(),
    options=OPTIONS,
    seed=st.integers(0, 2**63),
    count=SMALL,
    resume=st.none() | st.binary(),
    refine=st.none() | st.binary(),
    branch=st.none() | st.binary(),
    parent=st.integers(0, 15),
    edits=st.none() | EDITS,
)


@given(REQUESTS)
def test_request_survives_json(request: GenerationRequest) -> None:
    assert GenerationRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@given(REQUESTS, st.binary(), SMALL)
def test_a_refined_request_is_for_the_same_region_and_draws_alike(
    request: GenerationRequest, state: bytes, steps: int
) -> None:
    asked = replace(request, options={"guidance": 2.0, "schedule": "exp", "steps": 3})

    refined = asked.refined(state, steps)

    assert refined.options == {"guidance": 2.0, "steps": steps}
    assert (refined.decoder, refined.refine, refined.resume) == ("refine", state, None)
    again = replace(refined, decoder=asked.decoder, options=asked.options, refine=asked.refine)
    assert again == replace(asked, resume=None, branch=None, parent=0, edits=None)


@given(REQUESTS, st.binary(), EDITS, st.integers(0, 15))
def test_a_branch_is_the_same_request_for_one_variation(
    request: GenerationRequest, state: bytes, edits: TokenEdits, parent: int
) -> None:
    branch = request.branched(state, parent, edits)

    assert (branch.branch, branch.parent, branch.edits) == (state, parent, edits)
    assert (branch.seed, branch.count, branch.resume) == (request.seed + parent, 1, None)
    assert (branch.options, branch.label, branch.window) == (
        request.options,
        request.label,
        request.window,
    )
