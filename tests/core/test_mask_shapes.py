"""Shapes and edits of one mask."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core import mask_shapes as shapes

SIZE = (40, 30)
MASKS = st_numpy.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))
POINTS = st.tuples(st.floats(-10, 50), st.floats(-10, 40))
PIXELS = st.integers(0, 6)


def disc(radius: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    ys, xs = np.mgrid[: size[1], : size[0]]
    return (xs - size[0] / 2) ** 2 + (ys - size[1] / 2) ** 2 <= radius**2


def test_rectangle_holds_the_pixels_between_its_corners() -> None:
    mask = shapes.rectangle(SIZE, (12.0, 20.0), (3.0, 5.0))

    assert mask[5:20, 3:12].all()
    assert mask.sum() == 15 * 9


@given(POINTS, POINTS)
def test_shapes_between_two_corners_do_not_depend_on_their_order(
    corner: tuple[float, float], opposite: tuple[float, float]
) -> None:
    for shape in (shapes.rectangle, shapes.ellipse):
        assert np.array_equal(shape(SIZE, corner, opposite), shape(SIZE, opposite, corner))


@given(POINTS, POINTS)
def test_ellipse_lies_in_its_rectangle(
    corner: tuple[float, float], opposite: tuple[float, float]
) -> None:
    outside = ~shapes.rectangle(SIZE, corner, opposite)

    assert not (shapes.ellipse(SIZE, corner, opposite) & outside).any()


def test_ellipse_has_its_area() -> None:
    assert shapes.ellipse((200, 100), (10, 10), (190, 90)).sum() == pytest.approx(
        np.pi * 90 * 40, rel=0.01
    )


def test_polygon_holds_what_its_outline_encloses() -> None:
    mask = shapes.polygon(SIZE, [(5, 5), (25, 5), (25, 20), (5, 20)])

    assert mask[5:20, 5:25].all()
    assert not mask[21:].any()
    assert not mask[:, 26:].any()


@given(st.lists(POINTS, max_size=6))
def test_polygon_of_any_points_is_of_the_picture_s_size(points: list[tuple[float, float]]) -> None:
    mask = shapes.polygon(SIZE, points)

    assert mask.shape == (30, 40)
    assert mask.dtype == np.bool_
    assert len(points) > 2 or not mask.any()


@given(MASKS, PIXELS)
def test_growing_and_shrinking_are_each_other_s_inverse_of_the_inverse(
    mask: np.ndarray, pixels: int
) -> None:
    assert np.array_equal(shapes.grown(~mask, -pixels), ~shapes.grown(mask, pixels))


@given(MASKS, PIXELS, PIXELS)
def test_more_pixels_give_a_larger_mask(mask: np.ndarray, one: int, more: int) -> None:
    less, larger = shapes.grown(mask, one), shapes.grown(mask, one + more)

    assert not (mask & ~less).any()
    assert not (less & ~larger).any()


def test_disc_grows_to_a_larger_disc() -> None:
    assert shapes.grown(disc(6), 4).sum() == pytest.approx(disc(10).sum(), rel=0.08)
    assert np.array_equal(shapes.grown(disc(6), 0), disc(6))


def test_region_at_the_picture_s_border_stays_there_when_it_shrinks() -> None:
    mask = np.zeros((20, 20), bool)
    mask[:10] = True

    assert np.array_equal(np.flatnonzero(shapes.grown(mask, -3).all(1)), np.arange(7))


def test_smoothing_takes_what_is_thin() -> None:
    mask = disc(9)
    mask[15, :] = True

    smooth = shapes.smoothed(mask, 2)

    assert not smooth[15, 1]
    assert smooth.sum() == pytest.approx(disc(9).sum(), rel=0.1)


@given(MASKS)
def test_filling_holes_leaves_what_is_open_to_the_border(mask: np.ndarray) -> None:
    filled = shapes.without_holes(mask)

    assert not (mask & ~filled).any()
    assert np.array_equal(filled[0], mask[0])
    assert np.array_equal(shapes.without_holes(filled), filled)


def test_pouring_fills_what_is_enclosed_and_nothing_else() -> None:
    ring = disc(9) & ~disc(6)

    assert np.array_equal(shapes.poured(ring, (20.5, 15.5)), disc(9))
    assert not shapes.poured(disc(9), (20.5, 15.5), painted=False).any()


@given(MASKS, POINTS, st.booleans())
def test_pouring_changes_one_way_only(
    mask: np.ndarray, point: tuple[float, float], painted: bool
) -> None:
    poured = shapes.poured(mask, point, painted=painted)

    assert not (poured ^ mask)[mask == painted].any()


def picture_of(mask: np.ndarray) -> np.ndarray:
    """A red thing on a grey ground, with noise."""
    rng = np.random.default_rng(3)
    colours = np.where(mask[..., None], (200, 60, 40), (110, 112, 115))
    return np.clip(colours + rng.normal(0, 6, colours.shape), 0, 255).astype(np.uint8)


def test_wand_takes_the_colour_at_the_point() -> None:
    mask = disc(9)
    picture = np.where(mask[..., None], np.uint8(200), np.uint8(20)).repeat(3, 2)

    assert np.array_equal(shapes.wand(picture, (20, 15), 10), mask)
    assert np.array_equal(shapes.wand(picture, (1, 1), 10), ~mask)
    assert shapes.wand(picture, (20, 15), 200).all()


def test_wand_takes_what_is_connected_or_all_of_the_colour() -> None:
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, 3:8] = picture[:, 20:25] = 150

    near = shapes.wand(picture, (4, 4), 5)
    everywhere = shapes.wand(picture, (4, 4), 5, contiguous=False)

    assert np.array_equal(np.flatnonzero(near.all(0)), np.arange(3, 8))
    assert everywhere.sum() == 2 * near.sum()


@given(st.integers(0, 100), st.integers(0, 100))
def test_more_tolerance_selects_no_less(tolerance: int, more: int) -> None:
    picture = picture_of(disc(9))

    less = shapes.wand(picture, (20, 15), tolerance)

    assert less[15, 20]
    assert not (less & ~shapes.wand(picture, (20, 15), tolerance + more)).any()


def test_scribble_selects_the_thing_that_it_lies_on() -> None:
    size = (160, 120)
    thing = disc(30, size)
    scribble = np.zeros(thing.shape, np.uint8)
    cv2.line(scribble, (65, 55), (95, 65), 1, 5)

    found = shapes.selected(picture_of(thing), scribble > 0)

    assert (found & thing).sum() / (found | thing).sum() > 0.9
    assert np.array_equal(found, shapes.selected(picture_of(thing), scribble > 0))


def test_nothing_is_selected_without_a_scribble() -> None:
    assert not shapes.selected(picture_of(disc(9)), np.zeros((30, 40), bool)).any()


@pytest.mark.parametrize("scribble", [np.ones((30, 40), bool), np.eye(30, 40, dtype=bool)])
def test_all_of_the_scribble_is_selected(scribble: np.ndarray) -> None:
    assert shapes.selected(picture_of(disc(9)), scribble)[scribble].all()
