"""Clips like those of a camera, to measure the studio with: made once, as long as is asked.

Ten seconds are encoded as a camera or an editor would, and their packets are repeated: minutes of
1080p take seconds to write, and every frame costs a decoder what it costs in a real file.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

RATE = 30
PART = 300
"""Frames that are encoded: ten seconds."""
CAMERA_GOP, LONG_GOP = 30, 250
"""A key frame every second, as cameras write; x264's own default, as editors and the web do."""


def write_long_clip(path: Path, size: tuple[int, int], seconds: int, gop: int) -> Path:
    """An H.264 file of x264's medium preset with B frames, 30 frames a second.

    Args:
        seconds: a multiple of ten.
    """
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", RATE, options={"g": str(gop), "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        packets = list(_encoded(stream, size))
        first = [(packet.pts, packet.dts) for packet in packets]
        for turn in range(seconds * RATE // PART):
            for packet, (pts, dts) in zip(packets, first, strict=True):
                packet.time_base = Fraction(1, RATE)
                packet.pts, packet.dts = pts + turn * PART, dts + turn * PART
                packet.stream = stream
                container.mux_one(packet)
    return path


def _encoded(stream: av.VideoStream, size: tuple[int, int]) -> Iterator[av.Packet]:
    for number, picture in enumerate(_pictures(size)):
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts = number
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _pictures(size: tuple[int, int]) -> Iterator[np.ndarray]:
    """A hand-held camera pans over a textured ground with the grain of a sensor; a ball crosses."""
    width, height = size
    rng = np.random.default_rng(0)
    wide = (width + 2 * PART + 16, height + 32)
    ground = np.zeros((wide[1], wide[0], 3), np.float32)
    for cells in (8, 32, 128):  # as in a photograph: the finer, the fainter
        noise = rng.random((cells * wide[1] // wide[0] + 1, cells, 3), np.float32)
        ground += cv2.resize(noise, wide, interpolation=cv2.INTER_CUBIC) * (480 / cells**0.5)
    ground = cv2.normalize(ground, None, 16, 235, cv2.NORM_MINMAX).astype(np.uint8)
    grain = rng.normal(0, 5, (8, height, width, 3)).astype(np.int8)
    for number in range(PART):
        x, y = 2 * number, 16 + round(12 * np.sin(number / 7))
        picture = ground[y : y + height, x : x + width].copy()
        across = round(width * (0.5 + 0.4 * np.sin(number / 24)))
        cv2.circle(picture, (across, height // 2), height // 8, (200, 70, 40), -1)
        yield cv2.add(picture, grain[number % 8], dtype=cv2.CV_8U)
