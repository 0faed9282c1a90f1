"""The coded video formats: what each does with a frame."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from core.media.audio import AudioRule, AudioSpan, AudioTrack
from core.media.colour import FULL, Colour
from core.media.format_options import AV1, H264, H265, VP9, Codec

TAG = "maskreel"
"""Key of the metadata that says how a file was made."""

_SCALING = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True)
class Output:
    """What a sink is started with.

    Attributes:
        path: the temporary file, or the folder that is there already.
        size: width and height of the frames.
        rate: frames per second.
        options: of the format's options class.
        audio: sound to go along, or None.
        colour: tags to keep.
        alpha: whether the frames are RGBA, their colours not multiplied by alpha, or RGB.
        tag: text for the file's metadata, "" for none.
    """

    path: Path
    size: tuple[int, int]
    rate: Fraction
    options: Any
    audio: AudioSpan | None
    colour: Colour
    alpha: bool
    tag: str

    @property
    def pixels(self) -> str:
        """The frames' format as FFmpeg names it."""
        return "rgba" if self.alpha else "rgb24"


class VideoSink:
    """One coded video stream, with or without sound, in a container.

    Args:
        container: FFmpeg's name of it; `flags` are its options.
        encoder: FFmpeg's name of it; `settings` are its options.
        pixels: what is coded; `tagged`: whether colours are YUV and get tags, or RGB as they are.
        even: whether odd sides are made even by repeating the last line.
        codec_tag: four letters by which players know the codec, or "" for the usual ones.
        rule: what the container does with sound.
    """

    def __init__(
        self,
        output: Output,
        container: str,
        encoder: str,
        settings: dict[str, str],
        pixels: str,
        rule: AudioRule,
        *,
        flags: str = "",
        tagged: bool = True,
        even: bool = False,
        codec_tag: str = "",
    ) -> None:
        options = {"movflags": flags} if flags else {}
        self._file = av.open(str(output.path.absolute()), "w", format=container, options=options)
        if output.tag:
            self._file.metadata[TAG] = output.tag
        self._stream = self._file.add_stream(encoder, rate=output.rate, options=settings)
        self._output, self._pixels = output, pixels
        self._missing = tuple(side % 2 if even else 0 for side in output.size)
        self._colour = output.colour.coded() if tagged else None
        self._describe(codec_tag)
        self._track = AudioTrack(self._file, output.audio, rule) if output.audio else None
        self._count = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        picture = self._picture(frame)
        picture.time_base = self._stream.codec_context.time_base
        picture.pts = self._count
        self._count += 1
        self._file.mux(self._stream.encode(picture))
        if self._track:
            self._track.advance(float(self._count * picture.time_base))

    def finish(self) -> None:
        self._file.mux(self._stream.encode(None))
        if self._track:
            self._track.advance(float("inf"))
        self._file.close()

    def close(self) -> None:
        """Let go of all files, whether finished or not."""
        if self._track:
            self._track.close()
        # A file that is given up may not even take its own ending (a full disk).
        with suppress(av.FFmpegError):
            self._file.close()

    def _describe(self, codec_tag: str) -> None:
        """Size, rate and colours of the stream."""
        stream, context = self._stream, self._stream.codec_context
        width, height = self._output.size
        stream.width, stream.height = width + self._missing[0], height + self._missing[1]
        stream.pix_fmt = self._pixels
        context.time_base = 1 / self._output.rate
        if codec_tag:
            context.codec_tag = codec_tag
        if self._colour:
            context.color_range = self._colour.range
            context.colorspace = self._colour.matrix
            context.color_primaries = self._colour.primaries
            context.color_trc = self._colour.transfer

    def _picture(self, frame: NDArray[np.uint8]) -> av.VideoFrame:
        if any(self._missing):
            right, bottom = self._missing
            frame = np.pad(frame, ((0, bottom), (0, right), (0, 0)), "edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), self._output.pixels)
        colour = self._colour
        if colour is None:
            return picture.reformat(format=self._pixels)
        picture = picture.reformat(
            format=self._pixels,
            interpolation=_SCALING,
            src_colorspace=colour.swscale_matrix,
            dst_colorspace=colour.swscale_matrix,
            src_color_range=FULL,
            dst_color_range=colour.range,
        )
        picture.colorspace = colour.matrix
        picture.color_range = colour.range
        picture.color_primaries = colour.primaries
        picture.color_trc = colour.transfer
        return picture


MP4_AUDIO = AudioRule(frozenset({"aac", "mp3", "mp3float"}), "aac", 192_000)
MOV_AUDIO = AudioRule(frozenset({"aac", "pcm_s16le", "pcm_s24le"}), "aac", 320_000)
WEBM_AUDIO = AudioRule(
    frozenset({"opus", "libopus", "vorbis"}), "libopus", 160_000, rates=(48000, 24000, 16000, 8000)
)
MKV_AUDIO = AudioRule(
    frozenset({"aac", "mp3", "mp3float", "flac", "opus", "libopus", "vorbis", "ac3", "eac3"}),
    "flac",
)
_INDEX_FIRST = "+faststart+use_metadata_tags"


def _mp4(codec: Codec, codec_tag: str = "") -> Callable[[Output], VideoSink]:
    def start(output: Output) -> VideoSink:
        """4:2:0, index at the front."""
        return VideoSink(
            output,
            "mp4",
            codec.encoder,
            codec.settings(output.options),
            "yuv420p",
            MP4_AUDIO,
            flags=_INDEX_FIRST,
            even=True,
            codec_tag=codec_tag,
        )

    return start


h264_sink = _mp4(H264)
h265_sink = _mp4(H265, "hvc1")  # the tag that QuickTime and Safari know


def av1_sink(output: Output) -> VideoSink:
    os.environ.setdefault("SVT_LOG", "1")  # else the encoder prints a page about itself
    return _mp4(AV1)(output)


def prores_sink(output: Output) -> VideoSink:
    """4:4:4 in 10 bits, alpha in 16."""
    settings = {"profile": "4444xq" if output.options.profile == "4444 XQ" else "4444"}
    settings |= {"vendor": "apl0", "alpha_bits": "16"}
    pixels = "yuva444p10le" if output.alpha else "yuv444p10le"
    return VideoSink(output, "mov", "prores_ks", settings, pixels, MOV_AUDIO, flags=_INDEX_FIRST)


def webm_sink(output: Output) -> VideoSink:
    settings = VP9.settings(output.options)
    pixels = "yuva420p" if output.alpha else "yuv420p"
    return VideoSink(output, "webm", VP9.encoder, settings, pixels, WEBM_AUDIO, even=True)


def ffv1_sink(output: Output) -> VideoSink:
    """FFV1 version 3 of the RGB values themselves: no colour conversion at all."""
    settings = {"level": "3", "slices": str(output.options.slices), "slicecrc": "1"}
    pixels = "bgra" if output.alpha else "bgr0"
    return VideoSink(output, "matroska", "ffv1", settings, pixels, MKV_AUDIO, tagged=False)
