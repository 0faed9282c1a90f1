"""Bundles and cards on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from core.bundle import load_bundle
from core.cards import CARD_FILE, TOKENIZER_FILE, TRANSFORMER_FILE, ModelCard, list_bundles
from core.errors import UserError
from tests.bundles import tiny_bundle, tiny_videogpt_bundle


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bundle(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "tiny")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_others_may_read_a_saved_bundle(bundle: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in [bundle, *bundle.iterdir()]}

    assert set(modes.values()) == {0o755, 0o644}


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16, torch.float16])
def test_weights_and_card_survive_a_round_trip(
    original: Path, tmp_path: Path, stored: torch.dtype
) -> None:
    bundle = load_bundle(original)

    bundle.save(tmp_path / "copy", stored)
    copy = load_bundle(tmp_path / "copy", dtype=torch.float32)

    assert copy.card == bundle.card
    assert not copy.transformer.training
    for network in ("tokenizer", "transformer"):
        ours = getattr(copy, network).state_dict()
        for key, weight in getattr(bundle, network).state_dict().items():
            assert ours[key].dtype == torch.float32
            assert ours[key].equal(weight.to(stored).float()), key


def test_buffers_stay_exact_whatever_parameters_are_stored_as(tmp_path: Path) -> None:
    bundle = load_bundle(tiny_videogpt_bundle(tmp_path / "tiny"))
    thirds = bundle.tokenizer.codebook.codes.div_(3).clone()
    bundle.tokenizer.encoder.stack.norm.num_batches_tracked.fill_(2**40 + 1)

    bundle.save(tmp_path / "copy", torch.bfloat16)
    copy = load_bundle(tmp_path / "copy", dtype=torch.float16)

    assert copy.tokenizer.encoder.stack.norm.num_batches_tracked.item() == 2**40 + 1
    assert copy.tokenizer.to_code.weight.dtype == torch.float16
    bundle.save(tmp_path / "copy", torch.bfloat16)
    assert load_bundle(tmp_path / "copy").tokenizer.codebook.codes.equal(thirds)


def test_saving_over_a_bundle_replaces_it_and_leaves_nothing_else(bundle: Path) -> None:
    (bundle / "old-notes.txt").write_text("from before")

    load_bundle(bundle).save(bundle)

    assert [path.name for path in bundle.parent.iterdir()] == ["tiny"]
    assert {path.name for path in bundle.iterdir()} == {
        CARD_FILE,
        TOKENIZER_FILE,
        TRANSFORMER_FILE,
    }


def test_a_failed_save_keeps_the_old_bundle(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_bundle(bundle)
    before = (bundle / TRANSFORMER_FILE).read_bytes()

    def disk_full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ModelCard, "write", disk_full)
    with pytest.raises(OSError, match="disk full"):
        loaded.save(bundle)

    assert (bundle / TRANSFORMER_FILE).read_bytes() == before
    assert [path.name for path in bundle.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("missing", [CARD_FILE, TOKENIZER_FILE, TRANSFORMER_FILE])
def test_a_missing_file_is_named(bundle: Path, missing: str) -> None:
    (bundle / missing).unlink()

    with pytest.raises(UserError, match=missing):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 99}, "format is 99"),
        ({"tokenizer": None}, "card.json"),
        ({"tokenizer": {"name": "vqvae9", "config": {}}}, "vqgan3d"),
        ({"transformer": {"name": "bidirectional", "config": {"depth": 3}}}, "depth"),
    ],
)
def test_a_card_that_does_not_fit_is_told(bundle: Path, change: dict, said: str) -> None:
    path = bundle / CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(UserError, match=said):
        load_bundle(bundle)


def test_weights_of_another_size_are_told(bundle: Path) -> None:
    path = bundle / CARD_FILE
    card = json.loads(path.read_text())
    card["transformer"]["config"]["layers"] += 1
    path.write_text(json.dumps(card))

    with pytest.raises(UserError, match=r"transformer\.safetensors does not fit"):
        load_bundle(bundle)


def test_damaged_weights_are_told(bundle: Path) -> None:
    (bundle / TOKENIZER_FILE).write_bytes(b"not weights")

    with pytest.raises(UserError, match=r"tokenizer\.safetensors is damaged"):
        load_bundle(bundle)


def test_listing_tells_good_bundles_from_broken_ones(bundle: Path) -> None:
    broken, stray = bundle.parent / "broken", bundle.parent / "stray"
    broken.mkdir()
    stray.mkdir()
    (broken / CARD_FILE).write_text("{")

    found = dict(list_bundles(bundle.parent))

    assert set(found) == {bundle, broken}
    assert isinstance(found[bundle], ModelCard)
    assert isinstance(found[broken], UserError)
    assert list_bundles(bundle.parent / "nowhere") == []


def test_a_class_is_found_by_name_and_an_unknown_one_is_told(original: Path) -> None:
    card = ModelCard.read(original)

    assert card.label(card.classes[1]) == 1
    with pytest.raises(UserError, match=card.classes[0]):
        card.label("nobody")
