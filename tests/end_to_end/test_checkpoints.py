"""`maskreel import` and `maskreel export` as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.__main__ import main
from core.cards import ModelCard
from core.checkpoints.lightning import open_checkpoint
from tests.checkpoints import head_layout, prior_file, vqvae_file

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with `prior.ckpt` and `vqvae.ckpt`."""
    monkeypatch.chdir(tmp_path)
    for checkpoint in (prior_file(), vqvae_file()):
        torch.save(head_layout(checkpoint), tmp_path / checkpoint.path.name)
    return tmp_path


def maskreel(*arguments: str) -> int:
    """The exit code of `maskreel …`."""
    try:
        return main(arguments)
    except SystemExit as error:
        return int(error.code or 0)


def test_an_import_says_what_it_found_and_assumed_and_where_the_model_is(
    folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    choices = ("--name", "mine", "--heads", "3", "--classes", "run, jump, fly")

    assert maskreel("import", "prior.ckpt", "--models", "models", *choices) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Found"
    assert "  Conditioned on 3 classes." in lines
    assert "  3 attention heads, as asked for, though the file says 2." in lines
    assert lines.index("Assumed") < len(lines) - 2
    assert lines[-1] == str(Path("models") / "mine")
    assert ModelCard.read(Path("models/mine")).classes == ("run", "jump", "fly")


def test_a_model_that_was_imported_generates(folder: Path) -> None:
    assert maskreel("import", "prior.ckpt", "--models", ".") == 0

    chosen = ("--model", "prior", "--task", "CG", "--class", "class 1")
    assert maskreel("generate", *chosen, "--out", "pictures") == 0

    assert len(list((folder / "pictures").iterdir())) == 8


def test_an_export_gives_the_checkpoint_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert maskreel("import", "prior.ckpt", "--models", ".") == 0
    capsys.readouterr()

    assert maskreel("export", "prior", "back.ckpt") == 0

    assert capsys.readouterr().out.split() == ["back.ckpt", "back-vqvae.ckpt"]
    before, after = (open_checkpoint(folder / name) for name in ("prior.ckpt", "back.ckpt"))
    assert list(after.weights) == list(before.weights)
    assert all(after.weights[name].equal(tensor) for name, tensor in before.weights.items())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("import", "none.ckpt"), "There is no file none.ckpt"),
        (("import", "text.ckpt"), "text.ckpt is no checkpoint of PyTorch"),
        (("import", "prior.ckpt", "--heads", "5"), "cannot have 5 attention heads"),
        (("import", "vqvae.ckpt", "--classes", "a,b"), "no classes, but 2 names"),
        (("import", "prior.ckpt", "--tokenizer", "text.ckpt"), "text.ckpt is no checkpoint"),
    ],
)
def test_what_cannot_be_imported_ends_with_1_and_one_sentence(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    (folder / "text.ckpt").write_text("hello")

    assert maskreel(*arguments, "--models", "models") == 1

    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not (folder / "models").exists()


@pytest.mark.parametrize(
    "arguments", [("--heads", "0"), ("--heads", "many"), ("--classes", "a,,b"), ("--magic",)]
)
def test_wrong_usage_ends_with_2(folder: Path, arguments: tuple[str, ...]) -> None:
    assert maskreel("import", "prior.ckpt", "--models", "models", *arguments) == 2

    assert not (folder / "models").exists()
