"""Footage → tokens: what is in the folder, from any bundle, killed and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from core.__main__ import main
from core.bundle import ModelBundle, load_bundle
from core.cards import ModelCard, Network
from core.clip import Clip
from core.errors import UserError
from core.jobs import tokenize
from core.jobs.tokenize import TokenizeRequest
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig
from core.models.tokenizers.vqvae import VQVAE, VQVAEConfig
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.pixels import as_video
from core.training.cache import SHARD, TokenCache
from core.training.data import load_footage
from core.training.recipe import sources_of
from tests.core.training.conftest import write_video

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of noise."""
    folder = tmp_path_factory.mktemp("footage")
    for number, name in enumerate(("blue", "red")):
        noise = np.random.default_rng(number).integers(0, 256, (8, 16, 16, 3), np.uint8)
        write_video(Clip(noise, Fraction(8)), folder / name / "0.mp4")
    return folder


@pytest.fixture(scope="module")
def magvit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer alone, with random weights."""
    torch.manual_seed(0)
    sizes = VQGAN3DConfig(
        filters=32, multipliers=(1, 1), temporal_down=(True,), res_blocks=1, embedding_dim=8
    )
    tokenizer = VQGAN3D(replace(sizes, codebook_size=16)).eval()
    return saved(tokenizer, "vqgan3d", None, tmp_path_factory.mktemp("models") / "magvit")


@pytest.fixture(scope="module")
def videogpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose prior looks at one frame."""
    torch.manual_seed(0)
    sizes = VQVAEConfig(
        hidden=16, res_layers=1, embedding_dim=8, codebook_size=16, stride=(2, 4, 4)
    )
    prior = CausalConfig(
        codebook_size=16,
        embedding_dim=8,
        grid=(2, 4, 4),
        hidden=24,
        heads=2,
        layers=1,
        classes=2,
        context_frames=1,
        context_size=(16, 16),
        context_depths=(1, 1, 1),
        context_widths=(8, 8, 12),
    )
    transformer = CausalTransformer(prior).eval()
    folder = tmp_path_factory.mktemp("models") / "videogpt"
    return saved(VQVAE(sizes).eval(), "vqvae", transformer, folder)


def saved(
    tokenizer: VQGAN3D | VQVAE, name: str, transformer: CausalTransformer | None, folder: Path
) -> Path:
    prior = Network("causal", asdict(transformer.config)) if transformer else None
    card = ModelCard(
        name=name,
        title=name,
        description="",
        tokenizer=Network(name, asdict(tokenizer.config)),
        transformer=prior,
        tasks=("FP",),
        frames=4,
        height=16,
        width=16,
        stride=tokenizer.stride,
        rate=8.0,
        licence="",
        classes=("blue", "red") if transformer else (),
    )
    ModelBundle(tokenizer, transformer, card).save(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_tokens_for_a_masked_transformer(magvit: Path, footage: Path, tmp_path: Path) -> None:
    *_, last = tokenize.run(TokenizeRequest(magvit, footage, tmp_path / "out", clips=20))
    cache = TokenCache(tmp_path / "out")

    assert (last.done, last.total, last.skipped) == (20, 20, {})
    examples = [cache[number] for number in range(20)]
    assert examples[0].keys() == {"tokens", "condition_tokens", "given", "task", "label"}
    assert all(one["tokens"].shape == one["given"].shape == (2, 8, 8) for one in examples)
    assert all(int(one["tokens"].max()) < 16 for one in examples)
    assert len({int(one["task"]) for one in examples}) > 3
    assert cache.contents.classes == ("blue", "red")


def test_tokens_for_a_causal_transformer(videogpt: Path, footage: Path, tmp_path: Path) -> None:
    request = TokenizeRequest(videogpt, footage, tmp_path / "out", clips=12, drop=0.5)
    list(tokenize.run(request))
    cache, tokenizer = TokenCache(tmp_path / "out"), load_bundle(videogpt).tokenizer

    examples = [cache[number] for number in range(12)]
    assert examples[0].keys() == {"tokens", "label", "first", "blind"}
    assert {int(one["label"]) for one in examples} == {0, 1, 2}
    assert {bool(one["blind"]) for one in examples} == {False, True}
    maker, _, _ = tokenize.examples_of(
        load_bundle(videogpt).card, tokenizer, load_footage(sources_of(footage), Path()), request
    )
    drawn = maker(load_footage(sources_of(footage), Path(), ("blue", "red")), 3, 0)
    with torch.no_grad():
        tokens = tokenizer.encode(as_video(drawn["frames"][None]))[0]
    assert torch.equal(examples[3]["tokens"], tokens)
    assert torch.equal(examples[3]["first"], drawn["frames"][:1])


@pytest.mark.slow
def test_killed_and_called_again_it_leaves_the_same_bytes(
    magvit: Path, footage: Path, tmp_path: Path
) -> None:
    clips = SHARD + 200
    arguments = ["tokenize", magvit, footage, tmp_path / "cut", "--clips", str(clips)]
    command = [sys.executable, "-m", "core", *map(str, arguments), "--json-lines"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["done"] > SHARD + 20:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "cut" / "shard-00001.safetensors").exists()

    first, *_, last = tokenize.run(TokenizeRequest(magvit, footage, tmp_path / "cut", clips))
    list(tokenize.run(TokenizeRequest(magvit, footage, tmp_path / "whole", clips)))

    assert (first.done, last.done) == (SHARD, clips)
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_on_the_command_line(
    magvit: Path, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["tokenize", str(magvit), str(footage), str(tmp_path / "out"), "--clips", "9"]

    assert main([*arguments, "--json-lines"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["tokenized"] * 3 + ["finished"]
    assert [line["done"] for line in lines[:-1]] == [0, 8, 9]

    assert main([*arguments, "--seed", "1"]) == 1
    assert "made in another way" in capsys.readouterr().err


def test_footage_that_is_not_there_is_refused(magvit: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no “"):
        next(tokenize.run(TokenizeRequest(magvit, tmp_path / "no", tmp_path / "out", clips=1)))
