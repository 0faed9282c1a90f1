"""A run's folder: one process at a time, whole files, a full disk said, lines dropped and kept."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from core.errors import UserError
from core.training.checkpoints import load_checkpoint, save_checkpoint
from core.training.disk import remove_partials, write_whole
from core.training.run_folder import METRICS, RunFolder, forget_after

BIG = {"x": torch.zeros(100_000)}
SMALL = {"x": torch.ones(3)}


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """In here no file gets larger: writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text("name = 'one'")
    return path


def test_two_cannot_train_one_run(recipe: Path, tmp_path: Path) -> None:
    first = RunFolder(tmp_path / "run", recipe, resume=True)
    with pytest.raises(UserError, match=r"being trained by process \d+ on"):
        RunFolder(tmp_path / "run", recipe, resume=True)
    first.close()

    RunFolder(tmp_path / "run", recipe, resume=True).close()


def test_a_run_is_gone_on_with_only_when_asked(recipe: Path, tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", recipe, resume=False).close()
    (tmp_path / "run" / METRICS).write_text("")

    with pytest.raises(UserError, match="--resume"):
        RunFolder(tmp_path / "run", recipe, resume=False)
    RunFolder(tmp_path / "run", recipe, resume=True).close()


def test_a_changed_recipe_moves_the_old_one_aside(recipe: Path, tmp_path: Path) -> None:
    for text in ("name = 'one'", "name = 'one'", "name = 'two'"):
        recipe.write_text(text)
        RunFolder(tmp_path / "run", recipe, resume=True).close()

    assert (tmp_path / "run" / "recipe.toml").read_text() == "name = 'two'"
    assert (tmp_path / "run" / "recipe-1.toml").read_text() == "name = 'one'"
    assert not (tmp_path / "run" / "recipe-2.toml").exists()


def test_lines_of_steps_to_come_and_half_lines_go(tmp_path: Path) -> None:
    kept = ['{"phase": "first", "step": 90}', '{"phase": "second", "step": 10}']
    lost = ['{"phase": "second", "step": 20}', '{"phase": "second", "st']
    (tmp_path / METRICS).write_text("\n".join(kept + lost))

    forget_after(tmp_path, "second", 10)

    assert (tmp_path / METRICS).read_text().splitlines() == kept


def test_a_full_disk_is_said_and_the_last_checkpoint_stays(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, SMALL, best=True)
    with files_up_to(10_000), pytest.raises(UserError, match=r"step-0000002.* larger than .* room"):
        save_checkpoint(tmp_path, 2, BIG, best=True)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["best.safetensors", "step-0000001.safetensors"]
    assert load_checkpoint(tmp_path).state["x"].equal(SMALL["x"])


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "phase", 3, SMALL)
    (tmp_path / "phase" / "step-0000004.safetensors.partial").write_bytes(b"half")

    remove_partials(tmp_path)

    assert [path.name for path in (tmp_path / "phase").iterdir()] == ["step-0000003.safetensors"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    def fail(partial: Path) -> None:
        partial.write_text("half")
        raise OSError(28, "No space left on device")

    write_whole(tmp_path / "x", lambda partial: partial.write_text("whole"))
    with pytest.raises(UserError, match="the disk is full"):
        write_whole(tmp_path / "x", fail)

    assert (tmp_path / "x").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_best_checkpoint_outlives_newer_ones(tmp_path: Path) -> None:
    for done in range(1, 5):
        notes = {"best": 0.5}
        save_checkpoint(tmp_path, done, {"x": torch.tensor(done)}, notes, best=done == 2)

    best, newest = load_checkpoint(tmp_path, best=True), load_checkpoint(tmp_path)
    assert (best.done, int(best.state["x"])) == (2, 2)
    assert (newest.done, newest.notes) == (4, {"best": 0.5})
    steps = sorted(path.name for path in tmp_path.glob("step-*"))
    assert steps == ["step-0000003.safetensors", "step-0000004.safetensors"]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 1, SMALL)
    path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(UserError, match=r"step-0000001.*cannot be read"):
        load_checkpoint(tmp_path)
