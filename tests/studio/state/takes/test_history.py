"""Takes of a project outlive the program, whatever they came to, and whatever it ended by."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine.client import EngineDied
from core.requests import GenerationRequest
from core.takes.contents import CONTENTS
from core.takes.film import poster_file
from core.window import whole
from studio.state.notices import Notices
from studio.state.takes import keeper
from studio.state.takes.entry import Entry
from studio.state.takes.generation import Generation
from studio.state.takes.history import History
from studio.state.takes.queue import Queue
from studio.state.takes.take import Phase, Take
from tests.studio.fakes import (
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    CAUSAL_TOTAL,
    FRAMES,
    SIDE,
    TOTAL,
    ReplayingEngine,
    level,
)
from tests.studio.window import run, until

REQUEST = GenerationRequest(
    bundle="/models/tiny",
    task="paint",
    clip="clip.mp4",
    window=whole((64, 48), (FRAMES, SIDE, SIDE)),
)


class Program:
    """The states of a window that have to do with takes, of a project in a folder."""

    def __init__(self, folder: Path | None) -> None:
        self.engine, self.notices = ReplayingEngine(), Notices()
        self.queue = Queue(self.engine, self.notices)
        self.generation = Generation(self.queue)
        self.history = History(
            self.queue,
            self.generation,
            self.notices,
            lambda _request: ("Tiny", 25.0),
            self.notices.tell,
        )
        self.history.open(folder)

    async def opened(self) -> None:
        await until(lambda: not self.history.opening)

    async def reach(self, take: Take, steps: int) -> None:
        await until(lambda: len(take.steps) >= steps)

    async def on_disk(self, entry: Entry) -> None:
        """Until nobody holds the take in memory any more."""
        await until(lambda: entry.take is None)

    @property
    def first(self) -> Entry:
        return self.history.entries[0]


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "EVERY_MS", 0)


Scenario = Callable[[Program], Coroutine[Any, Any, None]]


def play(folder: Path | None, *scenarios: Scenario, ends: bool = True) -> None:
    """Runs scenarios, each in a program of its own that has the project open.

    Args:
        ends: whether each program ends as it should; else it leaves what it has written so far.
    """

    async def one(scenario: Scenario) -> None:
        program = Program(folder)
        await program.opened()
        await scenario(program)
        if ends:
            program.queue.hold()
            await program.queue.all_ended()
            await program.history.end()

    for scenario in scenarios:
        run(one(scenario), 20)


@contextmanager
def as_at_a_crash(folder: Path) -> Iterator[Path]:
    """A copy of the folder as it is now: what another program would find after a kill."""
    import shutil

    copy = folder.with_name("after-the-crash")
    shutil.copytree(folder, copy)
    yield copy


def test_finished_take_comes_back_whole(tmp_path: Path) -> None:
    async def make(program: Program) -> None:
        program.generation.begin(replace(REQUEST, label="cat", seed=7))
        await program.queue.all_ended()

    async def look(program: Program) -> None:
        entry = program.first
        assert (entry.phase, entry.card.request.seed, entry.take) == (Phase.FINISHED, 7, None)
        program.generation.show(program.history.take(entry))
        generation = program.generation
        assert generation.request == replace(REQUEST, label="cat", seed=7)
        assert [step.step for step in generation.steps] == list(range(TOTAL))
        assert (generation.phase, generation.done) == (Phase.FINISHED, TOTAL)
        assert (np.asarray(generation.finished.clips) == 200).all()
        assert generation.final_state == f"state {TOTAL - 1}".encode()

    play(tmp_path, make, look)


def test_card_of_a_finished_take_has_all_that_a_list_shows(tmp_path: Path) -> None:
    async def make(program: Program) -> None:
        program.generation.begin(REQUEST)
        await program.queue.all_ended()

    async def look(program: Program) -> None:
        card = program.first.card
        assert (card.title, card.rate, card.done, card.total) == ("Tiny", 25.0, TOTAL, TOTAL)
        assert card.seconds == pytest.approx(1.0)
        assert poster_file(tmp_path / card.id, 0).exists()

    play(tmp_path, make, look)


def test_paused_take_goes_on_in_the_next_program(tmp_path: Path) -> None:
    async def pause(program: Program) -> None:
        program.engine.hold_after = 2
        take = program.generation.begin(REQUEST)
        await program.reach(take, 2)
        program.generation.pause()
        await program.queue.all_ended()

    async def resume(program: Program) -> None:
        assert program.first.phase is Phase.PAUSED
        program.generation.show(program.history.take(program.first))
        program.generation.resume()
        await program.queue.all_ended()
        assert program.engine.requests[0].resume == b"state 1"
        assert [step.step for step in program.generation.steps] == list(range(TOTAL))
        assert program.first.phase is Phase.FINISHED

    play(tmp_path, pause, resume)


def test_take_of_a_program_that_was_killed_is_interrupted_and_goes_on(tmp_path: Path) -> None:
    async def crash(program: Program) -> None:
        program.engine.hold_after = 2
        take = program.generation.begin(REQUEST)
        await program.reach(take, 2)
        contents = tmp_path / "takes" / take.id / CONTENTS
        await until(
            lambda: contents.exists() and len(json.loads(contents.read_text())["steps"]) == 2
        )
        with as_at_a_crash(tmp_path / "takes"):
            program.queue.stop_all()
            await program.queue.all_ended()

    async def go_on(program: Program) -> None:
        card = program.first.card
        assert (program.first.phase, card.done, card.total) == (Phase.FAILED, 2, TOTAL)
        assert (card.cause, "Maskreel ended" in card.failure) == ("ended", True)
        assert poster_file(tmp_path / "after-the-crash" / card.id, 0).exists()
        program.queue.add(program.history.take(program.first))
        await program.queue.all_ended()
        assert program.engine.requests[0].resume == b"state 1"
        assert program.first.phase is Phase.FINISHED

    play(tmp_path / "takes", crash)
    play(tmp_path / "after-the-crash", go_on)


def test_long_result_goes_on_with_the_frames_that_had_settled(tmp_path: Path) -> None:
    window = whole((64, 48), (CAUSAL_FRAMES, SIDE, SIDE))
    request = GenerationRequest(
        bundle=CAUSAL_BUNDLE,
        task="continue",
        clip="clip.mp4",
        window=window,
        decoder="autoregressive",
        kept=2,
        length=16,
        overlap=4,
    )

    async def pause(program: Program) -> None:
        program.engine.hold_after = CAUSAL_TOTAL + CAUSAL_TOTAL * 3 // 4 - 1  # in the second window
        take = program.generation.begin(request, "token")
        await until(lambda: take.settled is not None and len(take.steps) > 0)
        program.generation.pause()
        await program.queue.all_ended()

    async def resume(program: Program) -> None:
        take = program.history.take(program.first)
        program.generation.show(take)
        assert len(take.settled) == CAUSAL_FRAMES
        program.generation.resume()
        await program.queue.all_ended()
        assert program.first.phase is Phase.FINISHED
        greys = [int(frame[0, 0, 0, 0]) for frame in take.settled]
        greys += [int(frame[0, 0, 0]) for frame in take.finished.clips[0]]
        assert greys == [level(frame) for frame in range(16)]

    play(tmp_path, pause, resume)


def test_what_waited_waits_again_until_a_person_lets_it_begin(tmp_path: Path) -> None:
    async def close(program: Program) -> None:
        program.engine.hold_after = 2
        takes = [program.generation.begin(replace(REQUEST, seed=seed)) for seed in range(3)]
        program.queue.move(takes[2], 0)
        await program.reach(takes[0], 2)

    async def reopen(program: Program) -> None:
        assert [take.request.seed for take in program.queue.waiting] == [0, 2, 1]
        assert (program.queue.held, program.queue.running) == (True, None)
        assert program.notices.current.text == "3 jobs wait since the project was closed."
        program.notices.act()
        await program.queue.all_ended()
        assert [request.seed for request in program.engine.requests] == [0, 2, 1]
        assert program.engine.requests[0].resume == b"state 1"
        assert {entry.phase for entry in program.history.entries} == {Phase.FINISHED}

    async def look(program: Program) -> None:
        assert (program.queue.waiting, program.queue.held) == ((), False)

    play(tmp_path, close, reopen, look)


def test_takes_that_nobody_looks_at_are_not_in_memory(tmp_path: Path) -> None:
    async def scenario(program: Program) -> None:
        program.generation.begin(REQUEST)
        await program.queue.all_ended()
        first, dead = program.first, weakref.ref(program.generation.take)
        program.generation.begin(replace(REQUEST, seed=1))
        await program.queue.all_ended()
        await program.on_disk(first)
        gc.collect()
        assert dead() is None
        assert program.first.take is program.generation.take

    play(tmp_path, scenario)


def test_take_is_never_there_twice(tmp_path: Path) -> None:
    async def scenario(program: Program) -> None:
        program.engine.fail_after, program.engine.error = 2, EngineDied(-9)
        program.generation.begin(REQUEST)
        await program.queue.all_ended()
        failed, entry = program.generation.take, program.first
        program.generation.show(None)
        await program.on_disk(entry)
        assert program.history.take(entry) is failed  # the notice still offers to go on with it
        program.notices.act()
        await program.queue.all_ended()
        assert (entry.phase, entry.card.phase) == (Phase.FINISHED, "finished")

    play(tmp_path, scenario)


def test_failure_comes_back_with_its_cause(tmp_path: Path) -> None:
    async def fail(program: Program) -> None:
        program.engine.fail_after, program.engine.error = 2, EngineDied(-9)
        program.generation.begin(REQUEST)
        await program.queue.all_ended()

    async def look(program: Program) -> None:
        card = program.first.card
        assert (card.phase, card.cause, card.done) == ("failed", "memory", 2)
        assert "SIGKILL" in card.failure
        take = program.history.take(program.first)
        assert (take.failure, take.cause) == (card.failure, "memory")

    play(tmp_path, fail, look)


def test_words_and_stars_of_the_user_are_kept(tmp_path: Path) -> None:
    async def write(program: Program) -> None:
        for seed in range(2):
            program.generation.begin(replace(REQUEST, seed=seed, count=2))
        await program.queue.all_ended()
        program.history.entries[1].change(name="The calm one", note="nice fog")
        program.history.entries[1].star(1)
        program.history.entries[0].star(0)
        program.history.entries[0].star(0)

    async def look(program: Program) -> None:
        newer, older = program.history.entries
        assert (older.card.name, older.card.note) == ("The calm one", "nice fog")
        assert (older.card.favourites, newer.card.favourites) == ((1,), ())

    play(tmp_path, write, look)


def test_deleted_take_is_put_back_or_is_gone_with_the_project(tmp_path: Path) -> None:
    async def delete(program: Program) -> None:
        for seed in range(3):
            program.generation.begin(replace(REQUEST, seed=seed))
        await program.queue.all_ended()
        program.generation.show(program.history.take(program.history.entries[1]))
        program.history.delete(program.history.entries[:2])
        assert program.generation.take is None
        assert [entry.card.request.seed for entry in program.history.entries] == [0]
        program.notices.act()
        assert [entry.card.request.seed for entry in program.history.entries] == [2, 1, 0]
        program.history.delete(program.history.entries[1:])
        program.history.put_back()
        program.history.delete(program.history.entries[1:])

    async def look(program: Program) -> None:
        assert [entry.card.request.seed for entry in program.history.entries] == [2]
        assert program.history.trash == ()
        assert len(list(tmp_path.glob("*/take.json"))) == 1

    play(tmp_path, delete, look)


def test_deleted_take_is_still_in_the_trash_after_a_crash(tmp_path: Path) -> None:
    async def delete(program: Program) -> None:
        program.generation.begin(REQUEST)
        await program.queue.all_ended()
        card = tmp_path / program.first.card.id / "take.json"
        program.history.delete(program.history.entries)
        await until(lambda: card.exists() and json.loads(card.read_text())["deleted"])

    async def look(program: Program) -> None:
        assert program.history.entries == ()
        program.history.put_back()
        assert program.first.phase is Phase.FINISHED

    play(tmp_path, delete, ends=False)
    play(tmp_path, look)


def test_running_take_that_is_deleted_is_stopped(tmp_path: Path) -> None:
    async def scenario(program: Program) -> None:
        program.engine.hold_after = 2
        take = program.generation.begin(REQUEST)
        await program.reach(take, 2)
        program.history.delete(program.history.entries)
        await program.queue.all_ended()
        assert take.phase is Phase.STOPPED
        await program.history.end()
        assert [path.name for path in tmp_path.iterdir()] == ["waiting.json"]

    play(tmp_path, scenario, ends=False)


def test_damaged_take_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    async def make(program: Program) -> None:
        for seed in range(2):
            program.generation.begin(replace(REQUEST, seed=seed))
        await program.queue.all_ended()

    async def damage(program: Program) -> None:
        (tmp_path / program.first.card.id / CONTENTS).write_text("{")
        assert program.history.take(program.first) is None
        assert "cannot be read" in program.notices.current.text
        assert program.history.take(program.history.entries[1]) is not None

    play(tmp_path, make, damage)


def test_full_disk_is_told_and_the_take_stays_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    async def scenario(program: Program) -> None:
        monkeypatch.setattr("core.takes.contents.write_json", full)
        take = program.generation.begin(REQUEST)
        await program.queue.all_ended()
        await until(lambda: program.notices.current is not None)
        assert "No space left on device" in program.notices.current.text
        assert program.first.take is take

    play(tmp_path, scenario)


def test_without_a_project_takes_stay_in_memory(tmp_path: Path) -> None:
    async def scenario(program: Program) -> None:
        take = program.generation.begin(REQUEST)
        await program.queue.all_ended()
        program.generation.show(None)
        assert program.first.take is take
        assert program.first.card.phase == "finished"

    play(None, scenario)
    assert list(tmp_path.iterdir()) == []


def test_take_of_another_project_goes_on_there(tmp_path: Path) -> None:
    async def scenario(program: Program) -> None:
        program.engine.hold_after = 2
        take = program.generation.begin(REQUEST)
        await program.reach(take, 2)
        program.history.open(tmp_path / "b")
        await program.opened()
        assert (program.history.entries, program.history.entry(take)) == ((), None)
        program.engine.hold_after = None
        program.queue.pause(take)
        await program.queue.all_ended()
        program.queue.add(take)
        await program.queue.all_ended()
        assert list((tmp_path / "b").glob("*/take.json")) == []

    async def look(program: Program) -> None:
        assert program.first.phase is Phase.FINISHED

    play(tmp_path / "a", scenario)
    play(tmp_path / "a", look)
