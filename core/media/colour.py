"""Colour tags of a video, as code points of ITU-T H.273 (the numbers that FFmpeg uses)."""

from __future__ import annotations

from dataclasses import dataclass, replace

UNSPECIFIED = 2
BT709, BT470BG, SMPTE170M, BT2020 = 1, 5, 6, 9
RGB_MATRIX = 0
LIMITED, FULL = 1, 2
PQ, HLG = 16, 18

HD_HEIGHT = 720
"""Untagged video of this height or more (or 1280 wide) is taken as BT.709, smaller as BT.601."""

_SWSCALE_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}


@dataclass(frozen=True)
class Colour:
    """How stored numbers become light.

    Attributes:
        range: 1 limited (16..235), 2 full (0..255).
        matrix: RGB to YUV coefficients; never "unspecified".
        primaries: what red, green and blue are; 2 when unknown.
        transfer: the tone curve; 2 when unknown.
    """

    range: int = LIMITED
    matrix: int = BT709
    primaries: int = BT709
    transfer: int = BT709

    @property
    def hdr(self) -> bool:
        """Whether the tone curve reaches beyond ordinary white (PQ or HLG)."""
        return self.transfer in (PQ, HLG)

    @property
    def swscale_matrix(self) -> int:
        """The matrix as FFmpeg's scaler names it; BT.709 where it knows no such matrix."""
        return _SWSCALE_MATRICES.get(self.matrix, BT709)

    def coded(self) -> Colour:
        """These tags where ordinary 8-bit YUV can carry them, else BT.709 for what it cannot."""
        if self.hdr:
            return Colour()
        known = self.matrix in _SWSCALE_MATRICES
        return replace(self, matrix=self.matrix if known else BT709)


def resolved(
    range_: int, matrix: int, primaries: int, transfer: int, size: tuple[int, int]
) -> Colour:
    """Colour tags with the unknown ones filled by the usual rule (by picture size)."""
    width, height = size
    if matrix == UNSPECIFIED:
        matrix = BT709 if height >= HD_HEIGHT or width >= 1280 else SMPTE170M
    return Colour(range_ if range_ in (LIMITED, FULL) else LIMITED, matrix, primaries, transfer)
