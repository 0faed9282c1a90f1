"""Small video files made for tests, with known pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def moving_square(count: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    """uint8 (count, H, W, 3): a bright square on a gradient; every frame differs clearly."""
    width, height = size
    frames = np.zeros((count, height, width, 3), np.uint8)
    frames[..., 0] = np.linspace(0, 120, width, dtype=np.uint8)
    frames[..., 1] = np.linspace(0, 120, height, dtype=np.uint8)[:, None]
    for k, frame in enumerate(frames):
        x = (k * 5) % (width - 12)
        frame[8:20, x : x + 12] = (250, 40 + (k * 37) % 200, 200)
    return frames


def write_video(
    path: Path,
    frames: NDArray[np.uint8],
    *,
    rate: Fraction | int = 25,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    times: list[int] | None = None,
    rotation: int = 0,
) -> Path:
    """Encode frames; `times` are milliseconds for a varying rate, else they follow `rate`."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = frames.shape[2], frames.shape[1]
        stream.pix_fmt = pixels
        if rotation:
            stream.set_display_rotation(rotation)
        base = Fraction(1, 1000) if times else 1 / Fraction(rate)
        stream.codec_context.time_base = base
        for k, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, "rgb24")
            picture.pts, picture.time_base = (times[k] if times else k), base
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def write_tone(path: Path, video: NDArray[np.uint8], seconds: float, rate: int = 25) -> Path:
    """A video with an AAC tone of `seconds` beside it."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = video.shape[2], video.shape[1], "yuv420p"
        sound = output.add_stream("aac", rate=44100)
        sound.codec_context.layout = "mono"
        for frame in video:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        output.mux(stream.encode(None))
        time = np.arange(round(seconds * 44100)) / 44100
        tone = np.float32(0.5 * np.sin(2 * np.pi * 440 * time))[None]
        block = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        block.rate, block.pts, block.time_base = 44100, 0, Fraction(1, 44100)
        output.mux(sound.encode(block))
        output.mux(sound.encode(None))
    return path


def distance(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    """Mean absolute difference in levels."""
    return float(np.abs(left.astype(np.int16) - right.astype(np.int16)).mean())


def spoil_packet(path: Path, number: int) -> None:
    """Overwrite the inside of one video packet, leaving all lengths as they are."""
    with av.open(str(path)) as container:
        packet = list(container.demux(video=0))[number]
        start, length = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[start + length // 3 : start + length // 2] = b"\xa5" * (length // 2 - length // 3)
    path.write_bytes(data)
