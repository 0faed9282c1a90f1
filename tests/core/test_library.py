"""The user's own models are added whole, deleted alone, and one of them is the default."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

from core.cards import CARD_FILE, TOKENIZER_FILE, ModelCard, files_of, list_bundles, sample_clips
from core.errors import UserError
from core.library import add_folder, default_model, delete, make_default
from tests.bare_bundles import bare_bundle


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return bare_bundle(tmp_path / "elsewhere" / "bare")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def added(source: Path, own: Path) -> Path:
    folder = list(add_folder(source, own))[-1].bundle
    assert folder is not None
    return folder


def test_folder_is_copied_with_what_belongs_to_it_and_nothing_else(source: Path, own: Path) -> None:
    (source / "samples").mkdir()
    (source / "samples" / "FP.mp4").write_bytes(b"clip")
    (source / "LICENSE.txt").write_text("free")
    (source / "optimizer.pt").write_bytes(b"pickle")
    (source / "samples" / "run.py").write_text("")

    folder = added(source, own)

    assert folder == own / "bare"
    names = [path.relative_to(folder).as_posix() for path in files_of(folder)]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == names
    assert "LICENSE.txt" in names
    assert [path.name for path in sample_clips(folder)] == ["FP.mp4"]
    assert isinstance(list_bundles(own)[0][1], ModelCard)


def test_links_of_a_cache_become_files(source: Path, own: Path, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    shutil.move(source / TOKENIZER_FILE, blob)
    (source / TOKENIZER_FILE).symlink_to(blob)

    folder = added(source, own)

    assert not (folder / TOKENIZER_FILE).is_symlink()
    assert (folder / TOKENIZER_FILE).read_bytes() == blob.read_bytes()


def test_copy_that_is_given_up_leaves_nothing(source: Path, own: Path) -> None:
    updates = add_folder(source, own)
    next(updates)

    updates.close()

    assert list(own.iterdir()) == []


def test_name_of_a_card_is_no_path(source: Path, own: Path) -> None:
    bare_bundle(source, title="Bad")
    text = (source / CARD_FILE).read_text().replace('"bare"', '"../../bare"')
    (source / CARD_FILE).write_text(text)

    assert added(source, own) == own / "bare"


def test_damaged_weights_are_named_and_not_copied(source: Path, own: Path) -> None:
    weights = source / TOKENIZER_FILE
    weights.write_bytes(weights.read_bytes()[:-100])

    with pytest.raises(UserError, match=f"{TOKENIZER_FILE} is damaged or cut off"):
        added(source, own)
    assert not own.exists()


def test_pickle_that_is_called_safe_is_refused(source: Path, own: Path) -> None:
    (source / TOKENIZER_FILE).write_bytes(pickle.dumps([1]))

    with pytest.raises(UserError, match="not safe to load"):
        added(source, own)


def test_folder_of_pickles_is_refused_with_the_reason(own: Path, tmp_path: Path) -> None:
    (tmp_path / "vqvae.ckpt").write_bytes(b"")

    with pytest.raises(UserError, match=r"“vqvae.ckpt”.*can run any program"):
        added(tmp_path, own)


def test_folder_of_models_names_them(source: Path, own: Path) -> None:
    with pytest.raises(UserError, match=r"a folder of models. Choose .*: bare"):
        added(source.parent, own)


def test_default_is_kept_until_its_model_is_gone(source: Path, own: Path) -> None:
    assert default_model(own) is None
    folder = added(source, own)

    make_default(own, folder)
    assert default_model(own) == folder

    delete(folder, own)
    assert default_model(own) is None


def test_only_own_models_are_deleted(source: Path, own: Path) -> None:
    folder = added(source, own)

    with pytest.raises(UserError, match="not one of your own"):
        delete(source, own)
    delete(folder, own)

    assert source.exists()
    assert list(own.iterdir()) == []


def test_what_a_card_must_not_say(source: Path) -> None:
    card = ModelCard.read(source).to_json()

    for name, value in (
        ("title", 3),
        ("tasks", "FP"),
        ("classes", [1]),
        ("frames", 0),
        ("frames", "4"),
        ("stride", [2, 8]),
        ("rate", 0),
        ("metrics", {"psnr": "good"}),
    ):
        with pytest.raises(ValueError, match=f"“{name}” has a value"):
            ModelCard.from_json(card | {name: value})
