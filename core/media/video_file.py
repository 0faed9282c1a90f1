"""A video file as a source of shown pictures: opened, judged, and read by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.media import refusals
from core.media.colour import Colour
from core.media.packets import NO_TIMESTAMPS, PacketTable, read_packets, start_packets
from core.media.pictures import (
    LONGEST_SIDE,
    SHOWN_HDR,
    Picture,
    PictureFormat,
    picture_format,
)
from core.media.streams import StreamDecoder, StreamPictures, open_container
from core.media.timeline import ASSUMED_RATE, Timeline, constant_rate

SURVEYED_PIXELS = 48_000_000
"""A stream with at most this many pixels is decoded once when it is opened, to find damage."""

_REORDERED = 32
"""Packets fed behind a key packet until every picture before it has certainly come out."""

_DAMAGE_MET = "Some frames inside the file are damaged; each shows the frame before it."
_STILL_FORMATS = ("image2", "_pipe")
_COVER = av.stream.Disposition.attached_pic


@dataclass
class VideoFile:
    """Pictures of a video file, as shown.

    Attributes:
        path: the file.
        format: how its pictures become RGB.
        timeline: which picture each frame shows.
        pictures: the stream.
        has_audio: whether the file has sound.
        clock: seconds on the file's own clock at which the first picture shows.
        facts: sentences about the file that a person may want to know.
    """

    path: Path
    format: PictureFormat
    timeline: Timeline
    pictures: StreamPictures
    has_audio: bool
    clock: float
    facts: list[str] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        return self.format.size

    @property
    def colour(self) -> Colour:
        return SHOWN_HDR if self.format.colour.hdr else self.format.colour

    @property
    def damaged(self) -> frozenset[int]:
        return frozenset(self.pictures.damaged)

    def upto(self, number: int, kept: int) -> Iterator[tuple[int, Picture]]:
        """Shown pictures `number - kept .. number`, as far as they lie on the way to it.

        A damaged picture is simply not among them.
        """
        for found, frame in self.pictures.upto(number):
            if found >= number - kept:
                yield found, self.format.rgb(frame)

    def mark_damaged(self, number: int) -> None:
        """Remember an undecodable picture that was met while reading."""
        self.pictures.mark_damaged(number)
        self._note_damage()

    def twin(self) -> VideoFile:
        """The same pictures and findings, read through a decoder of its own."""
        return replace(self, pictures=self.pictures.twin())

    def close(self) -> None:
        self.pictures.close()

    def _note_damage(self) -> None:
        if _DAMAGE_MET not in self.facts:
            self.facts.append(_DAMAGE_MET)


def open_video(path: Path, *, survey: bool = True) -> VideoFile:
    """Open a video file without reading more than its packets and a few pictures.

    Args:
        survey: look for damage now. Without, it is met while reading; every group of pictures is
            then decoded afresh with one thread, so that damage always shows alike.

    Raises:
        UserError: it is not a video, has no moving pictures, is encrypted, cut off or damaged.
    """
    refusals.check_file(path)
    try:
        container = open_container(path)
    except (av.FFmpegError, OSError) as error:
        raise refusals.not_openable(path) from error
    with container:
        stream = _video_stream(container, path)
        packets = read_packets(container, stream)
        return _Opening(path, container, stream, packets).finished(survey)


def count_pictures(path: Path) -> int:
    """How many pictures a video file says it has; nothing is decoded.

    Where the file has no table of them, its packets are counted. A damaged file may have fewer.

    Raises:
        UserError: it is not a video, or has no moving pictures.
    """
    refusals.check_file(path)
    try:
        container = open_container(path)
    except (av.FFmpegError, OSError) as error:
        raise refusals.not_openable(path) from error
    with container:
        stream = _video_stream(container, path)
        count = stream.frames or len(read_packets(container, stream))
    if not count:
        raise refusals.nothing_decodes(path, count)
    return count


def _video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    if container.format.name.endswith(_STILL_FORMATS):
        raise refusals.still_picture(path)
    covers = [s for s in container.streams.video if s.disposition & _COVER]
    moving = [s for s in container.streams.video if s not in covers]
    if not moving:
        raise refusals.no_video(path, bool(container.streams.audio), bool(covers))
    if moving[0].codec_context is None:
        raise refusals.unknown_codec(path, "an unknown format")
    return moving[0]


class _Opening:
    """What is found out step by step while a file is opened."""

    def __init__(
        self,
        path: Path,
        container: av.container.InputContainer,
        stream: av.VideoStream,
        packets: PacketTable,
    ) -> None:
        self.path = path
        self.stream = stream
        self.packets = packets
        raw = bool(container.format.flags & NO_TIMESTAMPS)
        self.counted_rate = ASSUMED_RATE if raw else stream.average_rate or ASSUMED_RATE
        self.has_audio = bool(container.streams.audio)
        self.video_streams = len(container.streams.video)
        self.facts: list[str] = []
        self.bad = np.zeros(len(packets), bool)
        self.sizes: set[tuple[int, int]] = set()

    def finished(self, survey: bool) -> VideoFile:
        decoder = StreamDecoder(self.path, self.stream.index, self.packets)
        try:
            times = self.packets.times() if self.packets.timed else self._counted(decoder)
            order = self._order(times)
            first = self._first_picture(decoder, order)
            starts = start_packets(times, self.packets.keys, order)
            if not survey:
                decoder.distrust()
            elif self.packets.timed:  # counting has decoded everything already
                small = first.width * first.height * len(order) <= SURVEYED_PIXELS
                leading = times[order] < times[starts]
                self._survey(decoder, order, starts, leading, small)
            order, starts, damaged = self._trimmed(order, starts)
        except BaseException:
            decoder.close()
            raise
        pictures = StreamPictures(decoder, order, starts)
        for number in damaged:
            pictures.mark_damaged(number)
        shown = picture_format(first, self.stream.sample_aspect_ratio)
        timeline = self._timeline(times[order], int(order.max()) == len(self.packets) - 1)
        self._describe(first, shown, timeline)
        clock = float(times[order[0]] * self.packets.time_base) if self.packets.timed else 0.0
        return VideoFile(self.path, shown, timeline, pictures, self.has_audio, clock, self.facts)

    def _order(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Packets of the pictures meant to be seen, by presentation time."""
        shown = np.flatnonzero(self.packets.shown & ~self.bad)
        order = shown[np.argsort(times[shown], kind="stable")]
        startable = start_packets(times, self.packets.keys, order) >= 0
        if not startable.any():
            raise refusals.nothing_decodes(self.path, len(self.packets))
        if not startable.all():
            lost = int(np.count_nonzero(~startable))
            self.facts.append(
                f"The file begins in the middle of a scene: its first {lost} frames "
                "cannot be decoded and are left out."
            )
        return order[startable]

    def _counted(self, decoder: StreamDecoder) -> NDArray[np.int64]:
        """Times of packets without any: the place of their picture in the decoder's output."""
        times = np.zeros(len(self.packets), np.int64)
        self.bad[:] = True
        for place, (packet, frame) in enumerate(decoder.run(0)):
            times[packet] = place
            self.bad[packet] = frame.is_corrupt
            self.sizes.add((frame.width, frame.height))
        self.facts.append(
            "The file carries no times: frames were counted, "
            f"{float(self.counted_rate):.5g} a second is assumed."
        )
        return times

    def _first_picture(self, decoder: StreamDecoder, order: NDArray[np.int64]) -> av.VideoFrame:
        wanted = set(order.tolist())
        key = int(np.flatnonzero(self.packets.keys)[0])
        for packet, frame in decoder.run(key):
            if packet in wanted and not frame.is_corrupt:
                return frame
        if refusals.encrypted(self.path):
            raise refusals.encrypted_error(self.path)
        raise refusals.nothing_decodes(self.path, len(self.packets))

    def _survey(
        self,
        decoder: StreamDecoder,
        order: NDArray[np.int64],
        starts: NDArray[np.int64],
        leading: NDArray[np.bool_],
        small: bool,
    ) -> None:
        """Mark the pictures that do not come out whole.

        A small stream is decoded once from end to end; in a large one only pictures that lead
        the first key packet are in doubt beside the suspect ones. Groups with doubt are then
        decoded again, each from its own key packet and without parallel decoding: that is how
        they will be read, and damage shows differently when decoding goes another way.
        """
        doubtful = self.packets.suspect[order]
        if small:
            doubtful |= ~np.isin(order, self._whole(decoder, int(starts.min())))
        else:
            doubtful |= leading
        if not doubtful.any():
            return
        decoder.distrust()
        for key in np.unique(starts[doubtful]):
            expected = order[starts == key]
            self.bad[expected] = True
            self.bad[self._whole(decoder, int(key), int(expected.max()))] = False

    def _whole(self, decoder: StreamDecoder, key: int, last: int | None = None) -> list[int]:
        """Packets from `key` to `last` whose pictures decode without damage."""
        whole = []
        for packet, frame in decoder.run(key):
            self.sizes.add((frame.width, frame.height))
            if not frame.is_corrupt and (last is None or packet <= last):
                whole.append(packet)
            if last is not None and decoder.fed > last + _REORDERED:
                break
        return whole

    def _trimmed(
        self, order: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[int]]:
        """Without undecodable pictures at both ends; those between are listed."""
        good = np.flatnonzero(~self.bad[order])
        if not len(good):
            raise refusals.nothing_decodes(self.path, len(self.packets))
        kept = slice(good[0], good[-1] + 1)
        damaged = np.flatnonzero(self.bad[order[kept]]).tolist()
        announced = max(self.stream.frames, len(order))
        if len(good) < announced and (damaged or self.bad.any() or self.packets.suspect.any()):
            self.facts.append(_readable(len(good), announced, len(damaged)))
        return order[kept], starts[kept], damaged

    def _timeline(self, times: NDArray[np.int64], ends_whole: bool) -> Timeline:
        if not self.packets.timed:
            return Timeline(self.counted_rate, np.arange(len(times)))
        seconds = (times - times[0]).astype(np.float64) * float(self.packets.time_base)
        last = self.packets.last_duration if ends_whole else 0.0
        return constant_rate(seconds, last, (self.stream.base_rate, self.stream.average_rate))

    def _describe(self, first: av.VideoFrame, shown: PictureFormat, timeline: Timeline) -> None:
        """Say what was done to the pictures on the way to the screen."""
        if timeline.note:
            self.facts.append(timeline.note)
        if self.video_streams > 1:
            self.facts.append("The file has more than one video stream; the first is used.")
        if len(self.sizes) > 1:
            self.facts.append(
                "The picture size changes within the file; all frames are scaled to the first size."
            )
        if shown.alpha and first.to_ndarray(format="rgba")[..., 3].min() < 255:
            self.facts.append("Transparent parts are shown on black.")
        self.facts.extend(format_facts(shown, self.stream.sample_aspect_ratio))
        if len(timeline.pictures) == 1:
            self.facts.append("The file holds a single frame.")


def format_facts(shown: PictureFormat, pixel_aspect: Fraction | None) -> list[str]:
    """Sentences about how stored pictures become shown ones."""
    facts = []
    if shown.colour.hdr:
        facts.append("The clip is HDR; its colours are tone-mapped to ordinary ones.")
    if shown.interlaced:
        facts.append("The clip is interlaced; each frame is deinterlaced.")
    width, height = shown.scaled
    if max(shown.stored) > LONGEST_SIDE:
        facts.append(
            f"The clip is {shown.stored[0]}x{shown.stored[1]}; "
            f"it is scaled down to {width}x{height}."
        )
    elif shown.scaled != shown.stored:
        facts.append(
            f"Its pixels are not square: {shown.stored[0]}x{shown.stored[1]} "
            f"is shown as {width}x{height}."
        )
    elif pixel_aspect not in (None, 1):
        facts.append("Its pixel shape makes no sense and is ignored.")
    return facts


def _readable(good: int, announced: int, inside: int) -> str:
    sentence = f"The file is damaged: {good} of {announced} frames could be read."
    if inside:
        sentence += f" In place of {inside} between them the frame before is shown."
    return sentence
