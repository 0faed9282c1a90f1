"""From a checkpoint of VideoGPT's authors to a bundle, and back."""

from __future__ import annotations

import json
import lzma
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from core.bundle import load_bundle
from core.cards import TRANSFORMER_FILE, ModelCard
from core.checkpoints.lightning import Checkpoint, open_checkpoint
from core.engine.process import JOBS
from core.errors import UserError
from core.jobs import capabilities, export_checkpoint, generate, import_checkpoint
from core.requests import CapabilitiesRequest, GenerationRequest, Imported, ImportRequest
from core.window import whole
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.checkpoints import CLIP, head_layout, prior_file, vqvae_file

pytestmark = pytest.mark.usefixtures("one_thread")

CONDITIONS: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "nothing": ({"classes": 0}, ("generate", "continue"), "Conditioned on nothing."),
    "classes": ({}, ("CG", "continue-class"), "Conditioned on 3 classes."),
    "frames": (
        {"classes": 0, "context_frames": 2, "context_size": CLIP[1:]},
        ("continue",),
        "Conditioned on the first 2 frames of a clip.",
    ),
    "both": (
        {"context_frames": 1, "context_size": CLIP[1:]},
        ("continue-class",),
        "Conditioned on 3 classes and the first frame of a clip.",
    ),
}


def saved(folder: Path, checkpoint: Checkpoint) -> Path:
    path = folder / checkpoint.path.name
    torch.save(head_layout(checkpoint), path)
    return path


def imported(path: Path, **choices: Any) -> Imported:
    """The bundle of a checkpoint, in `models` beside it."""
    request = ImportRequest(str(path), str(path.parent / "models"), **choices)
    (answer,) = import_checkpoint.run(request)
    return answer


def card_of(answer: Imported) -> ModelCard:
    return ModelCard.read(Path(answer.bundle))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_prior_becomes_a_bundle_with_the_tasks_of_its_conditions(
    tmp_path: Path, condition: str
) -> None:
    sizes, tasks, said = CONDITIONS[condition]

    answer = imported(saved(tmp_path, prior_file(**sizes)))

    card = card_of(answer)
    assert card.tasks == tasks
    assert (card.frames, card.height, card.width) == CLIP
    assert (card.stride, card.context_frames) == ((2, 4, 4), sizes.get("context_frames", 0))
    assert (card.name, card.steps) == ("prior", {"transformer": 30})
    assert said in answer.found
    assert "Attention: full, over 256 tokens." in answer.found


def test_what_is_found_names_all_sizes(tmp_path: Path) -> None:
    found = "\n".join(imported(saved(tmp_path, prior_file())).found)

    for fact in ("16 codes of 4 numbers", "8 frames of 32x32", "grid 4x8x8", "strides 2x4x4"):
        assert fact in found
    assert "2 layers, width 12, 2 heads" in found
    assert "step 30, by Lightning 1.3.3" in found


def test_a_bundle_holds_the_weights_of_its_checkpoint_exactly(tmp_path: Path) -> None:
    checkpoint = prior_file()

    bundle = load_bundle(Path(imported(saved(tmp_path, checkpoint)).bundle))

    tokenizer, prior = bundle.tokenizer.state_dict(), bundle.transformer.state_dict()
    weights = checkpoint.weights
    assert tokenizer["codebook.codes"].equal(weights["vqvae.codebook.embeddings"])
    counter = tokenizer["decoder.stack.norm.num_batches_tracked"]
    assert (counter.dtype, int(counter)) == (torch.int64, 3)
    assert prior["codes"].equal(weights["vqvae.codebook.embeddings"])
    assert prior["layers.1.mlp_norm.class_shift.weight"].equal(
        weights["attn_stack.attn_nets.1.pre_fc_norm.wb.weight"]
    )


def test_heads_classes_and_name_are_taken_and_then_not_assumed(tmp_path: Path) -> None:
    checkpoint = prior_file()
    path = saved(tmp_path, replace(checkpoint, arguments={**checkpoint.arguments, "heads": None}))

    plain = imported(path)
    chosen = imported(path, heads=6, classes=("run", "jump", "fly"), name="other")

    assert card_of(plain).classes == ("class 0", "class 1", "class 2")
    assert [line.split()[0] for line in plain.assumed] == ["4", "Classes", "5"]
    card = card_of(chosen)
    assert card.transformer is not None
    assert (card.name, card.classes) == ("other", ("run", "jump", "fly"))
    assert card.transformer.config["heads"] == 6
    assert [line.split()[0] for line in chosen.assumed] == ["5"]


def test_the_footage_is_named_without_the_folders_of_others(tmp_path: Path) -> None:
    checkpoint = prior_file()
    said = {**checkpoint.arguments, "data_path": "/home/somebody/data/bair.hdf5"}

    card = card_of(imported(saved(tmp_path, replace(checkpoint, arguments=said))))

    assert card.data == "bair.hdf5"
    assert "somebody" not in json.dumps(card.to_json())


def test_a_tokenizer_alone_becomes_a_bundle_that_generates_nothing(tmp_path: Path) -> None:
    answer = imported(saved(tmp_path, vqvae_file()))

    card, bundle = card_of(answer), load_bundle(Path(answer.bundle))
    assert (card.transformer, card.tasks, card.family) == (None, (), "")
    assert card.steps == {"tokenizer": 20}
    assert bundle.transformer is None
    assert not (Path(answer.bundle) / TRANSFORMER_FILE).exists()
    clip = torch.rand(1, 3, *CLIP)
    assert bundle.tokenizer.decode(bundle.tokenizer.encode(clip)).shape == clip.shape
    request = GenerationRequest(answer.bundle, "generate", None, whole((32, 32), CLIP))
    with pytest.raises(UserError, match="a tokenizer alone: it has no transformer"):
        next(generate.run(request))


