"""One decoded picture to RGB: colour matrix, range, tone, alpha, pixel shape, orientation."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from core.media.colour import BT709, FULL, LIMITED, PQ, Colour, resolved

LONGEST_SIDE = 4096
"""Pictures with a longer side are scaled down to it while they are converted."""

WIDEST_PIXEL = 4
"""A pixel wider or taller than 4:1 is a mistake in the file; such pixels count as square."""

_SMALL_PICTURE = 640 * 360
"""Pictures of up to so many pixels are converted before a second thread has woken up."""

# The accurate path: the fast one is off by up to two levels and shifts every mean by one.
_SCALING = (
    Interpolation.BILINEAR
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)

Picture = NDArray[np.uint8]
"""uint8 (H, W, 3), RGB."""


@dataclass(frozen=True)
class Orientation:
    """How the stored picture is turned: transposed first, then flipped."""

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    def apply(self, picture: Picture) -> Picture:
        """The picture as it is shown, contiguous."""
        if self.transposed:
            picture = picture.transpose(1, 0, 2)
        if self.flipped_x:
            picture = picture[:, ::-1]
        if self.flipped_y:
            picture = picture[::-1]
        return np.ascontiguousarray(picture)


@dataclass(frozen=True)
class PictureFormat:
    """Everything that turns the stored pictures of one stream into shown RGB.

    Attributes:
        stored: width and height in the file.
        scaled: width and height after square pixels and downscaling, before turning.
        orientation: turn applied last.
        colour: resolved tags of the stream.
        interlaced: every picture is deinterlaced on its own.
        alpha: transparent pixels are laid on black.
    """

    stored: tuple[int, int]
    scaled: tuple[int, int]
    orientation: Orientation
    colour: Colour
    interlaced: bool
    alpha: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as shown."""
        width, height = self.scaled
        return (height, width) if self.orientation.transposed else (width, height)

    def rgb(self, frame: av.VideoFrame) -> Picture:
        """The picture as shown: uint8 (H, W, 3), whatever the size of `frame`."""
        if self.interlaced:
            frame = _deinterlaced(frame)
        if self.colour.hdr:
            wide = self._converted(frame, "rgb48le").to_ndarray()
            picture = tone_mapped(wide, self.colour.transfer)
        elif self.alpha:
            picture = _on_black(self._converted(frame, "rgba").to_ndarray())
        else:
            picture = self._plain(frame)
        return self.orientation.apply(picture)

    def _plain(self, frame: av.VideoFrame) -> Picture:
        if frame.format.is_rgb:
            return self._converted(frame, "rgb24").to_ndarray()
        # Planar, then merged: the same values as straight to "rgb24", in a third of the time.
        planar = self._converted(frame, "gbrp")
        green, blue, red = (_rows(plane, planar.width) for plane in planar.planes)
        return cv2.merge((red, green, blue))

    def _converted(self, frame: av.VideoFrame, pixels: str) -> av.VideoFrame:
        width, height = self.scaled
        threads = 1 if frame.width * frame.height <= _SMALL_PICTURE else 0
        if frame.format.is_rgb:
            return frame.reformat(width, height, pixels, threads=threads)
        full = self.colour.range == FULL or frame.format.name.startswith("yuvj")
        return frame.reformat(
            width,
            height,
            pixels,
            interpolation=_SCALING,
            src_colorspace=self.colour.swscale_matrix,
            dst_colorspace=self.colour.swscale_matrix,
            src_color_range=FULL if full else LIMITED,
            dst_color_range=FULL,
            threads=threads,
        )


def picture_format(frame: av.VideoFrame, pixel_aspect: Fraction | None) -> PictureFormat:
    """The format of a stream, read from its first good picture.

    Args:
        frame: the decoded picture, with its side data.
        pixel_aspect: width of a pixel by its height; None counts as square.
    """
    stored = (frame.width, frame.height)
    return PictureFormat(
        stored=stored,
        scaled=shown_size(stored, pixel_aspect),
        orientation=_orientation(frame),
        colour=resolved(
            frame.color_range, frame.colorspace, frame.color_primaries, frame.color_trc, stored
        ),
        interlaced=frame.interlaced_frame,
        alpha=any(component.is_alpha for component in frame.format.components),
    )


