"""Evaluation measures what it says, however the work is shared, and goes on when stopped."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.cards import ModelCard
from core.errors import UserError
from core.evaluation.request import EvaluateRequest, EvaluateUpdate
from core.evaluation.store import CHUNKS
from core.jobs import evaluate
from core.jobs.evaluate import REPORT, SHEET, TEXT, write_metrics
from core.metrics.baselines import BASELINES
from core.metrics.files import NetworkFiles, checksum
from core.metrics.judge import Judge, JudgeCard, save_judge
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.core.metrics.test_published_networks import ScriptedC3D, ScriptedI3D, script
from tests.core.training.conftest import moving_circle, write_video

pytestmark = pytest.mark.usefixtures("one_thread")

SCRIPTED = {"i3d": ScriptedI3D(), "c3d": ScriptedC3D()}
COLOURS = {"left": (220, 30, 30), "right": (30, 220, 30)}


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    for name, colour in COLOURS.items():
        write_video(moving_circle(colour), tmp_path / "val" / name / "0.mp4")
    return tmp_path / "val"


@pytest.fixture
def request_(tmp_path: Path, footage: Path) -> EvaluateRequest:
    """Two chunks of three clips."""
    return EvaluateRequest(
        tiny_bundle(tmp_path / "tiny"),
        footage,
        clips=3,
        batch=2,
        folds=3,
        windows=1,
        tasks=("IPC", "FI", "CG", "paint"),
        options={"steps": 2},
        out=tmp_path / "out",
    )


def last(updates: Iterator[EvaluateUpdate]) -> EvaluateUpdate:
    *_, update = updates
    return update


def without_times(update: EvaluateUpdate) -> str:
    """The report as text, without what another run, or another number of processes, changes."""
    kept = {k: v for k, v in update.report.items() if k not in ("speed", "processes")}
    return json.dumps(kept)


def test_figures_beside_simple_answers_reach_the_card(request_: EvaluateRequest) -> None:
    updates = list(evaluate.run(request_))
    metrics = updates[-1].metrics
    write_metrics(request_.bundle, metrics)

    assert [(update.done, update.fraction) for update in updates[:3]] == [
        (0, 0.0),
        (2, pytest.approx(2 / 3)),
        (3, 1.0),
    ]
    assert updates[1].left_s is not None
    assert 5 < metrics["tokenizer_psnr"] < 60
    assert 0 < metrics["codebook_usage"] <= 1
    assert metrics["token_cross_entropy"] > 0
    assert {f"IPC_psnr_{way}" for way in ("model", "fill", *BASELINES)} <= metrics.keys()
    assert {f"FI_ssim_{way}" for way in ("model", "fill", "still")} <= metrics.keys()
    assert not any(name.startswith("CG_psnr") for name in metrics)
    read = ModelCard.read(request_.bundle).metrics["tokenizer_psnr"]
    assert read == pytest.approx(metrics["tokenizer_psnr"], abs=1e-4)


def test_the_report_is_written_and_says_what_could_not_be_measured(
    request_: EvaluateRequest,
) -> None:
    update = last(evaluate.run(request_))
    out = request_.out
    assert out is not None

    text = (out / TEXT).read_text("utf-8")
    assert text == update.text
    assert "LPIPS: no network given (--networks FOLDER" in text
    assert "FVD: no network given (--i3d FILE" in text
    assert "| IPC | OpenCV inpainting of each frame |" in text
    assert "commit, steps 2, schedule cosine" in text
    assert "| left |" in text
    written = json.loads((out / REPORT).read_text("utf-8"))
    assert written["metrics"] == update.metrics
    assert written["speed"]["IPC"]["tokens_per_second"] > 0
    sheet = cv2.imread(str(out / SHEET))
    assert sheet is not None
    assert sheet.shape[0] > 1000


def test_several_samples_have_a_best_and_a_mean(request_: EvaluateRequest) -> None:
    request = replace(request_, samples=2, tasks=("IPC",), out=None)

    score = last(evaluate.run(request)).report["hole"]["IPC"]["model"]["psnr"]

    assert score["best"] > score["mean"]
    assert score["deviation"] > 0


def test_two_processes_say_what_one_says(request_: EvaluateRequest, tmp_path: Path) -> None:
    alone = last(evaluate.run(request_))
    beside = last(evaluate.run(replace(request_, processes=2, out=tmp_path / "two")))

    assert without_times(beside) == without_times(alone)


def test_a_run_that_was_killed_goes_on(request_: EvaluateRequest, tmp_path: Path) -> None:
    alone = last(evaluate.run(request_))
    killed = replace(request_, out=tmp_path / "killed")
    process = multiprocessing.get_context("spawn").Process(
        target=killed_after_a_chunk, args=(killed,)
    )
    process.start()
    process.join()
    updates = list(evaluate.run(killed))

    assert process.exitcode == -signal.SIGKILL
    assert updates[0].done == 2
    assert without_times(updates[-1]) == without_times(alone)


def killed_after_a_chunk(request: EvaluateRequest) -> None:
    torch.set_num_threads(1)
    for update in evaluate.run(request):
        if update.done:
            os.kill(os.getpid(), signal.SIGKILL)


def test_shards_come_together(request_: EvaluateRequest, tmp_path: Path) -> None:
    alone = last(evaluate.run(request_))
    shared = replace(request_, out=tmp_path / "shared")

    first = last(evaluate.run(replace(shared, shard=(1, 2))))
    kept = (tmp_path / "shared" / CHUNKS / "00000.npz").stat().st_mtime_ns
    second = last(evaluate.run(replace(shared, shard=(2, 2))))

    assert (first.done, first.metrics) == (2, {})
    assert without_times(second) == without_times(alone)
    assert (tmp_path / "shared" / CHUNKS / "00000.npz").stat().st_mtime_ns == kept


def test_metrics_with_networks(shared: Path, request_: EvaluateRequest) -> None:
    networks = NetworkFiles(shared / "metrics")
    request = replace(request_, networks=networks, tasks=("IPC",), folds=1, clips=4)

    update = last(evaluate.run(request))
    report = update.report

    lpips = report["hole"]["IPC"]
    assert 0 < lpips["inpaint"]["lpips"]["mean"] < lpips["model"]["lpips"]["mean"]
    frame = report["frame"]["IPC"]
    assert frame["pasted"]["psnr"]["mean"] > frame["model"]["psnr"]["mean"]
    frechet = report["sets"]["IPC"]
    assert frechet["pasted"]["frechet"]["full"] < frechet["model"]["frechet"]["full"]
    assert 0 < frechet["inpaint"]["frechet"]["full"] < frechet["model"]["frechet"]["full"]
    assert frechet["model"]["frechet"]["debiased"] > 0
    assert list(report["networks"]["lpips"]) == [
        "squeezenet1_1_torchvision_fp16.pth",
        "lpips_v0.1_squeeze.pth",
    ]
    (sha,) = report["networks"]["frechet"].values()
    assert f"squeezenet1_1_torchvision_fp16.pth `{sha[:8]}`" in update.text
    assert [line.split(":")[0] for line in report["absent"]] == [
        "Frechet (3D network)",
        "FVD",
        "IS",
    ]


def test_a_judge_measures_distances_and_tells_classes(
    request_: EvaluateRequest, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    card = JudgeCard(("left", "right"), (), 0.875, (), "test footage", 8, 1)
    save_judge(Judge(2, 0), card, tmp_path / "judge.safetensors")
    networks = NetworkFiles(judge=tmp_path / "judge.safetensors")

    update = last(evaluate.run(replace(request_, networks=networks, clips=4, folds=1)))

    assert update.report["sets"]["CG"]["model"]["frechet3d"]["full"] > 0
    assert update.report["sets"]["FI"]["model"]["motion"]["full"] >= 0
    told = update.report["recognised"]
    assert list(told) == ["real", "IPC", "FI", "CG", "paint"]
    assert all(0 <= score["mean"] <= 1 for score in told.values())
    assert update.metrics["recognised_CG"] == told["CG"]["mean"]
    assert "trained on test footage, right about 87.5% of held-out clips" in update.text


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_published_scores_with_networks_of_the_right_shape(
    request_: EvaluateRequest, tmp_path: Path
) -> None:
    """Of a tokenizer alone, which also takes the 16 frames that these networks need."""
    card = ModelCard.read(request_.bundle)
    replace(card, transformer=None, tasks=(), frames=16).write(request_.bundle)
    i3d, c3d = (script(net, tmp_path / f"{name}.pt") for name, net in SCRIPTED.items())
    request = replace(request_, tasks=(), options={}, networks=NetworkFiles(i3d=i3d, c3d=c3d))

    update = last(evaluate.run(request))

    scores = update.report["sets"]["tokenizer"]["model"]
    assert scores["fvd"]["full"] > 0
    assert scores["fvd"]["debiased"] > 0
    assert scores["inception"]["full"] >= 1
    assert update.report["networks"]["fvd"] == {"i3d.pt": checksum(i3d)}
    assert f"| FVD | i3d.pt | `{checksum(i3d)}` |" in update.text
    assert update.metrics["tokenizer_fvd_model"] == scores["fvd"]["full"]


@pytest.mark.parametrize("classes", [(), tuple(COLOURS)])
def test_a_causal_model(tmp_path: Path, footage: Path, classes: tuple[str, ...]) -> None:
    bundle = tiny_videogpt_bundle(tmp_path / "causal", classes=classes, context_frames=1)
    request = EvaluateRequest(bundle, footage, clips=2, batch=2, folds=2, windows=0)

    report = last(evaluate.run(request)).report

    metrics = report["metrics"]
    assert metrics["bits_per_dimension"] > 0
    assert metrics["free_bits_per_dimension"] != metrics["bits_per_dimension"]
    assert metrics["continue_psnr_still"] > 5
    assert metrics["continue_psnr_model"] > 5
    assert report["decoder"].startswith("autoregressive")
    assert ("continue-class" in report["hole"]) == bool(classes)


def test_a_tokenizer_alone(request_: EvaluateRequest) -> None:
    card = ModelCard.read(request_.bundle)
    replace(card, transformer=None, tasks=()).write(request_.bundle)
    request = replace(request_, tasks=(), options={}, clips=2)

    update = last(evaluate.run(request))

    assert update.metrics["tokenizer_psnr"] > 5
    assert not update.report["hole"]
    assert "by task" not in update.text


def test_a_folder_keeps_to_one_request(request_: EvaluateRequest) -> None:
    request = replace(request_, clips=1, tasks=("FI",), folds=1)
    last(evaluate.run(request))

    with pytest.raises(UserError, match="holds an evaluation with other clips, seed"):
        last(evaluate.run(replace(request, clips=2, seed=1)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tasks": ("dance",)}, "does not know task dance"),
        ({"decoder": "autoregressive"}, "does not make clips with"),
        ({"options": {"speed": 2}}, "no option “speed”"),
        ({"data": Path("nowhere")}, "There is no “nowhere”"),
        ({"shard": (3, 2)}, "not 3/2"),
        ({"clips": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_used_is_said(
    request_: EvaluateRequest, change: dict[str, object], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        last(evaluate.run(replace(request_, **change)))  # type: ignore[arg-type]


def test_a_still_frame_answers_a_still_clip(request_: EvaluateRequest) -> None:
    pictures = moving_circle((10, 200, 90)).frames
    data = request_.data.parent / "still" / "a.mp4"
    clip = replace(moving_circle((10, 200, 90)), frames=np.repeat(pictures[:1], 8, axis=0))
    write_video(clip, data)

    request = replace(request_, data=data, tasks=("FI",), clips=1, folds=1)
    metrics = last(evaluate.run(request)).metrics

    assert metrics["FI_psnr_still"] > 35 > metrics["FI_psnr_model"]
