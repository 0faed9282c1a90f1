"""Settings survive a restart, damage and a read-only folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.settings import MOST_RECENT, Settings, load, save


def test_saved_settings_come_back(tmp_path: Path) -> None:
    settings = Settings(brush_size=77).opened(tmp_path / "a.mp4")

    save(settings, tmp_path / "deep" / "settings.json")

    assert load(tmp_path / "deep" / "settings.json") == settings


@pytest.mark.parametrize("text", ["", "{", "[]", '{"brush_size": "big", "later": 1}'])
def test_damaged_file_gives_the_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)

    assert load(path) == Settings()


def test_newest_clip_comes_first_and_once() -> None:
    settings = Settings()
    for name in ["a", "b", "a", *map(str, range(MOST_RECENT))]:
        settings = settings.opened(Path("/clips") / name)

    assert settings.recent[0] == f"/clips/{MOST_RECENT - 1}"
    assert len(settings.recent) == len(set(settings.recent)) == MOST_RECENT


def test_no_part_of_a_file_is_left(tmp_path: Path) -> None:
    save(Settings(), tmp_path / "settings.json")

    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_folder_that_cannot_be_made_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    save(Settings(), tmp_path / "file" / "settings.json")

    assert load(tmp_path / "file" / "settings.json") == Settings()
