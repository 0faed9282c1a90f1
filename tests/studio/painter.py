"""A window in a process of its own that paints stroke after stroke, until it is killed.

python -m tests.studio.painter PATH: a clip, or a project to go on with. What it does it says on
its standard output: the folder of the project, then for each stroke that is finished the frame
that it is on and the mask that is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
from pathlib import Path

from core.masks import MaskTrack
from studio.state.projects import project_file
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import drag, opened, run, until


def mask_of(track: MaskTrack, frame: int) -> str:
    """What a mask is known by."""
    return hashlib.sha256(track.keyframes[frame].data).hexdigest()[:16]


async def paint(path: Path) -> None:
    project_file.MOST_WAIT_S = 10.0  # on a busy machine too, a stroke is in its file when it ends
    async with opened(ReplayingEngine()) as window:
        studio = window.studio
        studio.project_file.start()
        studio.opening.open([path])
        await until(lambda: studio.stage.picture is not None)
        print("project", studio.project.folder, flush=True)
        frames = len(studio.session.clip)
        while True:
            frame = random.randrange(frames)
            studio.playback.go(frame)
            await until(lambda frame=frame: studio.stage.number == frame)
            x, y = random.uniform(5, 55), random.uniform(5, 40)
            studio.tools.resize_brush(random.randint(2, 9))
            drag(window.canvas.view, [(x, y), (x + 5, y), (x + 5, y + 5)])
            if frame in studio.masks.track.keyframes:  # else all of it was painted already
                print("stroke", frame, mask_of(studio.masks.track, frame), flush=True)
            await asyncio.sleep(0)


if __name__ == "__main__":
    run(paint(Path(sys.argv[1])))
