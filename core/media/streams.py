"""Pictures of a video stream by number, exact whatever was read before.

A picture's number is its place in presentation order. Packets are renumbered while they are
demuxed, so that a decoded frame says by itself which packet it came from: neither rounded nor
repeated nor missing timestamps can confuse two pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.media import refusals
from core.media.packets import PacketTable

OPEN_OPTIONS = {"protocol_whitelist": "file"}
"""A playlist must not make the program fetch anything."""

_LARGE_PICTURE = 4096 * 2304
_SKIP_AHEAD = 12
"""Decode on over key frames when the wanted picture is at most this far ahead."""


def open_container(path: Path) -> av.container.InputContainer:
    """Open for reading; the path is absolute so that FFmpeg sees no protocol in a name."""
    return av.open(str(path.absolute()), options=OPEN_OPTIONS, metadata_errors="replace")


class StreamDecoder:
    """Decodes one stream forwards from any key packet.

    Attributes:
        packets: the table of the stream.
        fed: the number of the last packet given to the decoder.
    """

    def __init__(self, path: Path, stream_index: int, packets: PacketTable) -> None:
        self.packets = packets
        self.fed = -1
        self._path = path
        self._stream_index = stream_index
        self._trusted = True
        self._number_of = (
            {int(pts): n for n, pts in enumerate(packets.pts)} if packets.seekable else {}
        )
        self._container: av.container.InputContainer | None = None
        self._stream: av.VideoStream | None = None

    def run(self, key: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Packet number and frame, in the decoder's order, from packet `key` to the end."""
        for number, packet in self._numbered(key):
            if number < key:
                continue
            packet.pts = packet.dts = number
            self.fed = number
            yield from _frames(self._context, packet)
        yield from _frames(self._context, None)

    def twin(self) -> StreamDecoder:
        """Another decoder of the same stream."""
        twin = StreamDecoder(self._path, self._stream_index, self.packets)
        twin._trusted = self._trusted
        return twin

    def distrust(self) -> None:
        """Decode every run with a new decoder and one thread: only then is damage always alike.

        A decoder that was used before conceals errors with what it still remembers.
        """
        self._trusted = False

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = self._stream = None  # a stream keeps its decoder's pictures

    @property
    def _context(self) -> av.VideoCodecContext:
        assert self._stream is not None  # numbering the packets has opened it
        return self._stream.codec_context

    def _numbered(self, key: int) -> Iterator[tuple[int, av.Packet]]:
        """Packets and their numbers, from `key` or before it to the end of the file."""
        container = self._container
        if container is None or not self._trusted or not self.packets.seekable:
            container = self._reopen()
        if self.packets.seekable:
            container.seek(int(self.packets.pts[key]), stream=self._stream)
            packets = _demuxed(container, self._stream)
            first = next(packets, None)
            if first is not None and self._number_of.get(first.pts, key + 1) <= key:
                number = self._number_of[first.pts]
                yield from enumerate(chain([first], packets), number)
                return
            container = self._reopen()  # the surest way to the start; packets up to `key` are cheap
        yield from enumerate(_demuxed(container, self._stream))

    def _reopen(self) -> av.container.InputContainer:
        self.close()
        try:
            container = open_container(self._path)
        except (av.FFmpegError, OSError) as error:
            raise refusals.unreadable(self._path) from error
        self._container, self._stream = container, container.streams[self._stream_index]
        context = self._context
        large = context.width * context.height > _LARGE_PICTURE
        # Frames decoded in parallel are all held: too much memory for very large pictures.
        context.thread_type = "SLICE" if large else "AUTO"
        context.thread_count = min(4, os.cpu_count() or 1) if self._trusted else 1
        return container


def _demuxed(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except av.FFmpegError:
        return  # the table of packets ends here too


def _frames(
    context: av.VideoCodecContext, packet: av.Packet | None
) -> Iterator[tuple[int, av.VideoFrame]]:
    try:
        frames = context.decode(packet)
    except av.FFmpegError:
        return  # a packet that cannot be decoded gives no picture; the caller sees it missing
    for frame in frames:
        if frame.pts is not None:
            yield frame.pts, frame


class StreamPictures:
    """Random access to the pictures of a stream by presentation number.

    Attributes:
        order: int (pictures,): the packet of each picture.
        damaged: numbers of pictures found undecodable; they show the picture before them.
    """

    def __init__(self, decoder: StreamDecoder, order: NDArray[np.int64], starts: NDArray[np.int64]):
        """Args:
        starts: int (pictures,): the key packet from which each picture can be decoded.
        """
        self.order = order
        self.damaged: set[int] = set()
        self._decoder = decoder
        self._starts = starts
        self._place = {int(packet): number for number, packet in enumerate(order)}
        self._run: Iterator[tuple[int, av.VideoFrame]] = iter(())
        self._run_start = -1
        self._next: tuple[int, av.VideoFrame] | None = None
        self._reached = -1

    def __len__(self) -> int:
        return len(self.order)

    def upto(self, number: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Pictures on the way to `number` and itself, oldest first.

        It ends before `number` when that picture cannot be decoded.
        """
        if not self._continues(number):
            self._restart(number)
        while self._reached < number:
            if self._next is None:
                self._next = self._good()
            if self._next is None or self._next[0] > number:
                self._reached = number
                return
            found, self._next = self._next, None
            self._reached = found[0]
            yield found

    def twin(self) -> StreamPictures:
        """The same pictures through another decoder; what is damaged is known to both."""
        twin = StreamPictures(self._decoder.twin(), self.order, self._starts)
        twin.damaged = self.damaged
        return twin

    def mark_damaged(self, number: int) -> None:
        """A picture cannot be decoded; from now on every group is entered at its key packet."""
        self.damaged.add(number)
        self._forget_run()

    def close(self) -> None:
        self._forget_run()
        self._decoder.close()

    def _forget_run(self) -> None:
        self._run = iter(())
        self._run_start = -1
        self._next = None

    def _continues(self, number: int) -> bool:
        """Whether decoding on reaches `number` sooner than entering at its key packet."""
        if self._run_start < 0 or number <= self._reached:
            return False
        start = self._starts[number]
        if self.damaged:  # behind damage only a fresh start always gives the same pixels
            return start == self._run_start
        return start <= self._decoder.fed or number - self._reached <= _SKIP_AHEAD

    def _restart(self, number: int) -> None:
        if self.damaged:
            self._decoder.distrust()
        self._run_start = int(self._starts[number])
        self._run = self._decoder.run(self._run_start)
        self._next = None
        self._reached = -1

    def _good(self) -> tuple[int, av.VideoFrame] | None:
        """The next picture that is meant to be seen, decoded whole, and startable from here."""
        for packet, frame in self._run:
            number = self._place.get(packet, -1)
            # Pictures before the first key packet in time refer to what was skipped.
            ready = number > self._reached and self._starts[number] >= self._run_start
            if ready and not frame.is_corrupt:
                return number, frame
        return None
