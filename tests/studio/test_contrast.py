"""All text that is drawn can be read: measured on the pixels of the window and its dialogs, in both
looks, and of what is written over pictures, whatever they show."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from studio import theme
from studio.settings import Look
from studio.widgets import comparison, film, readout
from studio.widgets.tile import Tile
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.panels.test_accessible import (
    OPENING,
    as_it_begins,
    opened_by,
    with_a_result,
    with_clips,
    with_queue,
    with_results,
)
from tests.studio.test_theme import LEAST, contrast
from tests.studio.window import opened, run

WITH_TEXT = (QLabel, QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)
BLACK, WHITE = QColor(0, 0, 0), QColor(255, 255, 255)
OVER_PICTURES = (
    (theme.ON_PICTURE, theme.UNDER_PICTURE),
    (theme.ON_PICTURE, comparison.GROUND),
    (theme.KEPT, film.LABEL_GROUND),
    (WHITE, readout.PLATE),
    (readout.HINT, readout.PLATE),
)
"""Text, and the ground that is laid between it and a picture."""


@pytest.fixture(autouse=True)
def _dark_again(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    theme.apply(qapp)


def over(upper: QColor, lower: QColor) -> QColor:
    """A colour, as far as it lets another one through."""
    share = upper.alphaF()
    parts = zip(upper.getRgb()[:3], lower.getRgb()[:3], strict=True)
    return QColor(*(round(share * one + (1 - share) * other) for one, other in parts))


@pytest.mark.parametrize(("text", "ground"), OVER_PICTURES)
@pytest.mark.parametrize("picture", [BLACK, WHITE, QColor(128, 128, 128)])
def test_text_over_any_picture_can_be_read(text: QColor, ground: QColor, picture: QColor) -> None:
    below = over(ground, picture)

    assert contrast(over(text, below), below) >= LEAST


def faint(top: QWidget) -> list[str]:
    """Texts of a window whose letters nowhere stand out enough from what is around them."""
    image = top.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    found = []
    for widget in top.findChildren(QWidget):
        if isinstance(widget, Tile):
            continue  # most of it is a picture; its colours are among those of test_theme.py
        if isinstance(widget, WITH_TEXT) and widget.isVisibleTo(top) and words_of(widget):
            place = QRect(widget.mapTo(top, widget.rect().topLeft()), widget.size())
            inside = place.intersected(image.rect())
            if inside.width() < 8 or inside.height() < 8:
                continue
            best = strongest(image.copy(inside))
            if best < LEAST:
                found.append(f"{type(widget).__name__} “{words_of(widget)}”: {best:.2f}")
    return found


def words_of(widget: QWidget) -> str:
    """What is written on it."""
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QLabel) and not widget.pixmap().isNull():
        return ""
    only_icon = Qt.ToolButtonStyle.ToolButtonIconOnly
    if isinstance(widget, QToolButton) and not widget.icon().isNull():
        return "" if widget.toolButtonStyle() == only_icon else widget.text()
    return widget.text().strip()


def strongest(part: QImage) -> float:
    """The contrast of the ground, which is most of it, and the pixel that differs most."""
    colours = Counter(part.pixel(x, y) for x in range(part.width()) for y in range(part.height()))
    ground = QColor(colours.most_common(1)[0][0])
    return max(contrast(QColor(colour), ground) for colour in colours)


@pytest.mark.parametrize("look", ["dark", "light"])
def test_all_text_of_the_window_and_its_dialogs_can_be_read(tmp_path: Path, look: Look) -> None:
    clip = write_numbered(tmp_path / "clip.mkv")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            window.actions_[f"look_{look}"].trigger()
            for state in (with_clips, with_a_result, with_results, with_queue, as_it_begins):
                await state(window)
                await asyncio.sleep(0)
                assert faint(window) == [], state
            for row in OPENING:
                dialog = opened_by(window, row.name)
                if dialog is not None:
                    assert faint(dialog) == [], row.name
                    dialog.close()

    run(scenario())
