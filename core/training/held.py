"""Videos that are open and frames that stay decoded, both bounded in bytes.

A video that is small against the room is decoded once as a whole and stays; so clips of small
footage cost a copy. When the room is full, nothing has to leave: clips are drawn at random, and
what is in is as likely to be asked for as what would come. All others are opened when they are
asked for, the last few stay open, and of their frames only those of a clip are decoded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from core.clip import Frames
from core.errors import UserError
from core.media.pictures import Picture
from core.training.readers import Video

HELD_BYTES = 512 << 20
"""Of decoded frames, in each process that decodes."""

OPEN_BYTES = 64 << 20
"""Of tables that say where the frames of the open videos are."""

_LARGEST_SHARE = 8  # a video that fills more than one part in so many is not decoded as a whole


class HeldVideo(Video):
    """A video whose frames are in memory: uint8 (T, H, W, 3)."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self.size = (frames.shape[2], frames.shape[1])
        self.cost = frames.nbytes

    def __len__(self) -> int:
        return len(self._frames)

    def frames(self, numbers: Sequence[int]) -> Iterator[Picture]:
        return (self._frames[number] for number in numbers)


class Videos:
    """Videos by number.

    Args:
        open_video: opens one; raises UserError when it cannot be used.
        held_bytes: room for decoded frames.
        open_bytes: room for what open videos need; one video is always open.
    """

    def __init__(
        self,
        open_video: Callable[[int], Video],
        held_bytes: int = HELD_BYTES,
        open_bytes: int = OPEN_BYTES,
    ) -> None:
        self._open_video = open_video
        self._limits = held_bytes, open_bytes
        self._held: dict[int, HeldVideo] = {}
        self._open: OrderedDict[int, Video] = OrderedDict()
        self._too_large: set[int] = set()
        self.held_bytes = self.open_bytes = 0

    def __getitem__(self, number: int) -> Video:
        """The video, in memory where there is room.

        Raises:
            UserError: it cannot be opened.
        """
        if number in self._held:
            return self._held[number]
        video = self._opened(number)
        if number in self._too_large or not self._fits(video):
            self._too_large.add(number)
            return video
        return self._hold(number, video)

    def _fits(self, video: Video) -> bool:
        size = len(video) * video.size[0] * video.size[1] * 3
        room = self._limits[0] - self.held_bytes
        return size <= min(room, self._limits[0] // _LARGEST_SHARE)

    def _hold(self, number: int, video: Video) -> Video:
        """A damaged video stays as it is: a clip of it may be whole all the same."""
        try:
            held = HeldVideo(np.stack(list(video.frames(range(len(video))))))
        except UserError:
            self._too_large.add(number)
            return video
        self._close(number)
        self._held[number] = held
        self.held_bytes += held.cost
        return held

    def _opened(self, number: int) -> Video:
        if number in self._open:
            self._open.move_to_end(number)
            return self._open[number]
        video = self._open[number] = self._open_video(number)
        self.open_bytes += video.cost
        while self.open_bytes > self._limits[1] and len(self._open) > 1:
            self._close(next(iter(self._open)))
        return video

    def _close(self, number: int) -> None:
        self.open_bytes -= self._open.pop(number).cost
