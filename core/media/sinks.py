"""What each export format does with a frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from core.media.audio import AudioRule, AudioSpan, AudioTrack
from core.media.colour import FULL, Colour
from core.options import option

_SCALING = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


X264_PRESETS = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
)


@dataclass(frozen=True)
class MP4Options:
    """Of x264."""

    crf: int = option(
        18,
        label="Quality (CRF)",
        minimum=0,
        maximum=51,
        help="0 loses nothing, 18 looks like the source, 28 is small, 51 is worst.",
    )
    preset: str = option(
        "medium",
        label="Effort",
        choices=X264_PRESETS,
        help="Slower makes smaller files of the same quality.",
        advanced=True,
    )

    def __post_init__(self) -> None:
        if not 0 <= self.crf <= 51:
            raise ValueError(f"crf lies in 0..51, not {self.crf}")
        if self.preset not in X264_PRESETS:
            raise ValueError(f"preset is one of {', '.join(X264_PRESETS)}, not {self.preset}")


@dataclass(frozen=True)
class FFV1Options:
    """Of FFV1."""

    slices: int = option(
        4,
        label="Slices",
        minimum=4,
        maximum=24,
        help="Parts of a picture that are coded at once, each with a checksum.",
        advanced=True,
    )


@dataclass(frozen=True)
class PNGOptions:
    """Of PNG."""

    compression: int = option(
        3,
        label="Compression",
        minimum=0,
        maximum=9,
        help="0 writes fastest, 9 makes the smallest files; all lose nothing.",
    )


@dataclass(frozen=True)
class GIFOptions:
    """Of GIF."""

    dither: str = option(
        "bayer",
        label="Dithering",
        choices=("bayer", "floyd_steinberg", "sierra2_4a", "none"),
        help="How missing colours are mixed; bayer stands still from frame to frame.",
    )


class VideoSink:
    """One coded video stream, with or without sound, in a container."""

    def __init__(
        self,
        output: av.container.OutputContainer,
        stream: av.VideoStream,
        picture: Callable[[NDArray[np.uint8]], av.VideoFrame],
        track: AudioTrack | None,
    ) -> None:
        self._output = output
        self._stream = stream
        self._picture = picture
        self._track = track
        self._count = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        picture = self._picture(frame)
        picture.time_base = self._stream.codec_context.time_base
        picture.pts = self._count
        self._count += 1
        self._output.mux(self._stream.encode(picture))
        if self._track:
            self._track.advance(float(self._count * picture.time_base))

    def finish(self) -> None:
        self._output.mux(self._stream.encode(None))
        if self._track:
            self._track.advance(float("inf"))
        self._output.close()

    def close(self) -> None:
        """Let go of all files, whether finished or not."""
        if self._track:
            self._track.close()
        # A file that is given up may not even take its own ending (a full disk).
        with suppress(av.FFmpegError):
            self._output.close()


MP4_AUDIO = AudioRule(frozenset({"aac", "mp3", "mp3float"}), "aac", 192_000)
MKV_AUDIO = AudioRule(
    frozenset({"aac", "mp3", "mp3float", "flac", "opus", "libopus", "vorbis", "ac3", "eac3"}),
    "flac",
)


def mp4_sink(
    path: Path,
    size: tuple[int, int],
    rate: Fraction,
    options: MP4Options,
    audio: AudioSpan | None,
    colour: Colour,
) -> VideoSink:
    """H.264, 4:2:0, index at the front; odd sides are made even by repeating the last line."""
    output = av.open(str(path.absolute()), "w", format="mp4", options={"movflags": "+faststart"})
    stream = output.add_stream(
        "libx264", rate=rate, options={"crf": str(options.crf), "preset": options.preset}
    )
    width, height = size
    odd_width, odd_height = width % 2, height % 2
    _shape(stream, (width + odd_width, height + odd_height), rate, "yuv420p")
    colour = colour.coded()
    context = stream.codec_context
    context.color_range = colour.range
    context.colorspace = colour.matrix
    context.color_primaries = colour.primaries
    context.color_trc = colour.transfer

    def picture(frame: NDArray[np.uint8]) -> av.VideoFrame:
        if odd_width or odd_height:
            frame = np.pad(frame, ((0, odd_height), (0, odd_width), (0, 0)), "edge")
        return _yuv(frame, colour)

    return VideoSink(output, stream, picture, _track(output, audio, MP4_AUDIO))


def ffv1_sink(
    path: Path,
    size: tuple[int, int],
    rate: Fraction,
    options: FFV1Options,
    audio: AudioSpan | None,
    colour: Colour,  # noqa: ARG001
) -> VideoSink:
    """FFV1 version 3 of the RGB values themselves: no colour conversion at all."""
    output = av.open(str(path.absolute()), "w", format="matroska")
    stream = output.add_stream(
        "ffv1",
        rate=rate,
        options={"level": "3", "slices": str(options.slices), "slicecrc": "1"},
    )
    _shape(stream, size, rate, "bgr0")

    def picture(frame: NDArray[np.uint8]) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(frame, "rgb24").reformat(format="bgr0")

    return VideoSink(output, stream, picture, _track(output, audio, MKV_AUDIO))


def _shape(stream: av.VideoStream, size: tuple[int, int], rate: Fraction, pixels: str) -> None:
    stream.width, stream.height = size
    stream.pix_fmt = pixels
    stream.codec_context.time_base = 1 / rate


def _track(
    output: av.container.OutputContainer, audio: AudioSpan | None, rule: AudioRule
) -> AudioTrack | None:
    return AudioTrack(output, audio, rule) if audio else None


def _yuv(frame: NDArray[np.uint8], colour: Colour) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24").reformat(
        format="yuv420p",
        interpolation=_SCALING,
        src_colorspace=colour.swscale_matrix,
        dst_colorspace=colour.swscale_matrix,
        src_color_range=FULL,
        dst_color_range=colour.range,
    )
    picture.colorspace = colour.matrix
    picture.color_range = colour.range
    return picture


class PNGSink:
    """Numbered pictures in a folder, starting with frame_00001.png."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],  # noqa: ARG002
        rate: Fraction,  # noqa: ARG002
        options: PNGOptions,
        audio: AudioSpan | None,  # noqa: ARG002
        colour: Colour,  # noqa: ARG002
    ) -> None:
        self._folder = path
        self._settings = [cv2.IMWRITE_PNG_COMPRESSION, options.compression]
        self._count = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        self._count += 1
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".png", bgr, self._settings)
        (self._folder / f"frame_{self._count:05}.png").write_bytes(data.tobytes())

    def finish(self) -> None:
        """Every picture is complete already."""

    def close(self) -> None:
        """No file is held open."""


