"""kill -9 of the window at any moment: every finished stroke is there when it is opened again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.project.folder import read_project
from core.project.lock import left_open
from core.project.rescue import unclosed
from tests.studio.clips import write_numbered
from tests.studio.painter import mask_of

ROUNDS = 2


def paint_until_killed(path: Path, environment: dict[str, str], strokes: int, delay: float):
    """Lets a window paint at least so many strokes, and kills it `delay` seconds later.

    Returns:
        The folder of its project, and what it said of each frame last.
    """
    command = [sys.executable, "-m", "tests.studio.painter", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as window:
        assert window.stdout is not None
        folder, said, count = Path(), {}, 0
        timer = threading.Timer(delay, window.kill)
        for line in window.stdout:
            word, *rest = line.split()
            if word == "project":
                folder = Path(rest[0])
            elif word == "stroke":
                said[int(rest[0])] = rest[1]
                count += 1
                if count == strokes:
                    timer.start()
    assert window.returncode == -9
    return folder, said


def test_every_finished_stroke_survives_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path.cwd())}
    path = write_numbered(tmp_path / "clip.mkv", frames=200)
    known: dict[int, str] = {}
    for number in range(ROUNDS):
        delay = random.uniform(0, 0.3)
        folder, said = paint_until_killed(path, environment, 5 * (number + 1), delay)
        known |= said

        assert left_open(folder) is not None
        (found,) = unclosed()
        assert found.folder == folder
        project = read_project(folder)
        assert not project.troubles
        (track,) = project.contents.masks.values()
        in_hand = [
            frame
            for frame in track.keyframes
            if frame not in known or mask_of(track, frame) != known[frame]
        ]
        assert known.keys() <= track.keyframes.keys()
        assert len(in_hand) <= 1  # it was finished, but the window could not say so any more
        known |= {frame: mask_of(track, frame) for frame in in_hand}
        assert found.painted == len(known)
        path = folder
