"""The veil lies exactly over the tokens that are missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage

from studio.widgets.clip_view import ClipView
from studio.widgets.veil import VeilPicture, places

WHITE = 255


@given(
    tokens=hnp.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    left=st.floats(-50, 50),
    width=st.floats(40, 400),
)
def test_places_cover_each_missing_token_once_and_no_other(
    tokens: np.ndarray, left: float, width: float
) -> None:
    height, columns = tokens.shape
    rect = QRectF(left, 3, width, 90)
    found = list(places(tokens, rect))

    for row, column in np.ndindex(tokens.shape):
        x = left + width * (column + 0.5) / columns
        y = 3 + 90 * (row + 0.5) / height
        assert sum(place.contains(x, y) for place in found) == int(tokens[row, column])


def test_raster_order_needs_three_places_at_most() -> None:
    undecided = np.arange(32 * 32).reshape(32, 32) >= 500

    assert len(list(places(undecided, QRectF(0, 0, 320, 320)))) <= 3


@pytest.fixture
def view(qtbot) -> ClipView:
    shown = ClipView()
    qtbot.addWidget(shown)
    shown.resize(500, 500)
    shown.setFrame(np.full((64, 64, 3), WHITE, np.uint8))
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def greys(view: ClipView) -> np.ndarray:
    """The red channel of what is seen of the picture."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    left, top, width, height = view.pictureRect().toRect().getRect()
    return pixels[top + 1 : top + height - 1, left + 1 : left + width - 1, 0].copy()


def test_missing_tokens_are_dark_and_the_others_untouched(view: ClipView) -> None:
    dark = np.array([[False, False], [False, True]])
    view.setVeil(VeilPicture(dark, np.zeros_like(dark)), QRect(0, 0, 64, 64))

    seen = greys(view)
    middle = len(seen) // 2

    assert (seen[: middle - 2] == WHITE).all()
    assert (seen[middle:, : middle - 2] == WHITE).all()
    assert (seen[middle + 2 :, middle + 2 :] < 120).all()


def test_undecided_tokens_are_hatched(view: ClipView) -> None:
    dark = np.array([[True, True], [True, True]])
    view.setVeil(VeilPicture(dark, np.array([[True, True], [False, False]])), QRect(0, 0, 64, 64))

    seen = greys(view)
    middle = len(seen) // 2

    assert len(np.unique(seen[: middle - 2])) > 1
    assert len(np.unique(seen[middle + 2 :])) == 1


def test_words_stand_on_a_frame_of_which_nothing_is_there(view: ClipView) -> None:
    nothing = np.ones((2, 2), np.bool_)
    some = np.array([[False, True], [True, True]])

    def brightest(missing: np.ndarray) -> int:
        """In the lower right of the picture's middle, where something is missing of both."""
        view.setVeil(VeilPicture(missing, missing), QRect(0, 0, 64, 64))
        seen = greys(view)
        middle = len(seen) // 2
        return int(seen[middle + 2 : middle + 8, middle + 2 : middle + 40].max())

    assert brightest(nothing) > 150 > brightest(some)


def test_no_veil_leaves_the_picture_alone(view: ClipView) -> None:
    view.setVeil(VeilPicture(np.ones((2, 2), bool), np.ones((2, 2), bool)), QRect(0, 0, 64, 64))

    view.setVeil(None)

    assert (greys(view) == WHITE).all()
