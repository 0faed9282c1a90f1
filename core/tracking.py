"""A painted mask carried from frame to frame by dense optical flow.

The border of a mask lies where flow is worst: between two motions, and often on the background,
because people paint generously. So the mask does not follow the flow of each pixel. It follows
the flow of the thing inside it, which is where flow agrees with itself in both directions and
differs from the camera's motion. It is smoothed over a part of the thing's size: over more of it
the more of the mask moves with the camera, which is to say the looser it was painted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import Mask, MaskTrack, Runs, Span, Tracked
from core.morphing import Morph

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

_OVERVIEW = 256  # longest side in pixels of the whole frame, for the motion of camera and thing
_DETAIL = 480  # longest side of the part around the mask
_MARGIN = 0.35  # room around the mask, as a share of its longer side
_LEAST_MARGIN = 24
_SMOOTHING = (0.08, 0.4)  # of the thing's flow, as a share of its size: tightly, loosely painted
_LEAST_SMOOTHING = 6.0  # pixels: about a patch of the flow
_OWN_MOTION = 0.01  # motion against the camera that shows the thing, as a share of its size
_BACKGROUND = 0.02  # weight of what moves with the camera
_AGREEMENT = 2.0  # pixels by which flow there and back may differ
_SHADE = 40.0  # grey levels by which a pixel and what it came from may differ
_LEAST_PIXELS = 12  # a mask of fewer is lost
_CAUTION = 0.35  # exponent that brings trust near the overlap with what is right (bench masks)


class Tracker:
    """Follows a mask through neighbouring frames, in either direction of time.

    Args:
        picture: uint8 (H, W, 3), the frame of the mask.
        mask: bool (H, W).
    """

    def __init__(self, picture: Picture, mask: Mask) -> None:
        self._grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        self._soft = mask.astype(np.float32)
        self._colours = _colours(picture, mask)
        self._agreed = 1.0
        self._fine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._coarse = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def step(self, picture: Picture) -> tuple[Mask, float]:
        """The mask on the next frame, bool (H, W), and how far to trust it, 0..1.

        Trust falls with each frame on which flow there and back disagree, and where the colours
        under the mask are no longer those of the first frame.
        """
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        if np.count_nonzero(self._soft >= 0.5) < _LEAST_PIXELS:
            self._grey, self._soft = grey, np.zeros_like(self._soft)
            return self._soft >= 0.5, 0.0
        agreed = self._follow(grey)
        self._grey = grey
        self._agreed *= agreed
        mask = self._soft >= 0.5
        return mask, self._agreed**_CAUTION * _alike(self._colours, _colours(picture, mask))

    def _follow(self, grey: Picture) -> float:
        """Moves the mask to the next frame; the share of it on which flow agrees both ways."""
        camera, shift = self._overview(grey)
        left, top, width, height = self._part()
        moved = (left - shift[0], top - shift[1])
        before = _crop(self._grey, (left, top), (width, height))
        after = _crop(grey, moved, (width, height))
        soft = _crop(self._soft, (left, top), (width, height))
        scale = min(1.0, _DETAIL / max(width, height))
        small = (max(16, round(width * scale)), max(16, round(height * scale)))
        a, b = (cv2.resize(part, small, interpolation=cv2.INTER_AREA) for part in (before, after))
        painted = cv2.resize(soft, small, interpolation=cv2.INTER_AREA)

        flow = self._fine.calc(b, a, None)
        back = self._fine.calc(a, b, None)
        here = _pulled(painted, flow)
        error = np.linalg.norm(flow + _pulled(back, flow), axis=2)
        differs = np.abs(b.astype(np.float32) - _pulled(a, flow)) / _SHADE
        agreement = np.exp(-((error / _AGREEMENT) ** 2) - differs**2)
        stretch = np.array([small[0] / width, small[1] / height], np.float32)
        still = _camera_flow(camera, moved, shift, small, stretch)
        size = float(np.sqrt(painted.sum()))
        own = np.linalg.norm(flow - still, axis=2) ** 2
        least = max(0.7, _OWN_MOTION * size) ** 2
        moves = own / (own + least)
        weight = here * agreement * (_BACKGROUND + moves) + 1e-7
        loose = 1 - float((here * agreement * moves).sum() / (here * agreement).sum())
        width_of_mean = size * float(np.interp(loose, (0, 1), _SMOOTHING))
        thing = _smoothed(flow, weight.astype(np.float32), max(_LEAST_SMOOTHING, width_of_mean))

        followed = _pulled(soft, cv2.resize(thing, (width, height)) / stretch)
        self._soft = _pasted(followed, moved, self._soft.shape)
        return float((here * agreement).sum() / max(float(here.sum()), 1e-6))

    def _overview(self, grey: Picture) -> tuple[NDArray[np.float64], tuple[int, int]]:
        """The camera's motion as a homography, and the thing's as a shift; both lead back from
        the next frame to this one, in pixels of the clip."""
        height, width = grey.shape
        scale = min(1.0, _OVERVIEW / max(width, height))
        small = (max(16, round(width * scale)), max(16, round(height * scale)))
        a, b, soft = (
            cv2.resize(whole, small, interpolation=cv2.INTER_AREA)
            for whole in (self._grey, grey, self._soft)
        )
        flow = self._coarse.calc(b, a, None)
        here = _pulled(soft, flow)
        to_clip = np.diag([width / small[0], height / small[1], 1.0])
        outside = cv2.dilate((here > 0.05).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        camera = to_clip @ _homography(flow, outside) @ np.linalg.inv(to_clip)
        thing = here > 0.4
        if not thing.any():
            return camera, (0, 0)
        shift = np.median(flow[thing], axis=0) * [to_clip[0, 0], to_clip[1, 1]]
        return camera, (round(float(shift[0])), round(float(shift[1])))

    def _part(self) -> Sequence[int]:
        """(left, top, width, height) around the mask with room; it may reach over the border."""
        left, top, width, height = cv2.boundingRect((self._soft >= 0.3).view(np.uint8))
        room = int(max(_LEAST_MARGIN, _MARGIN * max(width, height)))
        return left - room, top - room, width + 2 * room, height + 2 * room


Pictures = Callable[[int], Picture]
"""From the number of a frame to its pixels, uint8 (H, W, 3)."""


def follow(
    track: MaskTrack, span: Span, frames: range, pictures: Pictures
) -> Iterator[tuple[int, Tracked]]:
    """Track the mask of a span's key frames over its frames, forward and then backward.

    A frame between two key frames comes twice: first from the one before it, then from both.

    Args:
        frames: of the span; fewer than all from its key frame on, where it has only one.

    Yields:
        frame and what was found there; stop iterating and the tracking is cancelled.
    """
    forward: dict[int, Tracked] = {}
    if span.before is not None:
        for frame, found in _tracked(track, span.before, frames, pictures):
            forward[frame] = found
            yield frame, found
    if span.after is not None:
        for frame, found in _tracked(track, span.after, frames[::-1], pictures):
            if frame not in forward:
                yield frame, found
            elif span.before is not None:
                share = (frame - span.before) / (span.after - span.before)
                size = (track.width, track.height)
                yield frame, _met(forward[frame], found, share, size)


def steps(span: Span, frames: range) -> int:
    """How many frames `follow` yields."""
    return len(frames) * ((span.before is not None) + (span.after is not None))


def _tracked(
    track: MaskTrack, key: int, frames: range, pictures: Pictures
) -> Iterator[tuple[int, Tracked]]:
    if not frames:
        return
    tracker = Tracker(pictures(key), track.by_hand(key))
    for frame in frames:
        mask, confidence = tracker.step(pictures(frame))
        yield frame, Tracked(Runs.of(mask), confidence)


def _met(forward: Tracked, backward: Tracked, share: float, size: tuple[int, int]) -> Tracked:
    """Between what came from both key frames, nearer to the nearer and the surer one."""
    ahead, behind = (1 - share) * forward.confidence, share * backward.confidence
    confidence = max(forward.confidence, backward.confidence)
    if forward.runs.empty or backward.runs.empty or not ahead + behind:
        return forward if ahead >= behind else backward
    shapes = Morph(forward.runs.mask(*size), backward.runs.mask(*size))
    return Tracked(Runs.of(shapes.at(behind / (ahead + behind))), confidence)


# Flow


def _pulled(plane: NDArray, flow: Plane) -> NDArray:
    """Each pixel's value at the place that its flow leads to."""
    height, width = flow.shape[:2]
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(
        plane,
        xs + flow[..., 0],
        ys + flow[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _homography(flow: Plane, outside: Mask, step: int = 3) -> NDArray[np.float64]:
    """The homography that explains the flow outside of the mask."""
    ys, xs = np.nonzero(outside[::step, ::step])
    points = np.stack([xs, ys], 1).astype(np.float32) * step
    if len(points) < 30:
        return np.eye(3)
    moved = points + flow[::step, ::step][ys, xs]
    cv2.setRNGSeed(0)  # the same clip gives the same masks
    found, _ = cv2.findHomography(points, moved, cv2.RANSAC, 1.0)
    return np.eye(3) if found is None else found


def _camera_flow(
    camera: NDArray[np.float64],
    corner: tuple[int, int],
    shift: tuple[int, int],
    size: tuple[int, int],
    stretch: Plane,
) -> Plane:
    """What flow the camera's motion alone would give in a part of the next frame, against a part
    of this one that is shifted, (h, w, 2) in pixels of the parts' size."""
    xs, ys = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    here = (np.stack([xs, ys], 2) + 0.5) / stretch - 0.5 + corner
    there = cv2.perspectiveTransform(here.reshape(-1, 1, 2), camera).reshape(here.shape)
    return np.asarray((there - here - shift) * stretch, np.float32)


def _smoothed(flow: Plane, weight: Plane, width: float) -> Plane:
    """Flow averaged by weight in Gaussians of that width in pixels; computed reduced."""
    less = max(1, int(width / 3))
    small = (max(4, flow.shape[1] // less), max(4, flow.shape[0] // less))
    planes = np.dstack([flow * weight[..., None], weight])
    planes = cv2.resize(planes, small, interpolation=cv2.INTER_AREA)
    planes = cv2.GaussianBlur(planes, (0, 0), width / less)
    mean = planes[..., :2] / (planes[..., 2:] + 1e-9)
    return cv2.resize(mean, flow.shape[1::-1])


# Parts of a frame


def _crop(plane: NDArray, corner: tuple[int, int], size: tuple[int, int]) -> NDArray:
    """A part of a plane; outside of it the values of its border go on."""
    rows = np.clip(np.arange(corner[1], corner[1] + size[1]), 0, plane.shape[0] - 1)
    columns = np.clip(np.arange(corner[0], corner[0] + size[0]), 0, plane.shape[1] - 1)
    return plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][
        np.ix_(rows - rows[0], columns - columns[0])
    ]


def _pasted(part: Plane, corner: tuple[int, int], size: tuple[int, ...]) -> Plane:
    """Zeros of a size with a part at its place, as far as it lies inside."""
    whole = np.zeros(size, np.float32)
    left, top = max(0, corner[0]), max(0, corner[1])
    shown = part[top - corner[1] :, left - corner[0] :][: size[0] - top, : size[1] - left]
    if shown.size:
        whole[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return whole


# Colours


def _colours(picture: Picture, mask: Mask) -> Plane:
    """How often each of 512 colours comes under the mask; sums to 1."""
    counts = cv2.calcHist(
        [picture], [0, 1, 2], mask.astype(np.uint8), [8, 8, 8], [0, 256, 0, 256, 0, 256]
    )
    smooth = cv2.GaussianBlur(counts.reshape(8, 64), (3, 3), 0)
    return np.asarray(smooth / max(float(smooth.sum()), 1e-6), np.float32)


def _alike(one: Plane, other: Plane) -> float:
    """Bhattacharyya coefficient: 1 for the same colours, 0 for none in common."""
    return min(1.0, float(np.sqrt(one * other).sum()))
