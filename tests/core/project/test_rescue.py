"""What was not closed, and what is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.project import lock, rescue
from core.project.contents import Contents
from core.project.drafts import drafts_folder, new_draft
from core.project.folder import PROJECT, masks_file, read_project
from core.project.journal import Journal
from tests.core.project.made import entry, painted

CLIP = entry(name="beach")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def written(folder: Path, *numbers: int) -> Contents:
    contents = Contents((CLIP,), CLIP.id, {}, {CLIP.id: painted(*numbers)})
    lock.take_hold(folder)
    journal = Journal(folder, None, print)
    journal.snapshot(contents, np.zeros((90, 160, 3), np.uint8))
    journal.close()
    return contents


def die(folder: Path) -> None:
    """As if the process of the window had been killed."""
    (folder / lock.OPEN).write_text("")


def test_a_draft_whose_window_has_died_is_listed_with_what_is_in_it(data: Path) -> None:
    folder = new_draft()
    assert folder.parent == drafts_folder()
    assert data in folder.parents
    written(folder, 1, 2, 3)
    assert rescue.unclosed() == ()

    die(folder)
    (found,) = rescue.unclosed()
    assert found.title == "Untitled"
    assert found.clips == ("beach",)
    assert found.painted == 3
    assert found.picture is not None
    assert found.picture.exists()
    lock.let_go(folder)
    assert rescue.unclosed() == ()


def test_projects_of_the_user_are_looked_at_too(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    written(folder, 1)
    die(folder)
    assert [found.title for found in rescue.unclosed([folder, tmp_path / "gone"])] == ["holiday"]
    rescue.discard(folder)
    assert not folder.exists()


def test_an_open_project_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    written(folder, 1)
    with pytest.raises(UserError, match="is open by process"):
        rescue.discard(folder)


def test_a_damaged_project_is_opened_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    contents = written(folder, 1, 2)
    (folder / PROJECT).write_text("{ no json")

    found = rescue.read_or_rescue(folder)
    assert found.contents == contents
    assert "kept as project.damaged.maskreel" in found.troubles[0]
    assert found.stale == {CLIP.id}
    assert (folder / "project.damaged.maskreel").read_text() == "{ no json"


def test_a_damaged_project_without_a_snapshot_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    (folder / PROJECT).write_text("[]")
    with pytest.raises(UserError, match=r"“holiday” is damaged.*no older copy"):
        rescue.read_or_rescue(folder)


def test_damaged_masks_are_kept_aside_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    written(folder, 1, 2)
    path = masks_file(folder, CLIP.id)
    path.write_bytes(b"x\n")

    found = rescue.read_or_rescue(folder)
    assert found.contents.masks == {}
    assert "The masks of “beach” are damaged" in found.troubles[0]
    assert path.with_name(f"{CLIP.id}.damaged.jsonl").read_bytes() == b"x\n"
    assert read_project(folder).troubles == ()


def test_a_folder_without_a_project_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no project"):
        rescue.read_or_rescue(tmp_path)
