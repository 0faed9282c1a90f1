"""The packets of a video stream, read once without decoding: what there is and where to start."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

NO_TIMESTAMPS = 0x80
"""FFmpeg's flag of formats that carry no times (raw elementary streams)."""

_VP8_SHOWN_BIT = 0x10


@dataclass(frozen=True)
class PacketTable:
    """Packets in file order; a packet's number is its place here.

    Attributes:
        pts: int64, in `time_base`; meaningless where `timed` is False.
        keys: bool; decoding may start here.
        shown: bool; the packet holds a picture that is meant to be seen.
        suspect: bool; the packet is marked as damaged or its inner lengths do not add up.
        time_base: seconds per tick.
        last_duration: seconds that the last picture stands, 0 when unknown.
        timed: whether every packet has a presentation time.
        seekable: whether a presentation time names one packet, so that the file can be entered
            anywhere.
    """

    pts: NDArray[np.int64]
    keys: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    suspect: NDArray[np.bool_]
    time_base: Fraction
    last_duration: float
    timed: bool
    seekable: bool

    def __len__(self) -> int:
        return len(self.pts)

    def times(self) -> NDArray[np.int64]:
        """Presentation ticks that never run backwards between the parts of a joined file."""
        times = self.pts.copy()
        for start in self._part_starts():
            ends = times[:start].max() + self._usual_gap()
            times[start:] += ends - times[start:].min()
        return times

    def _part_starts(self) -> list[int]:
        """Key packets at which the clock starts again: not one later packet is later than before.

        A clock that merely jumps forward needs no new part.
        """
        if self.seekable:
            return []
        peak = np.maximum.accumulate(self.pts)
        return [
            int(key)
            for key in np.flatnonzero(self.keys)
            if key > 0 and self.pts[key] <= peak[key - 1] - 8 * self._usual_gap()
        ]

    def _usual_gap(self) -> int:
        gaps = np.diff(np.unique(self.pts))
        return max(1, int(np.median(gaps))) if len(gaps) else 1


def read_packets(container: av.container.InputContainer, stream: av.VideoStream) -> PacketTable:
    """Demux a whole stream. Damage in the container ends the table where it begins."""
    rows: list[tuple[int | None, bool, bool, bool]] = []
    duration = 0
    latest: int | None = None
    lengths = _length_prefix(stream)
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            rows.append(
                (
                    packet.pts,
                    packet.is_keyframe,
                    _is_shown(packet, stream),
                    packet.is_corrupt or (lengths > 0 and not _adds_up(bytes(packet), lengths)),
                )
            )
            if packet.pts is not None and (latest is None or packet.pts >= latest):
                latest, duration = packet.pts, packet.duration or 0
    except av.FFmpegError:
        if rows:
            rows[-1] = (*rows[-1][:3], True)
    return _table(rows, container, stream, duration)


def start_packets(
    times: NDArray[np.int64], keys: NDArray[np.bool_], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The key packet from which each picture can be decoded, -1 for none.

    Pictures stored after a key packet but shown before it (open groups) need the key before;
    those of the first key packet have none and may or may not decode from it.
    """
    key_packets = np.flatnonzero(keys)
    if not len(key_packets):
        return np.full(len(order), -1)
    chosen = np.searchsorted(key_packets, order, side="right") - 1
    while (early := (chosen > 0) & (times[key_packets[chosen]] > times[order])).any():
        chosen[early] -= 1
    return np.where(chosen >= 0, key_packets[chosen], -1)


def _table(
    rows: list[tuple[int | None, bool, bool, bool]],
    container: av.container.InputContainer,
    stream: av.VideoStream,
    duration: int,
) -> PacketTable:
    times = [row[0] for row in rows]
    timed = None not in times and not _times_are_made_up(container, stream)
    columns = np.array([row[1:] for row in rows], bool).reshape(-1, 3)
    pts = np.array([time if time is not None else 0 for time in times], np.int64)
    return PacketTable(
        pts=pts,
        keys=columns[:, 0],
        shown=columns[:, 1],
        suspect=columns[:, 2],
        time_base=stream.time_base,
        last_duration=float(duration * stream.time_base),
        timed=timed,
        seekable=timed and len(np.unique(pts)) == len(pts),
    )


def _times_are_made_up(container: av.container.InputContainer, stream: av.VideoStream) -> bool:
    """Raw streams have no times; AVI has none that know of pictures stored out of order."""
    reordered = container.format.name == "avi" and stream.codec_context.name in ("h264", "hevc")
    return reordered or bool(container.format.flags & NO_TIMESTAMPS)


def _is_shown(packet: av.Packet, stream: av.VideoStream) -> bool:
    """False for packets outside an edit list and for VP8's invisible reference pictures."""
    if packet.is_discard:
        return False
    if stream.codec_context.name == "vp8":
        return bool(bytes(packet)[0] & _VP8_SHOWN_BIT)
    return True


def _length_prefix(stream: av.VideoStream) -> int:
    """Bytes of the length before each NAL unit (H.264 and HEVC in MP4 or Matroska), else 0."""
    extradata = stream.codec_context.extradata or b""
    place = {"h264": 4, "hevc": 21}.get(stream.codec_context.name)
    if place is None or len(extradata) <= place or extradata[0] != 1:
        return 0
    return (extradata[place] & 3) + 1


def _adds_up(data: bytes, prefix: int) -> bool:
    """Whether the NAL units fill the packet and none has the forbidden bit set."""
    place = 0
    while place + prefix < len(data):
        start = place + prefix
        place = start + int.from_bytes(data[place:start], "big")
        if place == start or place > len(data) or data[start] & 0x80:
            return False
    return place == len(data)
