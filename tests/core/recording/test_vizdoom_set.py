"""A set of ViZDoom episodes: even, complete, the same from any number of workers, resumable."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import UserError
from core.recording.requests import VizdoomRequest
from core.recording.vizdoom_set import LONGEST, _Part, record_vizdoom

HOURS = 3 * 60 / 16 / 3600  # 180 frames
ROOT = Path(__file__).resolve().parents[3]
SHORT = ("health_gathering", "my_way_home")


@pytest.fixture(scope="module")
def installed() -> None:
    pytest.importorskip("vizdoom", reason="recording needs the optional package vizdoom")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, installed: None) -> Path:  # noqa: ARG001
    """By one worker, in both sizes."""
    folder = tmp_path_factory.mktemp("set")
    for update in record_vizdoom(_request(folder)):
        assert update.path.is_file()
    return folder


def _request(folder: Path, **changes: object) -> VizdoomRequest:
    settings = {"hours": HOURS, "val_share": 0.3, "sizes": (64, 128), "scenarios": SHORT}
    return VizdoomRequest(folder, **(settings | changes))  # type: ignore[arg-type]


def _sums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_layout_length_and_rate(recorded: Path) -> None:
    for size in (64, 128):
        videos = sorted((recorded / str(size)).rglob("*.mp4"))
        assert [path.relative_to(recorded / str(size)).as_posix() for path in videos] == [
            f"{split}/{name}/0000.mp4" for split in ("train", "val") for name in SHORT
        ]
        for path in videos:
            frames = {"train": 63, "val": 48}[path.parts[-3]]
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                assert stream.average_rate == 16
                assert (stream.width, stream.height) == (size, size)
                assert sum(1 for _ in container.decode(video=0)) == frames
            with np.load(path.with_suffix(".npz")) as arrays:
                assert arrays["actions"].shape == (frames, 5)
                assert arrays["states"].shape == (frames, 4)


def test_the_description_counts(recorded: Path) -> None:
    told = json.loads((recorded / "64" / "dataset.json").read_text("utf-8"))

    assert told["settings"]["seed"] == 0
    assert told["settings"]["frames_per_second"] == 16
    assert list(told["classes"]) == list(SHORT)
    assert told["classes"]["my_way_home"]["hours"]["train"] == pytest.approx(
        63 / 16 / 3600, abs=1e-4
    )
    assert told["classes"]["my_way_home"]["episodes"] == {"train": 1, "val": 1}
    assert list(told["arrays"]["actions"]) == ["forward", "strafe", "turn", "attack", "use"]


def test_two_workers_record_the_same_and_what_is_missing(recorded: Path, tmp_path: Path) -> None:
    request = _request(tmp_path, workers=2)

    *_, last = record_vizdoom(request)
    assert last.fraction == 1
    assert _sums(tmp_path) == _sums(recorded)

    lost = tmp_path / "64" / "train" / SHORT[0] / "0000.npz"  # as a kill before its last file
    lost.unlink()
    (again,) = record_vizdoom(request)
    assert again.path == lost.with_suffix(".mp4")
    assert _sums(tmp_path) == _sums(recorded)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_leaves_no_worker(recorded: Path, tmp_path: Path) -> None:
    settings = ("--hours", str(HOURS), "--val-share", "0.3", "--size", "both", "--json-lines")
    names = [word for name in SHORT for word in ("--scenario", name)]
    command = [sys.executable, "-m", "core", "record", "vizdoom", str(tmp_path), *settings, *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stdout is not None
        assert run.stdout.readline()
        run.kill()
        rest = run.stdout.read()  # ends when the last worker, which shares the pipe, is gone

    assert rest.count(b"recorded") < 3
    assert not (tmp_path / "64" / "val" / SHORT[1] / "0000.npz").exists()
    list(record_vizdoom(_request(tmp_path)))
    assert _sums(tmp_path) == _sums(recorded)


def test_what_is_there_is_not_recorded_again(recorded: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in recorded.rglob("*.mp4")}

    assert list(record_vizdoom(_request(recorded))) == []
    assert {path: path.stat().st_mtime_ns for path in recorded.rglob("*.mp4")} == before


def test_other_settings_are_refused(recorded: Path) -> None:
    with pytest.raises(UserError, match="with seed 0, not 1"):
        list(record_vizdoom(_request(recorded, seed=1)))


def test_splits_and_scenarios_share_no_episode(recorded: Path) -> None:
    states = []
    for path in sorted((recorded / "64").rglob("*.npz")):
        with np.load(path) as arrays:
            states.append(arrays["states"][:40])

    assert all(not np.array_equal(a, b) for i, a in enumerate(states) for b in states[i + 1 :])


@pytest.mark.parametrize("wanted", [1, 200, LONGEST, LONGEST + 30, 5000])
def test_episodes_add_up_to_what_is_wanted(wanted: int) -> None:
    part = _Part("train", "basic", wanted)
    lengths = []
    while part.next_frames:
        lengths.append(part.next_frames)
        part.add(part.next_frames)

    assert sum(lengths) == max(wanted, 48)
    assert min(lengths) >= 48


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenarios": ("moon",)}, "no scenario called “moon”"),
        ({"hours": 0}, "--hours is above zero"),
        ({"hours": float("nan")}, "--hours is above zero"),
        ({"val_share": 1.0}, "--val-share is from 0 to below 1"),
        ({"workers": 0}, "--workers is 1 or more"),
        ({"seed": -1}, "--seed is 0 or above"),
    ],
)
def test_a_request_out_of_range_is_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        _request(tmp_path, **changes)


def test_without_vizdoom_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vizdoom", None)

    with pytest.raises(UserError, match="pip install"):
        list(record_vizdoom(_request(tmp_path)))
    assert not list(tmp_path.iterdir())