def _rows(plane: av.video.plane.VideoPlane, width: int) -> NDArray[np.uint8]:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, :width]


def shown_size(stored: tuple[int, int], pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Stored size to square pixels (only ever enlarging), longest side at most 4096."""
    width, height = Fraction(stored[0]), Fraction(stored[1])
    aspect = pixel_aspect or Fraction(1)
    if Fraction(1, WIDEST_PIXEL) <= aspect <= WIDEST_PIXEL:
        width, height = (width * aspect, height) if aspect > 1 else (width, height / aspect)
    shrink = min(Fraction(1), Fraction(LONGEST_SIDE) / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _orientation(frame: av.VideoFrame) -> Orientation:
    """The right-angled part of the display matrix; other angles are ignored."""
    data = frame.side_data.get(SideData.DISPLAYMATRIX)
    if data is None:
        return Orientation()
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data))
    if abs(b) > abs(a):
        return Orientation(True, flipped_x=c < 0, flipped_y=b < 0)
    return Orientation(False, flipped_x=a < 0, flipped_y=d < 0)


def _deinterlaced(frame: av.VideoFrame) -> av.VideoFrame:
    # Within one picture only: what is shown must not depend on which frame was read before.
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
        ),
        graph.add("estdif", "mode=frame:parity=auto:deint=interlaced"),
        graph.add("buffersink"),
    ).configure()
    graph.push(frame)
    graph.push(None)
    return graph.pull()


def _on_black(rgba: NDArray[np.uint8]) -> Picture:
    alpha = rgba[..., 3:]
    if alpha.min() == 255:
        return rgba[..., :3]
    return cv2.multiply(
        np.ascontiguousarray(rgba[..., :3]), cv2.merge([alpha[..., 0]] * 3), scale=1 / 255
    )


# ---- high dynamic range to ordinary RGB --------------------------------------------------------

_WHITE_NITS = 203.0  # ITU-R BT.2408: ordinary white inside an HDR picture
_KNEE = 0.7  # linear light below it stays, light above it is compressed towards 1
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def tone_mapped(rgb: NDArray[np.uint16], transfer: int) -> Picture:
    """BT.2020 PQ or HLG to BT.709: ordinary white stays white, brighter light is compressed.

    Args:
        rgb: uint16 (H, W, 3), full range.
        transfer: 16 (PQ) or 18 (HLG).
    """
    light = _pq_light() if transfer == PQ else _hlg_light()
    linear = cv2.transform(light[rgb], _BT2020_TO_BT709)
    compressed = np.clip(linear, 0, _BRIGHTEST) * np.float32(_CURVE_STEPS / _BRIGHTEST)
    return _tone_curve()[compressed.astype(np.uint16)]


@cache
def _pq_light() -> NDArray[np.float32]:
    """SMPTE ST 2084: signal 0..65535 to light, 1 = ordinary white."""
    signal = np.linspace(0, 1, 65536) ** (1 / 78.84375)
    light = np.maximum(signal - 0.8359375, 0) / (18.8515625 - 18.6875 * signal)
    return (10000 / _WHITE_NITS * light ** (1 / 0.1593017578125)).astype(np.float32)


@cache
def _hlg_light() -> NDArray[np.float32]:
    """ITU-R BT.2100 HLG with a 1000-nit system gamma of 1.2, applied to each channel."""
    signal = np.linspace(0, 1, 65536)
    scene = np.where(
        signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
    )
    return (1000 / _WHITE_NITS * scene**1.2).astype(np.float32)


@cache
def _tone_curve() -> NDArray[np.uint8]:
    """Light 0.._BRIGHTEST to 8-bit BT.1886 (gamma 2.4), soft above the knee."""
    light = np.linspace(0, _BRIGHTEST, _CURVE_STEPS + 1)
    soft = _KNEE + (1 - _KNEE) * (1 - np.exp(-(light - _KNEE) / (1 - _KNEE)))
    curve = np.where(light < _KNEE, light, soft) ** (1 / 2.4)
    return np.round(255 * curve).astype(np.uint8)


_BRIGHTEST = 4.0
_CURVE_STEPS = 65535

SHOWN_HDR = Colour(LIMITED, BT709, BT709, BT709)
"""What a tone-mapped picture is: ordinary BT.709."""
