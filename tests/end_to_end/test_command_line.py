"""`maskreel VERB` as a person runs it: files in, files out, exit codes."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import wave
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.mask_files import write_masks
from core.masks import MaskTrack
from core.media.reading import open_clip
from core.media.writing import AudioSpan, write_clip
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.clips import moving_square, write_lossless
from tests.core.training.conftest import recipe_file as recipe_file

ROOT = Path(__file__).resolve().parents[2]
SIZE, FRAMES = (48, 32), 9

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: `clip.mkv`, `mask.png` (a white box) and the bundle `tiny`."""
    monkeypatch.chdir(tmp_path)
    tiny_bundle(tmp_path / "tiny")
    write_lossless(tmp_path / "clip.mkv", FRAMES, SIZE)
    cv2.imwrite("mask.png", box())
    return tmp_path


def box() -> np.ndarray:
    """A white box on black, uint8 (H, W)."""
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[10:22, 14:34] = 255
    return mask


def generate(*arguments: str) -> int:
    """The exit code of `maskreel generate` with the tiny model."""
    try:
        return main(["generate", "--model", "tiny", "--steps", "3", *arguments])
    except SystemExit as error:
        return int(error.code or 0)


def frames(path: str) -> np.ndarray:
    with open_clip(path) as reader:
        return reader.read(0, len(reader)).frames


RED = ("--task", "CG", "--class", "red")
PAINT = ("--clip", "clip.mkv", "--mask", "mask.png", "--seed", "7")


def test_lossless_result_differs_only_where_it_was_painted(folder: Path) -> None:
    assert generate(*PAINT, "--out", "out.mkv") == 0

    result, original = frames("out.mkv"), moving_square(FRAMES, SIZE)
    painted = box() > 0
    assert result.shape == original.shape
    assert np.array_equal(result[:, ~painted], original[:, ~painted])
    assert (result[:4, painted] != original[:4, painted]).mean() > 0.5
    assert np.array_equal(result[4:], original[4:])
    assert sorted(path.name for path in folder.iterdir()) == [
        "clip.mkv",
        "mask.png",
        "out.mkv",
        "tiny",
    ]


def test_same_request_gives_the_same_frames(folder: Path) -> None:  # noqa: ARG001
    for name in ("one.mkv", "two.mkv"):
        assert generate(*PAINT, "--out", name) == 0

    assert np.array_equal(frames("one.mkv"), frames("two.mkv"))


def test_rate_and_size_of_an_mp4_are_the_clips_own(folder: Path) -> None:  # noqa: ARG001
    assert generate(*PAINT, "--out", "out.mp4") == 0

    with open_clip("out.mp4") as out, open_clip("clip.mkv") as clip:
        assert (out.size, out.rate, len(out)) == (clip.size, clip.rate, len(clip))


def test_count_writes_numbered_files_that_differ(folder: Path) -> None:  # noqa: ARG001
    assert generate(*PAINT, "--out", "out.mkv", "--count", "2") == 0

    assert not Path("out.mkv").exists()
    assert not np.array_equal(frames("out-1.mkv"), frames("out-2.mkv"))


