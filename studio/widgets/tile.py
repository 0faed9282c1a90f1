"""A large button with a picture, a title and a line of words: upright, or as a row."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio import theme

_PAD = 8
_UPRIGHT, _ROW = QSize(186, 106), QSize(72, 42)  # of the picture
_LINES = 2  # of words below an upright picture
_TOP = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft


class Tile(QAbstractButton):
    """A button that is a picture; disabled it is faint, and its tooltip says why.

    Args:
        row: the words stand beside the picture, in one line each, shortened in their middle.
    """

    def __init__(
        self, title: str, words: str, *, row: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._row, self._words = row, words
        self._picture: QPixmap | None = None
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        across = QSizePolicy.Policy.Expanding if row else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)

    def setPicture(self, picture: QPixmap | None) -> None:
        """What is seen; it is cut to the tile's shape, about its middle."""
        self._picture = picture
        self.update()

    def setWords(self, words: str) -> None:
        self._words = words
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        if self._row:
            return QSize(3 * _ROW.width(), _ROW.height() + 2 * _PAD)
        line = QFontMetrics(theme.font(theme.SMALL_PX)).lineSpacing()
        title = QFontMetrics(theme.font(theme.FONT_PX, bold=True)).lineSpacing()
        height = _UPRIGHT.height() + title + _LINES * line + 3 * _PAD
        return QSize(_UPRIGHT.width() + 2 * _PAD, height)

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        size = _ROW if self._row else _UPRIGHT
        place = QRect(_PAD, _PAD, size.width(), size.height())
        self._paint_picture(painter, place)
        if self._row:
            self._paint_line(painter, place.right() + 1 + _PAD)
        else:
            self._paint_below(painter, place.bottom() + 1 + _PAD)

    def _paint_ground(self, painter: QPainter) -> None:
        hovered = self.isEnabled() and self.underMouse()
        edge = theme.ACCENT if self.hasFocus() else theme.LINE
        painter.setPen(QPen(edge, 2 if self.hasFocus() else 1))
        painter.setBrush(theme.HOVER if hovered else theme.PANEL)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(whole, theme.RADIUS_PX, theme.RADIUS_PX)

    def _paint_picture(self, painter: QPainter, place: QRect) -> None:
        painter.fillRect(place, theme.CANVAS)
        if self._picture is None:
            return
        painter.setOpacity(1.0 if self.isEnabled() else 0.35)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, self._picture, _middle(self._picture.size(), place.size()))
        painter.setOpacity(1.0)

    def _paint_line(self, painter: QPainter, left: int) -> None:
        """Title and words beside the picture, each shortened to one line."""
        width, middle = self.width() - left - _PAD, self.height() // 2
        title, words = theme.font(theme.FONT_PX), theme.font(theme.SMALL_PX)
        for font, text, colour, top in (
            (title, self.text(), self._bright, middle - QFontMetrics(title).lineSpacing()),
            (words, self._words, self._dim, middle + 2),
        ):
            measure = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(colour)
            line = measure.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
            painter.drawText(QRect(left, top, width, measure.lineSpacing()), _TOP, line)

    def _paint_below(self, painter: QPainter, top: int) -> None:
        """Title and words below the picture; the words break."""
        width = self.width() - 2 * _PAD
        title = theme.font(theme.FONT_PX, bold=True)
        painter.setFont(title)
        painter.setPen(self._bright)
        line = QFontMetrics(title).lineSpacing()
        painter.drawText(QRect(_PAD, top, width, line), _TOP, self.text())
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(self._dim)
        below = QRect(_PAD, top + line + 1, width, self.height() - top - line)
        painter.drawText(below, _TOP | Qt.TextFlag.TextWordWrap, self._words)

    @property
    def _bright(self) -> QColor:
        return theme.TEXT if self.isEnabled() else theme.TEXT_OFF

    @property
    def _dim(self) -> QColor:
        return theme.TEXT_DIM if self.isEnabled() else theme.TEXT_OFF


def _middle(size: QSize, shape: QSize) -> QRect:
    """The largest part of a picture that has a shape, about its middle."""
    part = shape.scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
    corner = ((size.width() - part.width()) // 2, (size.height() - part.height()) // 2)
    return QRect(*corner, part.width(), part.height())