FASTEST_GIF = 50
_HUNDREDTH = Fraction(1, 100)


class GIFSink:
    """A palette of its own for each frame, so that memory does not grow with the clip.

    Above 50 frames a second every second, third, ... frame is left out: browsers play shorter
    delays than 2 hundredths of a second as ten.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate: Fraction,
        options: GIFOptions,
        audio: AudioSpan | None,  # noqa: ARG002
        colour: Colour,  # noqa: ARG002
    ) -> None:
        self._rate = rate
        self._output = av.open(str(path.absolute()), "w", format="gif")
        self._stream = self._output.add_stream("gif", rate=100)
        _shape(self._stream, size, Fraction(100), "pal8")
        self._graph = _palette_graph(size, options.dither)
        self._seen = 0
        self._step = math.ceil(rate / FASTEST_GIF)

    def add(self, frame: NDArray[np.uint8]) -> None:
        self._seen += 1
        if (self._seen - 1) % self._step:
            return
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
        picture.pts, picture.time_base = self._hundredths(self._seen - 1), _HUNDREDTH
        self._graph.push(picture)
        self._encode_ready()

    def finish(self) -> None:
        self._graph.push(None)
        self._encode_ready()
        self._output.mux(self._stream.encode(None))
        self._output.close()

    def close(self) -> None:
        with suppress(av.FFmpegError):  # as in VideoSink
            self._output.close()

    def _encode_ready(self) -> None:
        while True:
            try:
                picture = self._graph.pull()
            except (BlockingIOError, EOFError):
                return
            picture.time_base = _HUNDREDTH
            for packet in self._stream.encode(picture):
                packet.duration = self._hundredths(self._step)
                self._output.mux(packet)

    def _hundredths(self, frames: int) -> int:
        return round(frames * 100 / self._rate)


def _palette_graph(size: tuple[int, int], dither: str) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(width=size[0], height=size[1], format="rgb24", time_base=_HUNDREDTH)
    split = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
    use = graph.add("paletteuse", f"new=1:dither={dither}")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph
