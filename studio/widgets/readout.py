"""A readout: numbers of a drag on a dark plate over the picture, with a hint below them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from studio import theme

PLATE, HINT = QColor(20, 20, 20, 225), QColor(255, 255, 255, 190)
_PAD_X, _PAD_Y, _GAP = 12.0, 8.0, 3.0


def paint_readout(painter: QPainter, lines: Sequence[str], middle: QPointF, view: QRectF) -> QRectF:
    """Draws lines, the first one larger, about a point of the view, moved inside of it.

    Returns:
        where the plate is, so that it can be drawn again.
    """
    fonts = [theme.font(15, tabular=True), *[theme.font(theme.SMALL_PX)] * (len(lines) - 1)]
    metrics = [QFontMetricsF(font) for font in fonts]
    width = max(m.horizontalAdvance(line) for m, line in zip(metrics, lines, strict=True))
    height = sum(m.height() for m in metrics) + _GAP * (len(lines) - 1)
    plate = QRectF(0, 0, width + 2 * _PAD_X, height + 2 * _PAD_Y)
    plate.moveCenter(middle)
    plate.moveLeft(min(max(plate.left(), view.left() + 4), view.right() - plate.width() - 4))
    plate.moveTop(min(max(plate.top(), view.top() + 4), view.bottom() - plate.height() - 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE)
    painter.drawRoundedRect(plate, 6, 6)
    top = plate.top() + _PAD_Y
    for number, (line, font, metric) in enumerate(zip(lines, fonts, metrics, strict=True)):
        painter.setFont(font)
        painter.setPen(HINT if number else theme.ON_PICTURE)
        row = QRectF(plate.left(), top, plate.width(), metric.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, line)
        top += metric.height() + _GAP
    return plate
