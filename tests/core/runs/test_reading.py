"""A run's folder is read as it grows; who works on it, and why nobody does any more, is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from core.machine import birth, host
from core.runs.life import SILENT_S, Life, Pulse, read_life, write_life
from core.runs.reading import RunReader, is_run

RECIPE = """name = "mine"
start = "/models/parent"
[tokenizer]
legs = [{steps = 4, size = 16, batch = 2}]
[transformer]
steps = 6
"""


def line(phase: str, step: int, **figures: float) -> str:
    return json.dumps({"phase": phase, "step": step, **figures}) + "\n"


def life_of(process: int, machine: str = "", **more: object) -> Life:
    born = 0 if machine else birth(process)
    return Life("training", process=process, born=born, machine=machine or host(), **more)


def a_run(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


def test_a_folder_that_nobody_has_begun_waits_and_one_that_is_not_there_is_gone(
    tmp_path: Path,
) -> None:
    look = RunReader(a_run(tmp_path / "run")).look()

    assert (look.status, look.name, look.total) == ("waiting", "mine", 10)
    assert RunReader(tmp_path / "none").look().status == "gone"
    assert is_run(tmp_path / "run")
    assert not is_run(tmp_path)


def test_only_whole_lines_count_and_later_ones_are_added(tmp_path: Path) -> None:
    run, reader = a_run(tmp_path), RunReader(tmp_path)
    write_life(run, life_of(os.getpid()))
    with (run / "metrics.jsonl").open("a") as file:
        file.write(line("tokenizer", 2, loss=0.5, seconds=3.0) + line("tokenizer", 4)[:9])
        file.flush()
        first = reader.look()
        file.write(line("tokenizer", 4)[9:] + "no report\n" + line("transformer", 1, seconds=2.0))
    second = reader.look()

    assert [(look.phase, look.step) for look in first.lines] == [("tokenizer", 2)]
    assert (first.done, first.eta) == (2, 8 * 3.0)
    assert [(look.phase, look.step) for look in second.lines][1:] == [
        ("tokenizer", 4),
        ("transformer", 1),
    ]
    assert (second.done, second.eta) == (5, 5 * 2.0)


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    run, reader = a_run(tmp_path), RunReader(tmp_path)
    (run / "metrics.jsonl").write_text(line("tokenizer", 2) + line("tokenizer", 4))
    reader.look()
    (run / "other").write_text(line("tokenizer", 2) + line("tokenizer", 3) * 3)
    os.replace(run / "other", run / "metrics.jsonl")

    assert [look.step for look in reader.look().lines] == [2, 3, 3, 3]


def test_a_process_that_was_killed_is_lost_and_little_memory_is_named(tmp_path: Path) -> None:
    run, child = a_run(tmp_path), subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    life = life_of(child.pid)
    write_life(run, life)
    alive = RunReader(run).look()
    child.kill()
    child.wait()
    lost = RunReader(run).look()
    write_life(run, replace(life, free=100 << 20))
    without_memory = RunReader(run).look()

    assert (alive.status, alive.working) == ("training", True)
    assert (lost.status, lost.working) == ("lost", False)
    assert f"Process {child.pid}" in lost.words
    assert "it was killed" in lost.words
    assert "100 MB of memory left" in without_memory.words


def test_another_machine_is_lost_when_it_is_silent_whatever_its_clock_says(tmp_path: Path) -> None:
    run, seconds = a_run(tmp_path), [0.0]
    reader = RunReader(run, clock=lambda: seconds[0], now=lambda: 0.0)
    write_life(run, life_of(1, "gpu-box", time=5000.0))  # its clock is ahead
    statuses = [reader.look().status]
    for pulse, passed in ((5000.0, SILENT_S - 1), (5100.0, 10.0), (5100.0, SILENT_S + 1)):
        seconds[0] += passed
        write_life(run, life_of(1, "gpu-box", time=pulse))
        statuses.append(reader.look().status)

    assert statuses == ["training", "training", "training", "lost"]
    assert "“gpu-box” has given no sign of life" in reader.look().words


def test_a_pulse_says_what_changes_and_the_last_word(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path / "run")
    pulse.say(state="training", step=3)
    during = read_life(tmp_path / "run")
    pulse.end("finished", bundle="/models/mine")
    after = read_life(tmp_path / "run")

    assert (during.state, during.step, during.goes_on) == ("training", 3, True)
    assert abs(during.time - time.time()) < 60
    assert (after.state, after.bundle, after.working) == ("finished", "/models/mine", False)


def test_samples_and_checkpoints_are_found(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    (run / "samples").mkdir()
    (run / "transformer").mkdir()
    for name in ("transformer-0000000.png", "transformer-0000003.png", "strange.png"):
        (run / "samples" / name).write_bytes(b"")
    (run / "transformer" / "step-0000003.safetensors").write_bytes(b"12345")
    look = RunReader(run).look()

    assert [sample.step for sample in look.samples] == [0, 3]
    assert look.samples[1].moving.name == "transformer-0000003.mp4"
    assert [(kept.step, kept.size, kept.best) for kept in look.checkpoints] == [(3, 5, False)]
