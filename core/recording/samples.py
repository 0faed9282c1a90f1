"""The bundled sample clips: episodes from seeds of their own, which no model was trained on.

One of them has sound: a chord of our own, with a beat.

python -m core.recording.samples assets/samples
"""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.clip import Clip
from core.recording.scenarios import Scenario
from core.recording.strokes import Manner, play_strokes

FRAMES = 84  # 4.8 seconds
QUALITY = "23"
AUDIO_RATE = 44100

SEED = 2_000_000

SAMPLES = {
    "corridor": (Scenario("corridor", "deadly_corridor.cfg"), Manner(shooting=0.5), True),
    "base": (Scenario("base", "freedoom1.cfg", "E1M1"), Manner(), False),
    "maze": (Scenario("maze", "health_gathering_supreme.cfg"), Manner(shooting=0.0), False),
}
"""File name → scenario, how it is played, with sound?"""


def record_samples(folder: Path) -> list[Path]:
    """Writes each sample as MP4 (H.264, 320x240; AAC where there is sound); their paths.

    Raises:
        UserError: the package vizdoom is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (scenario, manner, sound) in SAMPLES.items():
        clip = play_strokes(scenario, manner, SEED, FRAMES)
        paths.append(folder / f"{name}.mp4")
        _write(clip, _music(len(clip) / clip.rate) if sound else None, paths[-1])
    return paths


def _music(seconds: Fraction) -> NDArray[np.int16]:
    """An A minor chord, struck twice a second and fading: int16 (samples, 2)."""
    time = np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    tones = np.sin(2 * np.pi * np.outer(time, [220.0, 261.63, 329.63])).mean(1)
    beat = np.exp(-4 * (time % 0.5))
    side = 0.5 + 0.4 * np.sin(2 * np.pi * 0.25 * time)  # wanders from left to right
    loudness = 9000 * tones * beat
    return np.stack([loudness * side, loudness * (1 - side)], 1).round().astype(np.int16)


def _write(clip: Clip, audio: NDArray[np.int16] | None, path: Path) -> None:
    partial = path.with_name(f"{path.stem}.partial.mp4")
    with av.open(str(partial), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=clip.rate, options={"crf": QUALITY})
        video.width, video.height = clip.size
        video.pix_fmt = "yuv420p"
        if audio is not None:
            sound = container.add_stream("aac", rate=AUDIO_RATE, layout="stereo")
        for picture in clip.frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode())
        if audio is not None:
            samples = av.AudioFrame.from_ndarray(audio.reshape(1, -1), "s16", "stereo")
            samples.sample_rate, samples.time_base = AUDIO_RATE, Fraction(1, AUDIO_RATE)
            container.mux(sound.encode(samples))
            container.mux(sound.encode())
    os.replace(partial, path)


if __name__ == "__main__":
    for written in record_samples(Path(sys.argv[1])):
        print(written)
