"""A run is a process of its own: what it is told, how it ends, and how it is written for others."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.bundle import load_bundle
from core.cli import finetune as verb
from core.errors import UserError
from core.jobs import finetune
from core.requests import FinetuneRequest, TrainUpdate
from core.runs import asking, elsewhere
from core.runs.elsewhere import Machines
from core.runs.estimate import Measured, read_measured
from core.runs.journal import journal
from core.runs.life import Life, read_life, write_life
from core.runs.plan import Asked, read_asked
from core.runs.reading import RunReader
from core.runs.starting import arguments, environment
from tests.bundles import tiny_bundle
from tests.core.training.conftest import moving_circle, write_video


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[FinetuneRequest]:
    """A tiny model, and a clip whose name a shell would take apart."""
    clip = tmp_path / "my $clip's.mp4"
    write_video(moving_circle((220, 30, 30)), clip)
    bundle = tiny_bundle(tmp_path / "tiny")
    paths = (tmp_path / "run", tmp_path / "models")
    yield FinetuneRequest(str(bundle), (str(clip),), *paths, "mine", steps=3, seed=4, resume=True)
    left = read_life(tmp_path / "run")
    if left is not None and left.goes_on and left.process != os.getpid():
        os.kill(left.process, signal.SIGKILL)  # of a test that has failed


STARTS = """
import os, sys
from pathlib import Path
from core.runs import starting
from core.runs.plan import read_asked
starting.MANNERS = ()
starting.start(read_asked(Path(sys.argv[1])).request)
os.kill(os.getpid(), 9)
"""
"""Starts a run, and is killed."""


def wait_for(reached: Callable[[], object], run: Path) -> None:
    """Looks again and again; a run that fails is told."""
    while not reached():
        life = read_life(run)
        assert life is None or life.state != "failed", life.words
        time.sleep(0.02)


def test_the_command_line_asks_for_the_same(request_: FinetuneRequest) -> None:
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    asked = replace(request_, lora=2, class_name="a b", old=request_.clips, part="both")

    for request in (asked, replace(asked, steps=0, minutes=2.5, lora=0, class_name="")):
        given = parser.parse_args(arguments(request)[1:])
        assert verb.request_of(given) == request


def test_a_run_outlives_who_began_it_and_ends_with_a_model_when_asked(
    request_: FinetuneRequest,
) -> None:
    run, reader = request_.run, RunReader(request_.run)
    Asked(replace(request_, steps=4000), "Tiny").write()
    command = [sys.executable, "-c", STARTS, str(run)]
    assert subprocess.run(command, env=environment(), check=False).returncode == -9
    wait_for(lambda: reader.look().status == "training", run)
    asking.ask(run, "pause")
    wait_for(lambda: reader.look().status == "paused", run)
    last = reader.look()
    bundle = finetune.keep(request_, best=False)

    assert asking.asked(run) is None
    assert last.samples[0].step == 0  # what the parent does, before any step
    card = load_bundle(bundle).card
    assert card.parent == "tiny"
    assert card.steps == {"transformer": last.checkpoints[-1].step}


def test_what_a_run_was_asked_is_read_back_wherever_it_lies(
    request_: FinetuneRequest, tmp_path: Path
) -> None:
    Asked(request_, "Tiny", 5.0, {"prior": 2.0}).write()
    request_.run.rename(tmp_path / "moved")
    read = read_asked(tmp_path / "moved")

    assert read.request == replace(request_, run=tmp_path / "moved")
    assert (read.parent, read.created, read.seconds) == ("Tiny", 5.0, {"prior": 2.0})
    assert read_asked(tmp_path) is None


def test_a_journal_says_how_it_ended(tmp_path: Path) -> None:
    def said(error: BaseException | None) -> Life:
        raised = pytest.raises(type(error)) if error else contextlib.nullcontext()
        with raised, journal(tmp_path) as kept:
            list(kept.followed(iter([TrainUpdate("prior", 2, 5)])))
            if error is not None:
                raise error
            kept.finish(Path("/models/mine"))
        return read_life(tmp_path)

    assert (said(None).state, said(None).bundle) == ("finished", "/models/mine")
    assert said(KeyboardInterrupt()).state == "paused"
    assert said(UserError("The disk is full.")).words == "The disk is full."
    broken = said(ZeroDivisionError("oh"))
    assert broken.state == "failed"
    assert "ZeroDivisionError: oh. log.txt" in broken.words


def test_a_run_that_lives_is_not_begun_by_another_process(tmp_path: Path) -> None:
    write_life(tmp_path, Life("training", process=os.getppid(), machine=os.uname().nodename))

    with pytest.raises(UserError, match=f"process {os.getppid()} already"), journal(tmp_path):
        pass


def test_steps_and_minutes_are_told_as_a_span() -> None:
    measured = Measured("CPU", {"prior": (1.8, 2.0, 2.6), "tokenizer": (2.0,)}, 20.0, 1, 1)
    steps, minutes = measured.steps(5), measured.minutes(60)

    assert steps.low < steps.likely < steps.high
    assert steps.likely == pytest.approx((300 - 20) * 0.9 / 4)
    assert minutes.likely == pytest.approx((20 + 60 * 4 / 0.9) / 60)
    assert minutes.high / minutes.likely > 1.1
    assert measured.steps(0.1).likely == 1
    assert read_measured('noise\n{"device": "CPU"}\n') is None


def test_a_run_for_other_machines_has_all_that_it_needs(request_: FinetuneRequest) -> None:
    asked = Asked(replace(request_, clips=request_.clips * 2), "Tiny")
    list(elsewhere.write_folder(asked, Machines(nodes=2, processes=4, address="gpu-0")))
    run, script = request_.run, request_.run / elsewhere.SCRIPT

    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert sorted(path.name for path in (run / "clips").iterdir()) == [
        "my $clip's-2.mp4",
        "my $clip's.mp4",
    ]
    assert load_bundle(run / "model").card.name == "tiny"
    lines = elsewhere.commands(asked.request, Machines(2, 4, "gpu-0"))
    assert [line.split("--node-rank=")[1][0] for line in lines] == ["0", "1"]
    assert all("--nnodes=2 --nproc-per-node=4" in line for line in lines)
    assert RunReader(run).look().status == "waiting"
    with pytest.raises(UserError, match="is not empty"):
        list(elsewhere.write_folder(asked, Machines()))


@pytest.mark.slow
def test_the_command_for_another_machine_trains(request_: FinetuneRequest, tmp_path: Path) -> None:
    list(elsewhere.write_folder(Asked(request_, "Tiny"), Machines()))
    moved = request_.run.rename(tmp_path / "another place")
    scripts = str(Path(sys.executable).parent)
    paths = {"PATH": os.pathsep.join((scripts, os.environ["PATH"])), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [moved / elsewhere.SCRIPT],
        env=environment() | paths,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert RunReader(moved).look().status == "finished"
    assert load_bundle(moved / "models" / "mine").card.parent == "tiny"


def test_an_estimate_is_measured_and_writes_nothing(request_: FinetuneRequest) -> None:
    measured = finetune.estimate(request_)

    assert read_measured(f"noise\n{json.dumps(measured.to_json())}\n") == measured
    assert len(measured.seconds["prior"]) == 4
    assert min(measured.prepare_s, measured.memory, measured.checkpoint) > 0
    assert not request_.run.exists()
