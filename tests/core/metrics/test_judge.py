"""A judge learns to tell footage with classes, is kept in a file, and measures by what it sees."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.media.writing import write_clip
from core.metrics.files import NetworkFiles
from core.metrics.frechet_judge import FrechetJudge
from core.metrics.judge import FEATURES, Judge, JudgeCard, load_judge, read_card, save_judge, told
from core.training.judge import JudgeRequest, run

CARD = JudgeCard(("left", "right"), ("turn",), 0.9, (0.5,), "test footage", 64, 2)


def moving(step: int, seed: int, frames: int = 24, side: int = 32) -> np.ndarray:
    """Noise that moves sideways by so many pixels a frame."""
    wall = np.random.default_rng(seed).integers(0, 256, (side, 160, 1), np.uint8).repeat(3, 2)
    wall = wall.repeat(2, 1)
    start = 0 if step > 0 else frames * 4
    return np.stack([wall[:, start + k * step :][:, :side] for k in range(frames)])


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that only motion tells apart; the turn is recorded beside each video."""
    folder = tmp_path_factory.mktemp("footage")
    for split, count in (("train", 8), ("val", 3)):
        for name, step in (("left", -4), ("right", 4)):
            for number in range(count):
                path = folder / split / name / f"{number}.mkv"
                path.parent.mkdir(parents=True, exist_ok=True)
                seed = 100 * number + (split == "val")
                list(write_clip(moving(step, seed), path, writer="ffv1", rate=Fraction(16)))
                actions = np.zeros((25, 3), np.float32)
                actions[:, 2] = step
                np.savez(path.with_suffix(".npz"), actions=actions)
    return folder


def test_it_learns_what_only_motion_tells(footage: Path, tmp_path: Path) -> None:
    request = JudgeRequest(footage, tmp_path / "judge.safetensors", 40, 8, held_out=32, strides=1)

    *_, last = run(request)

    assert last.card == read_card(request.out)
    assert last.card.classes == ("left", "right")
    assert last.card.actions == ("forward", "strafe", "turn")
    assert last.accuracy > 0.8
    assert last.card.explained[2] > 0.3


def test_footage_without_classes_is_refused(tmp_path: Path) -> None:
    list(write_clip(moving(4, 0), tmp_path / "one.mkv", writer="ffv1", rate=Fraction(16)))

    with pytest.raises(UserError, match="at least two"):
        next(run(JudgeRequest(tmp_path, tmp_path / "judge.safetensors", 1)))


def test_saved_judge_sees_the_same(tmp_path: Path) -> None:
    judge = Judge(2, 1).eval()
    videos = torch.rand(3, 3, 8, 64, 64)
    save_judge(judge, CARD, tmp_path / "judge.safetensors")

    loaded, card = load_judge(tmp_path / "judge.safetensors")

    assert card == CARD
    assert torch.allclose(loaded.features(videos), judge.features(videos), atol=1e-2)
    assert torch.equal(told(loaded, videos), loaded(videos)[0].argmax(1))


def test_another_file_is_no_judge(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"nothing of the kind")

    with pytest.raises(UserError, match="holds no judge"):
        load_judge(tmp_path / "x.safetensors")


def test_distance_is_zero_for_the_same_clips_and_grows_with_the_change(tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_judge(Judge(2, 0), CARD, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="does not hold the weights"):
        load_judge(tmp_path / "other.safetensors")  # the card says one action
    save_judge(Judge(2, 1), CARD, tmp_path / "judge.safetensors")
    metric = FrechetJudge.open(
        NetworkFiles(judge=tmp_path / "judge.safetensors"), torch.device("cpu")
    )
    clips = np.stack([moving(2, seed, 8) for seed in range(8)])
    noise = np.random.default_rng(0).integers(-60, 60, clips.shape)

    of = [
        metric.summary(metric.features(np.clip(clips + share * noise, 0, 255).astype(np.uint8)))
        for share in (0, 0.3, 1)
    ]

    assert metric.features(clips).shape == (8, FEATURES)
    assert metric.value(of[0], of[0]) == pytest.approx(0, abs=1e-6)
    assert 0 < metric.value(of[1], of[0]) < metric.value(of[2], of[0])
