"""`maskreel models …` as a person runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.cards import TOKENIZER_FILE
from core.cli import generate, models
from core.cli.generate import find_bundle
from tests.bare_bundles import bare_bundle
from tests.hub_server import Site, serving


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Of the models that came along, one of which is `shipped`, and of the user's own."""
    places = tmp_path / "ours", tmp_path / "own"
    bare_bundle(places[0] / "shipped")
    for module in (models, generate):
        monkeypatch.setattr(module, "model_folders", lambda: places)
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    return places


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(Site().hold(bare_bundle(tmp_path / "offered" / "far"))) as served:
        yield served


def test_list_names_size_kind_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0

    line = capsys.readouterr().out
    for words in ("shipped", "0.8 MB", "4 frames of 16x16", "CC0-1.0"):
        assert words in line


def test_folder_is_added_made_the_default_and_deleted(
    tmp_path: Path, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = bare_bundle(tmp_path / "elsewhere" / "mine")

    assert main(["models", "add", str(source)]) == 0
    assert capsys.readouterr().out.strip() == str(folders[1] / "mine")
    assert main(["models", "default", "mine"]) == 0
    assert find_bundle(None, "FP")[0] == folders[1] / "mine"
    main(["models", "list"])
    assert "* mine" in capsys.readouterr().out

    assert main(["models", "delete", "mine"]) == 0
    assert find_bundle(None, "FP")[0] == folders[0] / "shipped"


def test_bundled_model_is_not_deleted(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "delete", "shipped"]) == 1

    assert "not one of your own" in capsys.readouterr().err
    assert (folders[0] / "shipped").exists()


def test_offer_is_told_and_then_downloaded(
    site: Site, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    site.files["last.ckpt"] = b"pickle"
    asked = ["models", "download", "owner/name", "--endpoint", site.address]

    assert main([*asked, "--look"]) == 0
    told = capsys.readouterr().out
    for words in ("Bare model", "apache-2.0", "0.4 MB  tokenizer.safetensors", "“last.ckpt”"):
        assert words in told
    assert not folders[1].exists()

    assert main(asked) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(folders[1] / "far")


def test_broken_download_is_listed_and_can_be_let_go(
    site: Site, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    site.breaks[TOKENIZER_FILE] = [100_000, 0]
    assert main(["models", "download", "owner/name", "--endpoint", site.address]) == 1
    assert "what has arrived is kept" in capsys.readouterr().err

    main(["models"])
    assert "broken off at 0." in capsys.readouterr().out
    assert main(["models", "delete", "owner/name"]) == 0
    assert list(folders[1].iterdir()) == []
