"""How the window feels: its start, the brush, stepping, playing, memory, and how long its event
loop stands still while the engine works.

Everything is measured in the real window without a display, with the real engine and the bundled
model. Beside the time by the clock stands the work of the window's own thread, which other programs
on the machine do not change. `MASKREEL_BENCH_CLIPS` names a folder in which the clips are kept.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent

from studio.panels.main_window import MainWindow
from tests.benchmarks.stalls import Heartbeat
from tests.benchmarks.studio_clips import CAMERA_GOP, LONG_GOP, RATE, write_long_clip
from tests.benchmarks.studio_window import (
    Stopwatch,
    flush,
    mouse,
    paint_something,
    painted,
    play,
    played,
    settled,
    shown,
    stepped,
    stroke,
)
from tests.benchmarks.table import Table
from tests.studio.window import until

ROOT = Path(__file__).resolve().parents[2]
FULL_HD, HD = (1920, 1080), (1280, 720)
SECONDS = 300


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    found = Table()
    yield found
    print(f"\n\n{os.cpu_count()} cores, niceness {os.nice(0)}\n{found}")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a clip of a size, seconds and distance of key frames, once."""
    kept = os.environ.get("MASKREEL_BENCH_CLIPS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("clips")

    def made(size: tuple[int, int], seconds: int, gop: int) -> Path:
        path = folder / f"{size[1]}p-{seconds}s-{gop}.mp4"
        return path if path.exists() else write_long_clip(path, size, seconds, gop)

    return made


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written."""
    for name in ("DATA", "CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


# ── the start ────────────────────────────────────────────────────────────────────────────────

_FIRST_WINDOW = """
import asyncio, sys, time
from studio import app
from core.engine.client import Engine
from studio.panels.main_window import MainWindow
from studio.state.studio import Studio

async def first():
    window = MainWindow(Studio(Engine()))
    window.show()
    await window.first_painted()
    print(time.monotonic() - float(sys.argv[1]), time.process_time(), flush=True)
    window.close()
    await window.studio.end()
    return 0

app.run(first())
"""


def test_first_window(table: Table) -> None:
    """From the start of the process, with everything in the system's cache."""
    wall, work = [], []
    for _ in range(9):
        command = [sys.executable, "-c", _FIRST_WINDOW, str(time.monotonic())]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        seconds, cpu = map(float, ran.stdout.split())
        wall.append(seconds)
        work.append(cpu)
    table.add("first window", wall[2:], 0.5, 1.5, "s", f"median {np.median(work):.2g} s")


# ── the brush ────────────────────────────────────────────────────────────────────────────────


def test_brush_move(table: Table, clips: Callable[..., Path]) -> None:
    """A move of the mouse with the button held, and the repaint that comes of it."""

    async def scenario(window: MainWindow) -> None:
        view, watch, shares = window.canvas.view, Stopwatch(), []
        window.studio.tools.tool = "brush"
        for size in (40, 120):
            window.studio.tools.resize_brush(size)
            path = stroke(view, 300)
            mouse(view, QEvent.Type.MouseButtonPress, path[0])
            flush(window)
            with painted(window) as regions:
                for point in path:
                    with watch.once():
                        mouse(view, QEvent.Type.MouseMove, point)
                        flush(window)
            shares += [rect.width() * rect.height() for rect in regions]
            mouse(view, QEvent.Type.MouseButtonRelease, path[-1])
            await settled(window)
        table.add("brush move at 1080p", watch.wall, 0.95, 8, "ms", watch.p95_of_work)
        whole = view.width() * view.height()
        table.add("… repaints of the canvas", [100 * a / whole for a in shares], 1, 5, "%")

    play(scenario, clips(FULL_HD, SECONDS, CAMERA_GOP))


def test_end_of_a_stroke(table: Table, clips: Callable[..., Path]) -> None:
    """The button is let go: the mask becomes an edit, the window fits around it."""

    async def scenario(window: MainWindow) -> None:
        view, watch = window.canvas.view, Stopwatch()
        window.studio.tools.tool = "brush"
        for turn in range(20):
            path = stroke(view, 20, turn / 40)
            mouse(view, QEvent.Type.MouseButtonPress, path[0])
            for point in path:
                mouse(view, QEvent.Type.MouseMove, point)
            flush(window)
            with watch.once():
                mouse(view, QEvent.Type.MouseButtonRelease, path[-1])
                flush(window)
            await asyncio.sleep(0.02)
        table.add("end of a stroke at 1080p", watch.wall, 0.95, 50, "ms", watch.p95_of_work)

    play(scenario, clips(FULL_HD, SECONDS, CAMERA_GOP))


# ── stepping and jumping ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("gop", [CAMERA_GOP, LONG_GOP])
def test_step_and_jump(table: Table, clips: Callable[..., Path], gop: int) -> None:
    """From the key or the click until the frame is painted."""

    async def scenario(window: MainWindow) -> None:
        rng, length = np.random.default_rng(gop), SECONDS * RATE
        known, cold, steps = Stopwatch(), Stopwatch(), Stopwatch()
        for start in rng.integers(0, length - 100, 5).tolist():
            await shown(window, start)
            for _ in range(40):
                await stepped(window, 1, steps)
            for _ in range(20):
                await stepped(window, -1, known)
            for frame in rng.integers(start + 22, start + 40, 20).tolist():
                await shown(window, frame, known)
        for frame in rng.integers(0, length, 40).tolist():
            await shown(window, frame, cold)
        table.add(
            f"step on, a key frame every {gop}", steps.wall, 0.95, 50, "ms", steps.p95_of_work
        )
        table.add("… and jump, from cache", known.wall, 0.95, 50, "ms", known.p95_of_work)
        table.add("… jump, cold", cold.wall, 0.95, 250, "ms", cold.p95_of_work)

    play(scenario, clips(FULL_HD, SECONDS, gop))


# ── playing ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("size", "most"), [(HD, 1.0), (FULL_HD, None)])
def test_playing_with_a_mask(
    table: Table, clips: Callable[..., Path], size: tuple[int, int], most: float | None
) -> None:
    """Twenty seconds at the clip's rate under a painted mask: which frames were never painted?"""

    async def scenario(window: MainWindow) -> None:
        paint_something(window)
        lost, works = [], []
        for _ in range(2):
            share, work = await played(window, 10)
            lost.append(share)
            works.append(work)
        note = f"{np.mean(works):.3g} ms a frame"
        table.add(f"frames lost playing {size[1]}p", lost, 0.5, most, "%", note)

    play(scenario, clips(size, 30, LONG_GOP))


@pytest.mark.parametrize("mode", ["wipe", "beside", "difference"])
def test_playing_compared(table: Table, clips: Callable[..., Path], mode: str) -> None:
    """No target of its own: how far it is from playing without."""

    async def scenario(window: MainWindow) -> None:
        window.studio.comparing.left = window.studio.comparing.right = "original"
        window.studio.comparing.mode = mode
        share, work = await played(window, 5)
        table.add(f"… of 1080p, {mode}", [share], 1, None, "%", f"{work:.3g} ms a frame")

    play(scenario, clips(FULL_HD, 30, LONG_GOP))


# ── memory ───────────────────────────────────────────────────────────────────────────────────

_LONG_CLIP = """
import asyncio, sys
from pathlib import Path
import numpy as np
from tests.benchmarks import studio_window as bench

async def scenario(window):
    bench.paint_something(window)
    await bench.played(window, 10)
    length = window.studio.playback.length
    for frame in np.random.default_rng(0).integers(0, length, 30).tolist():
        await bench.shown(window, frame)
    window.studio.tracking.forward(0)
    await asyncio.sleep(3)
    window.studio.tracking.stop()
    window.resize(1280, 800)
    await bench.settled(window)

bench.play(scenario, Path(sys.argv[1]))
status = Path("/proc/self/status").read_text()
print(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_memory_of_a_long_clip(table: Table, clips: Callable[..., Path]) -> None:
    """The most that the window's process ever held: opened, played, scrubbed and tracked in."""
    peaks = []
    for gop in (CAMERA_GOP, LONG_GOP):
        clip = clips(FULL_HD, SECONDS, gop)
        command = [sys.executable, "-c", _LONG_CLIP, str(clip)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(int(ran.stdout.split()[-1]) * 1024 / 1e9)
    table.add("memory with five minutes of 1080p", peaks, 1, 1.2, "GB")


# ── the event loop ───────────────────────────────────────────────────────────────────────────


def test_stalls(table: Table, clips: Callable[..., Path]) -> None:
    """The event loop while a clip is decoded with previews and lens, the timeline asks for
    thumbnails, masks are tracked at 1080p, and the clip plays."""

    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        paint_something(window)
        studio.recipe.task = "paint"
        with Heartbeat() as heart:
            studio.tools.lens = True
            studio.asking.generate()
            assert studio.generation.running, studio.asking.obstacle
            await until(lambda: studio.generation.steps)
            window.bottom.timeline.refresh(range(studio.playback.length))
            studio.tracking.forward(0)
            studio.playback.play()
            await studio.generation.ended()
            studio.tracking.stop()
            studio.comparing.mode = "difference"
            await asyncio.sleep(2)
            studio.playback.pause()
        stalls = heart.stalls_ms
        work = f"worst {max(heart.work_ms):.3g} ms"
        table.add("event loop stands still", stalls, 1, 50, "ms", work)
        table.add("… p99", stalls, 0.99, 50, "ms")
        print("\n" + "\n".join(heart.worst(8)))

    play(scenario, clips(FULL_HD, SECONDS, LONG_GOP), real=True)