def test_finished_result_is_refined_in_more_steps(
    folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert generate(*PAINT, "--out", "plain.mkv", "--count", "2") == 0
    capsys.readouterr()
    refined = ("--out", "refined.mkv", "--count", "2", "--refine", "4", "--json-lines")
    assert generate(*PAINT, *refined) == 0

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    steps = [event["step"] for event in events if event["event"] == "stepped"]
    assert steps == [1, 2, 3, 1, 2, 3, 4]
    original, painted = moving_square(FRAMES, SIZE), box() > 0
    for number in (1, 2):
        result = frames(f"refined-{number}.mkv")
        assert not np.array_equal(result, frames(f"plain-{number}.mkv"))
        assert np.array_equal(result[:, ~painted], original[:, ~painted])


def test_refining_takes_two_steps_at_least(folder: Path) -> None:  # noqa: ARG001
    assert generate(*PAINT, "--out", "out.mkv", "--refine", "1") == 2


def test_mask_may_be_a_folder_or_a_video_of_another_size(folder: Path) -> None:
    (folder / "masks").mkdir()
    for number in range(3):
        shown = box() if number == 2 else np.zeros_like(box())
        cv2.imwrite(f"masks/{number}.png", cv2.resize(shown, None, fx=2, fy=2))

    assert generate("--clip", "clip.mkv", "--mask", "masks", "--out", "out.mkv") == 0

    changed = (frames("out.mkv") != moving_square(FRAMES, SIZE)).any(axis=(1, 2, 3))
    assert changed.tolist() == [False, False, True, True, True, True, False, False, False]


def test_mask_may_be_what_the_studio_has_exported(folder: Path) -> None:
    track = MaskTrack(*SIZE).painted(2, box() > 0).painted(6, np.roll(box() > 0, 8, 1))
    track = track.of_kind(2, "interpolate").painted(0, np.zeros_like(box()) > 0)
    for form, path in (("json", folder / "masks.json"), ("png", folder / "masks")):
        for _ in write_masks(track, path, form, frames=FRAMES, rate=Fraction(10)):
            pass

    for path in ("masks.json", "masks"):
        assert generate("--clip", "clip.mkv", "--mask", path, "--out", f"{path}.mkv") == 0

    assert np.array_equal(frames("masks.json.mkv"), frames("masks.mkv"))
    assert not np.array_equal(frames("masks.mkv"), moving_square(FRAMES, SIZE))


def test_frames_and_region_place_the_window(folder: Path) -> None:  # noqa: ARG001
    place = ("--task", "CG", "--class", "left", "--frames", "1:9", "--region", "8,4,16,16")

    assert generate("--clip", "clip.mkv", *place, "--out", "out.mkv") == 0

    changed = (frames("out.mkv") != moving_square(FRAMES, SIZE)).any(axis=3)
    assert changed.any(axis=(1, 2)).tolist() == [False, *[True] * 8]
    assert changed[:, 4:20, 8:24].sum() == changed.sum()


def test_class_is_generated_without_a_clip(folder: Path) -> None:  # noqa: ARG001
    assert generate("--task", "CG", "--class", "left", "--out", "pictures") == 0

    assert frames("pictures").shape == (4, 16, 16, 3)


def test_json_lines_tell_every_step(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    assert generate(*PAINT, "--out", "out.mkv", "--json-lines") == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    events = [line["event"] for line in lines]
    assert events == ["started", *["stepped"] * 3, *["written"] * FRAMES, "finished"]
    assert lines[-1]["files"] == ["out.mkv"]
    assert set(lines[-1]["seconds"]) >= {"load", "encode", "transformer", "decode", "composite"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--out", "out.mkv"),
        ("--clip", "clip.mkv", "--out", "out.mkv"),
        (*PAINT,),
        (*PAINT, "--out", "out.avi"),
        (*PAINT, "--task", "FP", "--out", "out.mkv"),
        (*PAINT, "--task", "magic", "--out", "out.mkv"),
        (*PAINT, "--frames", "5:2", "--out", "out.mkv"),
        (*PAINT, "--frames", "0:5", "--out", "out.mkv"),
        (*PAINT, "--region", "1,2,3", "--out", "out.mkv"),
    ],
)
def test_wrong_usage_ends_with_2(folder: Path, arguments: tuple[str, ...]) -> None:
    assert generate(*arguments) == 2

    assert not list(folder.glob("out*"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--clip", "none.mp4", "--mask", "mask.png"), "none.mp4"),
        (("--clip", "clip.mkv", "--mask", "none.png"), "none.png"),
        ((*PAINT, "--class", "up"), "no class “up”"),
        ((*PAINT, "--schedule", "zigzag"), "Schedule is one of"),
        ((*PAINT, "--decoder", "magic"), "no decoder called “magic”"),
        ((*PAINT, "--model", "none"), "no model “none”"),
        ((*PAINT, "--region", "40,0,16,16"), "reaches outside"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_one_sentence(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    assert generate(*arguments, "--out", "out.mkv") == 1

    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not list(folder.glob("out*"))


def test_missing_folder_of_the_result_is_told_before_any_work(
    folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert generate(*PAINT, "--out", "nowhere/out.mkv", "--json-lines") == 1

    assert capsys.readouterr().out == ""


def test_help_is_answered_without_torch() -> None:
    probe = "import core.__main__, sys; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_interrupt_ends_with_130_and_leaves_nothing_behind(folder: Path) -> None:
    command = [sys.executable, "-m", "core", "generate", "--model", "tiny", *PAINT]
    running = subprocess.Popen(
        [*command, "--out", "out.mkv", "--json-lines", "--steps", "256"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert "started" in running.stdout.readline()

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 130
    assert "Traceback" not in said
    assert sorted(path.name for path in folder.iterdir()) == ["clip.mkv", "mask.png", "tiny"]


# ── a causal model ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def causal(folder: Path) -> Path:
    """The folder, with the bundle `videogpt`, too."""
    tiny_videogpt_bundle(folder / "videogpt")
    return folder


def continued(*arguments: str) -> int:
    """The exit code of `maskreel generate --task continue` with the tiny causal model."""
    what = ("--task", "continue", "--clip", "clip.mkv", "--model", "videogpt")
    try:
        return main(["generate", *what, *arguments])
    except SystemExit as error:
        return int(error.code or 0)


def test_clip_is_continued_past_its_end(causal: Path) -> None:  # noqa: ARG001
    assert continued("--length", "10", "--out", "out.mkv") == 0

    result, original = frames("out.mkv"), moving_square(FRAMES, SIZE)
    assert len(result) == FRAMES + 8  # two of the ten are kept
    assert np.array_equal(result[:FRAMES], original)
    beside, window = result[FRAMES:, :, :8], result[FRAMES:, :, 8:40]
    assert (beside == original[-1, :, :8]).all()
    assert all((a != b).mean() > 0.1 for a, b in itertools.pairwise(window))


def test_continuing_may_begin_inside_the_clip(causal: Path) -> None:  # noqa: ARG001
    assert continued("--from", "5", "--keep", "3", "--out", "out.mkv") == 0

    changed = (frames("out.mkv") != moving_square(FRAMES, SIZE)).any(axis=(1, 2, 3))
    assert changed.tolist() == [*[False] * 5, True, *[False] * 3]


def test_variations_of_a_long_result_are_what_their_seeds_give(causal: Path) -> None:  # noqa: ARG001
    long = ("--length", "9", "--seed", "3")
    assert continued(*long, "--count", "2", "--out", "both.mkv") == 0
    assert continued("--length", "9", "--seed", "4", "--out", "second.mkv") == 0

    assert np.array_equal(frames("both-2.mkv"), frames("second.mkv"))
    assert not np.array_equal(frames("both-1.mkv"), frames("both-2.mkv"))


def test_frames_are_written_before_the_next_window_is_decoded(
    causal: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert continued("--length", "8", "--out", "out.mkv", "--json-lines") == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(line["event"], line.get("frame", line.get("first"))) for line in lines]
    kept = [event for event in told if event[0] != "stepped"]
    written = [("written", number) for number in range(1, FRAMES + 7)]
    assert kept == [
        ("started", 0),
        *written[: FRAMES + 2],
        ("started", 2),
        *written[FRAMES + 2 : FRAMES + 4],
        ("started", 4),
        *written[FRAMES + 4 :],
        ("finished", None),
    ]
    last = [line for line in lines if line["event"] == "stepped"][-1]
    assert (last["step"], last["total"], last["seconds_left"]) == (384, 384, 0)
    assert last["tokens_per_second"] > 0


@pytest.mark.parametrize("task", [("generate",), ("CG", "--class", "left")])
def test_causal_model_generates_without_a_clip(causal: Path, task: tuple[str, ...]) -> None:  # noqa: ARG001
    chosen = ("--model", "videogpt", "--temperature", "0.9", "--top-k", "8")

    assert main(["generate", "--task", *task, *chosen, "--length", "6", "--out", "out.mkv"]) == 0
    assert frames("out.mkv").shape == (6, 16, 16, 3)


def test_continued_sound_ends_where_the_clip_ends(causal: Path) -> None:  # noqa: ARG001
    with wave.open("tone.wav", "wb") as tone:
        tone.setparams((1, 2, 8000, 0, "NONE", ""))
        tone.writeframes(bytes(16_000))
    sound = AudioSpan(Path("tone.wav"), 0.0, FRAMES / 10)
    picture = moving_square(FRAMES, SIZE)
    for _ in write_clip(picture, Path("clip.mkv"), writer="ffv1", rate=Fraction(10), audio=sound):
        continue

    assert continued("--length", "12", "--out", "out.mp4") == 0

    with av.open("out.mp4") as out:
        video, audio = out.streams.video[0], out.streams.audio[0]
        assert video.frames == FRAMES + 10
        assert float(audio.duration * audio.time_base) == pytest.approx(FRAMES / 10, abs=0.15)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--task", "CG", "--class", "left", "--keep", "2"),
        ("--from", "3", "--frames", "0:4"),
        ("--from", "3", "--keep", "4"),
        ("--length", "-1"),
    ],
)
def test_wrong_usage_of_continuing_ends_with_2(causal: Path, arguments: tuple[str, ...]) -> None:
    assert continued(*arguments, "--out", "out.mkv") == 2

    assert not list(causal.glob("out*"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--steps", "3"), "no option “steps”"),
        (("--decoder", "commit"), "Choose autoregressive"),
        (("--from", "10"), "ends before"),
        (("--from", "1"), "only whole ones count"),
        (("--length", "2"), "at least the 4 frames"),
    ],
)
def test_what_cannot_be_continued_ends_with_1(
    causal: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    assert continued(*arguments, "--out", "out.mkv") == 1

    assert sentence in capsys.readouterr().err
    assert not list(causal.glob("out*"))


# ── other verbs ────────────────────────────────────────────────────────────────────────────────


def test_doctor_looks_at_everything(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])

    said = capsys.readouterr()
    assert "device: " in said.out
    assert "ok  writes and reads back MP4 (H.264)" in said.out
    assert (code == 0) == ("--  " not in said.out)


def test_record_writes_both_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ("--clips", "4", "--frames", "3", "--size", "16", "--val-share", "0.25")

    assert main(["record", "shapes", str(tmp_path), *sizes, "--json-lines"]) == 0
    assert len(list(tmp_path.glob("train/*/*.mp4"))) == 3
    assert len(list(tmp_path.glob("val/*/*.mp4"))) == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["fraction"], last["frames"]) == ("recorded", 1.0, 12)


def test_record_plays_vizdoom(tmp_path: Path) -> None:
    pytest.importorskip("vizdoom")
    hour = ("--hours", "0.0005", "--size", "64", "--scenario", "health_gathering")

    assert main(["record", "vizdoom", str(tmp_path), *hour, "--val-share", "0"]) == 0
    files = tmp_path.glob("train/health_gathering/*")
    assert sorted(path.name for path in files) == ["0000.mp4", "0000.npz"]


def test_record_without_a_source_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["record", "somewhere"])
    assert stop.value.code == 2


def test_trained_model_is_measured_and_generates(
    recipe_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(recipe_file.parent)
    train = ("train", "recipe.toml", "--models", "models")

    assert main(train) == 0
    assert main(train) == 1
    assert "--resume" in capsys.readouterr().err
    assert main([*train, "--resume"]) == 0

    measure = ("--clips", "2", "--batch", "2", "--json", "--write-card", "--out", "measured")
    capsys.readouterr()
    assert main(["evaluate", "models/small", "recipe.toml", *measure]) == 0
    figures = json.loads(capsys.readouterr().out)
    card = json.loads(Path("models/small/card.json").read_text("utf-8"))
    assert card["metrics"]["tokenizer_psnr"] == pytest.approx(figures["tokenizer_psnr"], abs=1e-4)

    assert generate("--model", "models/small", *RED, "--out", "out.mkv") == 0
    assert frames("out.mkv").shape == (4, 16, 16, 3)
