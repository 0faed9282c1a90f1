"""Another size and rate for a clip that is exported: what fits into what, and which frame when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from core.options import option

AS_IT_IS, CUSTOM = "as the clip", "custom"
_SHARES = {"half": 2, "quarter": 4}
_SHORT_SIDES = {
    "2160p": 2160,
    "1440p": 1440,
    "1080p": 1080,
    "720p": 720,
    "480p": 480,
    "360p": 360,
    "240p": 240,
}
SIZES = (AS_IT_IS, *_SHARES, *_SHORT_SIDES, CUSTOM)
_NTSC = {"23.976": 24, "29.97": 30, "59.94": 60}
RATES = (AS_IT_IS, "10", "12", "15", "23.976", "24", "25", "29.97", "30", "50", "59.94", "60")
FITS = ("whole picture", "black bars", "crop", "stretch")
LARGEST = 8192

Frame = NDArray[np.uint8]
Size = tuple[int, int]


@dataclass(frozen=True)
class ShapeOptions:
    """Size and rate of the frames of an export."""

    size: str = option(
        AS_IT_IS,
        label="Size",
        choices=SIZES,
        help="Numbers with a p are the shorter side; the picture keeps its proportions.",
    )
    width: int = option(
        1280,
        label="Width",
        minimum=16,
        maximum=LARGEST,
        step=2,
        help="Pixels.",
        when=("size", CUSTOM),
    )
    height: int = option(
        720,
        label="Height",
        minimum=16,
        maximum=LARGEST,
        step=2,
        help="Pixels.",
        when=("size", CUSTOM),
    )
    fit: str = option(
        FITS[0],
        label="Fit",
        choices=FITS,
        help="How a picture of other proportions comes into that width and height: as large as "
        "fits, filled up with black, cut at two sides, or pulled out of shape.",
        when=("size", CUSTOM),
    )
    rate: str = option(
        AS_IT_IS,
        label="Frames a second",
        choices=RATES,
        help="Frames are repeated or left out; the clip stays as long as it is.",
    )
    multiple: int = option(
        1,
        label="Sides divisible by",
        minimum=1,
        maximum=64,
        help="For programs that want it; 2 and 16 are usual. Sides become a little shorter.",
        advanced=True,
    )

    def sized(self, size: Size) -> Size:
        """Width and height of the frames of a clip of that size."""
        width, height = self._wanted(size)
        down = self.multiple
        return max(width // down, 1) * down, max(height // down, 1) * down

    def paced(self, rate: Fraction) -> Fraction:
        """Frames a second of a clip of that rate."""
        if self.rate == AS_IT_IS:
            return rate
        if self.rate in _NTSC:
            return Fraction(_NTSC[self.rate] * 1000, 1001)
        return Fraction(self.rate)

    def counted(self, frames: int, rate: Fraction) -> int:
        """Number of frames that so many frames of that rate become; at least 1 of 1."""
        return max(min(frames, 1), round(frames * self.paced(rate) / rate))

    def shaped(self, frames: Iterable[Frame], count: int, rate: Fraction) -> Iterator[Frame]:
        """The frames, uint8 (H, W, 3 or 4), in their new size and at their new rate.

        Args:
            count: how many frames there are; rate: how many in a second.
        """
        for frame in _paced(frames, self.counted(count, rate), self.paced(rate) / rate):
            yield self.fitted(frame)

    def source(self, number: int, rate: Fraction) -> int:
        """The frame at that rate which frame `number` of the shaped ones shows."""
        return int(number * rate / self.paced(rate))

    def fitted(self, frame: Frame) -> Frame:
        """One frame in its new size."""
        size = (frame.shape[1], frame.shape[0])
        width, height = self.sized(size)
        if (width, height) == size:
            return frame
        if self.size != CUSTOM or self.fit in (FITS[0], "stretch"):
            return resized(frame, (width, height))
        shares = Fraction(width, size[0]), Fraction(height, size[1])
        if self.fit == "crop":
            inner = _scaled(size, max(shares))
            inner = max(inner[0], width), max(inner[1], height)
        else:
            inner = _scaled(size, min(shares))
            inner = min(inner[0], width), min(inner[1], height)
        return _centred(resized(frame, inner), (width, height))

    def _wanted(self, size: Size) -> Size:
        width, height = size
        if self.size in _SHARES:
            return _scaled(size, Fraction(1, _SHARES[self.size]))
        if self.size in _SHORT_SIDES:
            return _scaled(size, Fraction(_SHORT_SIDES[self.size], min(size)))
        if self.size == CUSTOM:
            if self.fit != FITS[0]:
                return self.width, self.height
            return _scaled(size, min(Fraction(self.width, width), Fraction(self.height, height)))
        return size


def resized(frame: Frame, size: Size) -> Frame:
    """A frame in another size: averaged when smaller, sharpened when larger."""
    if size == (frame.shape[1], frame.shape[0]):
        return frame
    smaller = size[0] <= frame.shape[1] and size[1] <= frame.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, size, interpolation=how), np.uint8)


def _scaled(size: Size, share: Fraction) -> Size:
    """In even numbers, which all codecs take."""
    width, height = (max(2, 2 * round(side * share / 2)) for side in size)
    return width, height


def _centred(frame: Frame, size: Size) -> Frame:
    """The middle of a frame, with black where it does not reach."""
    width, height = size
    whole = np.zeros((height, width, frame.shape[2]), np.uint8)
    if frame.shape[2] == 4:
        whole[..., 3] = 255
    rows, above = min(height, frame.shape[0]), (height - frame.shape[0]) // 2
    columns, left = min(width, frame.shape[1]), (width - frame.shape[1]) // 2
    top, start = max(0, above), max(0, left)
    from_top, from_left = max(0, -above), max(0, -left)
    whole[top : top + rows, start : start + columns] = frame[
        from_top : from_top + rows, from_left : from_left + columns
    ]
    return whole


def _paced(frames: Iterable[Frame], count: int, pace: Fraction) -> Iterator[Frame]:
    """`count` frames, of which `pace` come in the time of one of `frames`."""
    source, place, frame = iter(frames), -1, None
    for number in range(count):
        while place < int(number / pace):
            following = next(source, None)
            if following is None:
                break
            frame, place = following, place + 1
        if frame is None:
            return
        yield frame
