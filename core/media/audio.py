"""The sound of a span of a file, copied or encoded anew, for an exported clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.media.refusals import unreadable
from core.media.streams import open_container

COPY_SLACK_S = 0.25
"""Sound that misses this much of the span at an end is still copied; more is made up by silence."""

_LEAD_S = 1.0  # decoding starts this much early, so that the coder is settled at the span's start
_JITTER_S = 0.02  # timestamps off by less are rounding, not gaps


@dataclass(frozen=True)
class AudioSpan:
    """A stretch of a file's sound.

    Attributes:
        path: the file that has the sound.
        start: seconds on the file's own clock; `ClipReader.audio_span` gives it for frames.
        duration: seconds, above zero.
    """

    path: Path
    start: float
    duration: float


@dataclass(frozen=True)
class AudioRule:
    """What a container takes: codecs copied as they are, and the one to encode others with.

    `rates` are the samples a second that the encoder takes; of others it gets the first.
    """

    copied: frozenset[str]
    encoder: str
    bit_rate: int | None = None
    rates: tuple[int, ...] = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)


class AudioTrack:
    """One sound stream on its way into an output file.

    Sound is copied packet by packet when the container takes its codec and it covers the span:
    it then starts at the packet boundary next to the span's start and may end a little early.
    Otherwise it is encoded anew, cut to the sample and filled with silence where it has none.
    """

    def __init__(
        self, output: av.container.OutputContainer, span: AudioSpan, rule: AudioRule
    ) -> None:
        try:
            self._source = open_container(span.path)
        except (av.FFmpegError, OSError) as error:
            raise unreadable(span.path) from error
        self._stream = self._source.streams.audio[0]
        self._span = span
        self.copied = self._stream.codec_context.name in rule.copied and self._covers()
        if self.copied:
            self._out = output.add_stream_from_template(self._stream)
            self._packets = self._copied_packets()
        else:
            self._out = _encoder(output, rule, self._stream)
            self._packets = self._encoded_packets()
        self._output = output
        self._written_s = float("-inf")

    def advance(self, seconds: float) -> None:
        """Write the sound up to a moment of the output."""
        while self._written_s < seconds:
            packet = next(self._packets, None)
            if packet is None:
                self._written_s = float("inf")
                return
            if packet.pts is not None:
                self._written_s = float(packet.pts * packet.time_base)
            packet.stream = self._out
            self._output.mux(packet)

    def close(self) -> None:
        self._source.close()

    def _covers(self) -> bool:
        base = self._stream.time_base
        if self._stream.duration is None:
            return False
        first = float((self._stream.start_time or 0) * base)
        last = first + float(self._stream.duration * base)
        end = self._span.start + self._span.duration
        return first <= self._span.start + COPY_SLACK_S and end - COPY_SLACK_S <= last

    def _demuxed(self) -> Iterator[av.Packet]:
        base = self._stream.time_base
        begin = round((self._span.start - _LEAD_S) / base)
        if begin > 0:
            self._source.seek(begin, stream=self._stream)
        try:
            for packet in self._source.demux(self._stream):
                if packet.size and packet.pts is not None:
                    yield packet
        except av.FFmpegError:
            return  # the file ends here

    def _copied_packets(self) -> Iterator[av.Packet]:
        base = self._stream.time_base
        shift = round(self._span.start / base)
        end = round((self._span.start + self._span.duration) / base)
        for packet in self._demuxed():
            if packet.pts >= end:
                return
            # At the file's start the coder's own lead-in comes along; it is not played.
            if packet.pts + (packet.duration or 0) / 2 < shift and self._span.start > 0:
                continue
            packet.pts -= shift
            packet.dts = packet.pts
            yield packet

    def _encoded_packets(self) -> Iterator[av.Packet]:
        context = self._out.codec_context
        position = 0
        for samples in self._samples(context.rate):
            frame = av.AudioFrame.from_ndarray(samples, "fltp", context.layout.name)
            frame.rate = context.rate
            frame.pts = position
            frame.time_base = Fraction(1, context.rate)
            position += samples.shape[1]
            yield from context.encode(frame)
        yield from context.encode(None)

    def _samples(self, rate: int) -> Iterator[NDArray[np.float32]]:
        """float32 (channels, n), without a gap, exactly as long as the span."""
        channels = self._out.codec_context.layout.nb_channels
        total = round(self._span.duration * rate)
        written = 0
        for start, block in self._decoded(rate):
            at = round((start - self._span.start) * rate)
            if abs(at - written) < _JITTER_S * rate and written:
                at = written
            for silence in _silence(channels, min(at, total) - written, rate):
                written += silence.shape[1]
                yield silence
            block = block[:, max(0, written - at) : max(0, total - at)]
            if block.shape[1]:
                written += block.shape[1]
                yield np.ascontiguousarray(block)
            if written >= total:
                return
        yield from _silence(channels, total - written, rate)

    def _decoded(self, rate: int) -> Iterator[tuple[float, NDArray[np.float32]]]:
        """Start on the file's clock and samples (channels, n) of each decoded block."""
        layout = self._out.codec_context.layout.name
        resampler = av.AudioResampler("fltp", layout, rate)
        for packet in self._demuxed():
            try:
                frames = self._stream.codec_context.decode(packet)
            except av.FFmpegError:
                continue  # damaged sound becomes silence
            for frame in frames:
                for block in resampler.resample(frame):
                    yield frame.time, block.to_ndarray()


def _encoder(
    output: av.container.OutputContainer, rule: AudioRule, source: av.AudioStream
) -> av.AudioStream:
    rate = source.codec_context.rate
    stream = output.add_stream(rule.encoder, rate=rate if rate in rule.rates else rule.rates[0])
    stream.codec_context.layout = "mono" if source.codec_context.channels == 1 else "stereo"
    if rule.bit_rate:
        stream.codec_context.bit_rate = rule.bit_rate
    return stream


def _silence(channels: int, length: int, longest: int) -> Iterator[NDArray[np.float32]]:
    """Zeros in blocks of at most `longest` samples; none when `length` is not above zero."""
    for begin in range(0, length, longest):
        yield np.zeros((channels, min(longest, length - begin)), np.float32)
