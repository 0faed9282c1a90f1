"""What one generation costs on this machine, part by part, and what bfloat16 wins."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from core.assets import asset, model_folders
from core.bundle import load_bundle
from core.cards import list_bundles
from core.compositing import composited_clip
from core.device import best_device, device_name
from core.jobs import generate
from core.media.reading import open_clip
from core.models.transformers.bidirectional import MAGVIT_B, BidirectionalTransformer
from core.requests import GenerationFinished, GenerationRequest
from core.window import whole


def bundled() -> Path:
    for folder in model_folders():
        for path, card in list_bundles(folder):
            if not isinstance(card, Exception):
                return path
    pytest.skip("no model is bundled")


def test_parts_of_one_generation() -> None:
    folder, sample = bundled(), sorted(asset("samples").glob("*.mp4"))[0]
    card = load_bundle(folder).card
    with open_clip(sample) as reader:
        window = whole(reader.size, (card.frames, card.height, card.width))
        request = GenerationRequest(str(folder), "IPC", str(sample), window)
        for run in ("cold", "warm"):
            finished = [*generate.run(request)][-1]
            assert isinstance(finished, GenerationFinished)
            begin = time.perf_counter()
            frames = sum(1 for _ in composited_clip(reader, request, finished.clips[0], 0, 16))
            composite = time.perf_counter() - begin
            parts = vars(finished.timings) | {"composite": composite}
            said = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in parts.items())
            print(f"\n{run}: 16 frames of {card.width}x{card.height} on {finished.device}: {said}")
            assert frames == 16


def test_bfloat16_against_float32_in_the_published_base_size() -> None:
    device = best_device()
    ids = torch.zeros(1, MAGVIT_B.length, dtype=torch.int64, device=device)
    with torch.inference_mode():
        seconds = {
            dtype: forward_seconds(BidirectionalTransformer().to(device, dtype).eval(), ids)
            for dtype in (torch.float32, torch.bfloat16)
        }

    ratio = seconds[torch.float32] / seconds[torch.bfloat16]
    taken = ", ".join(f"{str(kind)[6:]} {12 * value:.2f} s" for kind, value in seconds.items())
    print(f"\nMAGVIT-B, 12 passes over 1,026 tokens on {device_name(device)}: {taken}")
    print(f"float32 takes {ratio:.1f} times as long as bfloat16")
    assert ratio > 0


def forward_seconds(model: BidirectionalTransformer, ids: torch.Tensor) -> float:
    """Best of five passes after one to warm up."""
    taken = []
    for _ in range(6):
        begin = time.perf_counter()
        model(ids, rows=MAGVIT_B.codebook_size)
        if ids.is_cuda:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begin)
    return min(taken[1:])
