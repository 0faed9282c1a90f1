"""What a step sees does not depend on who makes it; workers come and go with the loader."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.training.data import Cut, Footage, load_footage
from core.training.loading import Batch, Loader
from core.training.recipe import DataSource
from tests.core.training.conftest import footage_of, moving_circle, write_video

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Clips:
    """Examples that say where they come from."""

    batch: int = 4

    def count(self, step: int) -> int:  # noqa: ARG002
        return self.batch

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        drawn = footage.draw(np.random.default_rng((0, 1, step, index)), Cut(2, 8))
        frames = torch.from_numpy(drawn.frames)
        return {"frames": frames, "step": torch.tensor(step), "index": torch.tensor(index)}


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    folder = tmp_path_factory.mktemp("footage")
    for number in range(3):
        write_video(moving_circle((200, 60 * number, 0)), folder / f"{number}.mp4")
    return load_footage([DataSource(".", split="all")], folder)


def seen(loader: Loader) -> list[list[Batch]]:
    return list(loader)


def same(one: list[list[Batch]], other: list[list[Batch]]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a[name], b[name])
        for left, right in zip(one, other, strict=True)
        for a, b in zip(left, right, strict=True)
        for name in a
    )


@pytest.mark.slow
def test_workers_change_nothing(footage: Footage) -> None:
    alone = seen(Loader(footage, Clips(), range(5), parts=2))

    for workers in (1, 2):
        assert same(alone, seen(Loader(footage, Clips(), range(5), parts=2, workers=workers)))


def test_a_later_start_sees_what_the_whole_run_saw(footage: Footage) -> None:
    whole = seen(Loader(footage, Clips(), range(6)))

    assert same(whole[4:], seen(Loader(footage, Clips(), range(4, 6))))


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
def test_processes_and_parts_share_a_batch(world: int, parts: int, each: int) -> None:
    footage = footage_of(np.zeros((1, 8, 8, 3), np.uint8))
    clips = Clips(batch=world * parts * each)

    found = []
    for rank in range(world):
        ((*pieces,),) = Loader(footage, clips, range(1), rank=rank, world=world, parts=parts)
        assert len(pieces) == parts
        found += [int(index) for piece in pieces for index in piece["index"]]

    assert found == list(range(clips.batch))


def test_a_batch_that_cannot_be_shared_is_refused(footage: Footage) -> None:
    with pytest.raises(UserError, match="batch of 4 cannot be shared by 3"):
        Loader(footage, Clips(4), range(1), world=3)


def test_the_random_numbers_of_the_training_are_left_alone(footage: Footage) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()

    seen(Loader(footage, Clips(), range(2)))

    assert torch.equal(before, torch.get_rng_state())


def test_waiting_is_counted(footage: Footage) -> None:
    loader = Loader(footage, Clips(), range(2))
    begin = time.perf_counter()

    for _ in loader:
        time.sleep(0.05)

    assert 0 < loader.waited_s < time.perf_counter() - begin - 0.1


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_footage_that_vanishes_is_said_in_a_sentence(tmp_path: Path, workers: int) -> None:
    write_video(moving_circle((200, 0, 0)), tmp_path / "only.mp4")
    footage = load_footage([DataSource(".", split="all")], tmp_path)
    (tmp_path / "only.mp4").unlink()

    with pytest.raises(UserError, match=r"only\.mp4.* is not there"):
        seen(Loader(footage, Clips(), range(3), workers=workers))
    assert len(footage.skipped) == 1


def test_a_process_that_may_have_no_children_does_without(
    footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = seen(Loader(footage, Clips(), range(2)))
    daemon = SimpleNamespace(daemon=True)
    monkeypatch.setattr("core.training.loading.multiprocessing.current_process", lambda: daemon)

    assert same(alone, seen(Loader(footage, Clips(), range(2), workers=2)))


def workers_of(process: int) -> set[int]:
    """Spawned children that are alive; not the one that tracks shared memory."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (path / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            command = (path / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == process and state != "Z" and "spawn_main" in command:
            found.add(int(path.name))
    return found


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_end(processes: set[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_end_with_the_iterator(footage: Footage) -> None:
    batches = iter(Loader(footage, Clips(), range(100), workers=1))
    next(batches)
    workers = workers_of(os.getpid())
    assert workers

    batches.close()

    assert all_end(workers, 20)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_end_when_their_process_is_killed(tmp_path: Path) -> None:
    write_video(moving_circle((200, 0, 0)), tmp_path / "footage" / "only.mp4")
    script = tmp_path / "trains.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, signal, sys
            from pathlib import Path

            if __name__ == "__main__":
                from core.training.data import load_footage
                from core.training.loading import Loader
                from core.training.recipe import DataSource
                from tests.core.training.test_loading import Clips, workers_of

                footage = load_footage([DataSource("footage")], Path(sys.argv[1]))
                batches = iter(Loader(footage, Clips(), range(99), workers=1))
                next(batches)
                print(*workers_of(os.getpid()), flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, env=environment
    )

    workers = {int(line) for line in ended.stdout.split()}
    assert workers, ended.stderr
    assert all_end(workers, 30)
