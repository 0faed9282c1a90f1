"""What all layouts of one file per video share: frames through `core.media`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.media import refusals
from core.media.folders import open_folder
from core.media.pictures import Picture
from core.media.reading import SMALLEST_SIDE, PictureReader, Source
from core.media.video_file import count_pictures, open_video
from core.training.readers import Layout, Listed, Video

SUFFIXES = (".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".gif")

_BYTES_PER_FRAME = 256  # of the tables by which a frame of a file is found


class SourceVideo(Video):
    """A video file or a folder of pictures, its frames at a constant rate.

    A picture that is damaged shows the one before it. No decoder stays open between two reads, so
    that what was read before changes nothing.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shown = source.timeline.pictures
        self.size = source.size
        self.cost = _BYTES_PER_FRAME * len(self._shown)
        source.close()

    def __len__(self) -> int:
        return len(self._shown)

    def frames(self, numbers: Sequence[int]) -> Iterator[Picture]:
        picture, before = None, -1
        try:
            for number in self._shown[list(numbers)].tolist():
                if number > before:  # a picture may be shown in more than one frame
                    for _, good in self._source.upto(number, 0):
                        picture = good
                if picture is None:
                    picture = self._nearest(number)
                yield picture
                before = number
        finally:
            self._source.close()

    def _nearest(self, number: int) -> Picture:
        """The last good picture before a damaged one."""
        reader = PictureReader(self._source.twin(), cache_bytes=1)
        try:
            return reader.picture(number)
        finally:
            reader.close()


class VideoFiles(Layout):
    """One video file per video."""

    def count(self, listed: Listed) -> int:
        return listed.frames or count_pictures(listed.path)

    def open(self, listed: Listed) -> Video:
        return _checked(listed, open_video(listed.path, survey=False))


class PictureFolders(Layout):
    """One folder of pictures per video."""

    def count(self, listed: Listed) -> int:
        return listed.frames

    def open(self, listed: Listed) -> Video:
        return _checked(listed, open_folder(listed.path))


def _checked(listed: Listed, source: Source) -> Video:
    if min(source.size) < SMALLEST_SIDE:
        raise refusals.too_small(listed.path, source.size, SMALLEST_SIDE)
    return SourceVideo(source)
