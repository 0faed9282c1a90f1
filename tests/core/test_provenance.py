"""A file says how it was made, and nothing about where."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.masks import MaskTrack
from core.media.writing import WRITERS, write_clip
from core.provenance import Provenance, provenance, read_provenance
from core.requests import GenerationRequest
from core.window import Window
from tests.core.media.made import moving_square


def masks() -> MaskTrack:
    rng = np.random.default_rng(5)
    track = MaskTrack(96, 64)
    for frame in (2, 4, 5):
        mask = np.zeros((64, 96), bool)
        top, left = rng.integers(0, 30, 2)
        mask[top : top + 20, left : left + 30] = True
        track = track.painted(frame, mask)
    return track


def request(**wishes: object) -> GenerationRequest:
    known = {
        "bundle": "/home/anna/models/tiny",
        "task": "paint",
        "clip": "/home/anna/Films/dog.mp4",
        "window": Window(8, 4, 64, 48, 2, 4, 16, 16, 1),
        "painted": masks(),
        "options": {"steps": 7, "schedule": "cosine"},
        "seed": 40,
        "count": 3,
        "resume": b"state",
    }
    return GenerationRequest(**{**known, **wishes})


@pytest.mark.parametrize("name", WRITERS)
def test_request_comes_back_from_every_format(name: str, tmp_path: Path) -> None:
    made = provenance(request(), variation=2, first=5)
    path = tmp_path / f"out{WRITERS[name].suffix}"
    list(
        write_clip(
            moving_square(3, (96, 64)), path, writer=name, rate=Fraction(25), tag=made.to_tag()
        )
    )

    found = read_provenance(path)

    assert found == made
    assert found.first == 5
    assert found.request.painted == masks()
    assert (found.request.seed, found.request.count) == (42, 1)
    assert found.request.options == {"steps": 7, "schedule": "cosine"}


def test_no_folder_and_no_state_goes_along() -> None:
    tag = provenance(request()).to_tag()

    assert "anna" not in tag
    assert json.loads(tag)["request"]["clip"] == "dog.mp4"
    assert json.loads(tag)["request"]["resume"] is None
    assert tag.isascii()


def test_what_needs_no_clip_says_so() -> None:
    made = provenance(request(clip=None, painted=None, task="CG", label="cat"))

    assert Provenance.from_tag(made.to_tag()) == made
    assert made.request.clip is None


def test_folders_of_strangers_are_cut_off() -> None:
    data = json.loads(provenance(request()).to_tag())
    data["request"]["bundle"], data["request"]["clip"] = "../../etc/evil", "/etc/passwd"

    found = Provenance.from_tag(json.dumps(data))

    assert found is not None
    assert (found.request.bundle, found.request.clip) == ("evil", "passwd")


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "no json",
        "[]",
        '{"maskreel": 2}',
        '{"maskreel": 1, "request": {}}',
        '{"maskreel": 1, "program": "", "first": 0, "request": {"painted": "AAAA"}}',
    ],
)
def test_texts_of_others_are_no_provenance(tag: str) -> None:
    assert Provenance.from_tag(tag) is None


def test_fields_of_another_kind_are_no_provenance() -> None:
    for name, value in {"seed": "40", "count": -1, "task": None, "bundle": 3}.items():
        data = json.loads(provenance(request()).to_tag())
        data["request"][name] = value
        assert Provenance.from_tag(json.dumps(data)) is None


def test_files_that_do_not_say_are_explained(tmp_path: Path) -> None:
    list(write_clip(moving_square(2), tmp_path / "a.mp4", writer="mp4", rate=Fraction(25)))

    with pytest.raises(UserError, match="does not say how it was made"):
        read_provenance(tmp_path / "a.mp4")
    with pytest.raises(UserError, match="not there"):
        read_provenance(tmp_path / "b.mp4")
