"""Settings survive a restart, damage and a read-only folder."""

from __future__ import annotations

import subprocess
import sys
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


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_damaged_file_is_explained_and_kept_aside(tmp_path: Path, text: str) -> None:
    path, told = tmp_path / "settings.json", list[str]()
    path.write_text(text, encoding="latin-1")

    assert load(path, told.append) == Settings()
    assert "damaged" in told[0]
    assert "settings.damaged.json" in told[0]
    assert (tmp_path / "settings.damaged.json").read_text(encoding="latin-1") == text
    assert not path.exists()


def test_file_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    told = list[str]()

    assert load(tmp_path / "settings.json", told.append) == Settings()
    assert told == []


def test_kill_leaves_the_old_settings_or_the_new(tmp_path: Path) -> None:
    path, told = tmp_path / "settings.json", list[str]()
    saving = (
        "import sys; from itertools import count; from pathlib import Path\n"
        "from studio.settings import Settings, save\n"
        "for size in count(1):\n"
        "    save(Settings(brush_size=size, export_folder='x' * 100_000), Path(sys.argv[1]))\n"
        "    print(size, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", saving, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        last = [int(process.stdout.readline()) for _ in range(20)][-1]
        process.kill()

    assert load(path, told.append).brush_size >= last
    assert told == []


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