def test_a_tokenizer_alone_is_listed_with_its_card(tmp_path: Path) -> None:
    answer = imported(saved(tmp_path, vqvae_file()))

    (found,) = capabilities.run(CapabilitiesRequest((str(tmp_path / "models"),)))

    assert [entry.folder for entry in found.bundles] == [answer.bundle]
    assert found.bundles[0].card == card_of(answer)


def test_the_engine_imports_too() -> None:
    assert JOBS[ImportRequest] is import_checkpoint.run


# ── what is refused ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "/tmp/x"])
def test_a_name_that_is_no_name_of_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a model"):
        imported(saved(tmp_path, vqvae_file()), name=name)


def test_a_model_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = saved(tmp_path, vqvae_file())
    imported(path)

    with pytest.raises(UserError, match="already"):
        imported(path)


@pytest.mark.parametrize(
    ("classes", "said"),
    [(("a", "b"), "3 classes, but 2 names"), (("a", "b", "a"), "the same name")],
)
def test_class_names_that_do_not_fit_are_refused(
    tmp_path: Path, classes: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        imported(saved(tmp_path, prior_file()), classes=classes)
    assert not (tmp_path / "models").exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, vqvae_file())
    (tmp_path / "models").mkdir(mode=0o500)

    with pytest.raises(UserError, match="cannot be written"):
        imported(path)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left"), SafetensorError("I/O error: No space left")]
)
def test_a_disk_that_is_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = saved(tmp_path, vqvae_file())

    def disk_full(*_: object) -> None:
        raise error

    monkeypatch.setattr(ModelCard, "write", disk_full)
    with pytest.raises(UserError, match=r"cannot be written into .* No space left"):
        imported(path)
    assert list((tmp_path / "models").iterdir()) == []


# ── and back ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_exported_prior_is_the_imported_one(tmp_path: Path, condition: str) -> None:
    path = saved(tmp_path, prior_file(**CONDITIONS[condition][0]))
    out = tmp_path / "back.ckpt"

    written = list(export_checkpoint.run(Path(imported(path).bundle), out))

    assert written == [out, tmp_path / "back-vqvae.ckpt"]
    before, after, inner = open_checkpoint(path), open_checkpoint(out), open_checkpoint(written[1])
    assert_same(after, before)
    assert (after.step, after.version) == (30, "1.3.3")
    expected = {**before.arguments, "vqvae": "back-vqvae.ckpt"}
    assert after.arguments == {key: expected[key] for key in after.arguments}
    assert inner.arguments["downsample"] == [2, 4, 4]
    assert all(inner.weights[k].equal(before.weights["vqvae." + k]) for k in inner.weights)
    again = imported(out)
    assert replace(card_of(again), name="prior", title="prior", description="") == replace(
        card_of(imported(path, name="prior2")), name="prior", title="prior", description=""
    )


def test_an_exported_tokenizer_is_the_imported_one(tmp_path: Path) -> None:
    path = saved(tmp_path, vqvae_file())

    (out,) = export_checkpoint.run(Path(imported(path).bundle), tmp_path / "new" / "back.ckpt")

    assert_same(open_checkpoint(out), open_checkpoint(path))


def assert_same(after: Checkpoint, before: Checkpoint) -> None:
    """The same tensors in the same order."""
    assert list(after.weights) == list(before.weights)
    for name, tensor in before.weights.items():
        assert after.weights[name].dtype == tensor.dtype, name
        assert after.weights[name].equal(tensor), name


def test_models_that_videogpt_has_not_are_not_exported(tmp_path: Path) -> None:
    out = tmp_path / "out.ckpt"
    with pytest.raises(UserError, match="is no model of VideoGPT"):
        next(export_checkpoint.run(tiny_bundle(tmp_path / "tiny"), out))
    with pytest.raises(UserError, match="strides of 2x2x2 crash there"):
        next(export_checkpoint.run(tiny_videogpt_bundle(tmp_path / "videogpt"), out))
    assert not out.exists()


def test_an_export_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    bundle = Path(imported(saved(tmp_path, vqvae_file())).bundle)
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(UserError, match="cannot be written"):
        next(export_checkpoint.run(bundle, tmp_path / "file" / "out.ckpt"))


# ── the authors' own files ─────────────────────────────────────────────────────────────────────

GOLDEN = ("gpt_class", "gpt_sparse", "gpt_uncond", "vqvae_a", "vqvae_a64", "vqvae_apr2021")


@pytest.mark.parametrize("name", [*GOLDEN, "vqvae_b", "gpt_frame"])
def test_golden_checkpoints_come_back_as_they_were(shared: Path, tmp_path: Path, name: str) -> None:
    path = shared / "golden" / "videogpt" / f"{name}.ckpt"
    if not path.exists():
        packed = path.with_suffix(".ckpt.xz").read_bytes()
        path = tmp_path / path.name
        path.write_bytes(lzma.decompress(packed))
    (answer,) = import_checkpoint.run(ImportRequest(str(path), str(tmp_path / "models")))

    out, *_ = export_checkpoint.run(Path(answer.bundle), tmp_path / "out.ckpt")

    before, after = open_checkpoint(path), open_checkpoint(out)
    assert_same(after, before)
    own = {key: value for key, value in after.arguments.items() if key != "vqvae"}
    assert own == {key: before.arguments[key] for key in own}
