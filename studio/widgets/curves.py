"""Curves over steps, each plot below a line that reads it out: a training as it goes.

pyqtgraph takes a third of a second to load, so this module is imported when curves are first seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio import theme

Numbers = NDArray[np.float64]
_MOST_POINTS = 2000


@dataclass(frozen=True, eq=False)
class Curve:
    """Attributes:
    name: in the line above the plot.
    steps, values: of the points, float (n,).
    second: drawn in the second colour, with its points marked: few of them are measured.
    """

    name: str
    steps: Numbers
    values: Numbers
    second: bool = False


class CurvePlot(QWidget):
    """Attributes:
    plot: of pyqtgraph.
    readout: what the curves say at the step under the cursor, or at the last one.

    Args:
        title: what is drawn. written: a value in words.
    """

    def __init__(
        self,
        title: str,
        written: Callable[[float], str] = "{:.4g}".format,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title, self._written = QLabel(title), written
        self._curves: tuple[Curve, ...] = ()
        self._smoothing = 0.0
        self._at: float | None = None  # the step under the cursor
        self.plot = pg.PlotWidget(background=None)
        self._line = pg.InfiniteLine(angle=90)
        self.readout = QLabel()
        self._lay_out()
        self.plot.scene().sigMouseMoved.connect(self._hover)
        self._restyle()

    def setTitle(self, title: str) -> None:
        self._title.setText(title)
        self._say()

    def setCurves(self, curves: Sequence[Curve]) -> None:
        """Shows other curves, or more of them."""
        self._curves = tuple(curve for curve in curves if len(curve.steps))
        policy = Qt.FocusPolicy
        self.setFocusPolicy(policy.TabFocus if self._curves else policy.NoFocus)
        self._draw()

    def setSmoothing(self, smoothing: float) -> None:
        """0..1: how much of the points before a point has; what was measured is drawn faintly."""
        self._smoothing = smoothing
        self._draw()

    def setLogarithmic(self, logarithmic: bool) -> None:
        """Values on a logarithmic axis; those that are not above zero are left out."""
        self.plot.setLogMode(y=logarithmic)

    def points(self) -> int:
        """How many points are drawn."""
        return sum(len(curve.steps) for curve in self._curves)

    # Drawing

    def _lay_out(self) -> None:
        self._title.setProperty("role", "dim")
        self.readout.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        top = QHBoxLayout()
        top.addWidget(self._title)
        top.addWidget(self.readout, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.plot, 1)
        plot = self.plot
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        for part in (plot, plot.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setMinimumSize(80, 70)
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.getPlotItem().setClipToView(True)
        plot.getPlotItem().setContentsMargins(0, 4, 4, 0)
        self._line.hide()

    def _restyle(self) -> None:
        """The colours of the look in use."""
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.LINE))
            axis.setTextPen(pg.mkPen(theme.TEXT_DIM))
            axis.setTickFont(theme.font(theme.SMALL_PX))
            axis.setStyle(tickLength=-4, maxTickLevel=0)
        self.plot.getAxis("left").setWidth(46)
        self.plot.showGrid(x=False, y=True, alpha=0.15)
        self._line.setPen(pg.mkPen(theme.TEXT_OFF, style=Qt.PenStyle.DashLine))
        self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        thin, thick = (width * self.devicePixelRatioF() for width in (1, 2))
        for curve in self._curves:
            colour = QColor(_colour(curve))
            faint = QColor(colour)
            faint.setAlpha(70)
            if self._smoothing and not curve.second:
                self._add(curve.steps, curve.values, pg.mkPen(faint, width=thin))
                smooth = smoothed(curve.values, self._smoothing)
                self._add(curve.steps, smooth, pg.mkPen(colour, width=thick))
            else:
                marked = curve.second or len(curve.steps) == 1
                self._add(curve.steps, curve.values, pg.mkPen(colour, width=thick), marked)
        self.plot.addItem(self._line, ignoreBounds=True)
        self._say()

    def _add(self, steps: Numbers, values: Numbers, pen: object, marked: bool = False) -> None:
        every = max(len(steps) // _MOST_POINTS, 1)
        symbol = {"symbol": "o", "symbolSize": 5, "symbolPen": None} if marked else {}
        brush = {"symbolBrush": pen.color()} if marked else {}  # type: ignore[attr-defined]
        self.plot.plot(steps[::every], values[::every], pen=pen, antialias=True, **symbol, **brush)

    # Reading out

    def _hover(self, place: QPointF) -> None:
        inside = self.plot.getPlotItem().vb.sceneBoundingRect().contains(place)
        if not inside or not self._curves:
            self._leave()
            return
        step = self.plot.getPlotItem().vb.mapSceneToView(place).x()
        self._read(int(np.abs(self._steps - step).argmin()))

    @property
    def _steps(self) -> Numbers:
        """Of the curve with the most points."""
        return max((curve.steps for curve in self._curves), key=len)

    def _read(self, number: int) -> None:
        """Reads the curves out at one of the steps."""
        steps = self._steps
        self._at = float(steps[min(max(number, 0), len(steps) - 1)])
        self._line.setPos(self._at)
        self._line.show()
        self._say()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys, Home and End go from step to step."""
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if not self._curves:
            super().keyPressEvent(event)
            return
        last = len(self._steps) - 1
        now = last if self._at is None else int(np.abs(self._steps - self._at).argmin())
        if event.key() in ways:
            self._read(now + ways[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._read(0 if event.key() == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._curves:
            self._read(len(self._steps) - 1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._leave()

    def _leave(self) -> None:
        self._at = None
        self._line.hide()
        self._say()

    def _say(self) -> None:
        """What the curves say at the step under the cursor, or at the last one."""
        step = self._at
        words = [] if step is None else [f"step {step:,.0f}"]
        spoken = list(words)
        for curve in self._curves:
            nearest = -1 if step is None else int(np.abs(curve.steps - step).argmin())
            value = self._written(float(curve.values[nearest]))
            colour = _colour(curve).name()
            words.append(f"<span style='color:{colour}'>{curve.name}</span> {value}")
            spoken.append(f"{curve.name} {value}")
        self.readout.setText("&nbsp;&nbsp; ".join(words))
        self.setAccessibleName(f"{self._title.text()}: {', '.join(spoken) or 'nothing yet'}")
        self.setAccessibleDescription("A curve; arrow keys go from step to step.")

    def leaveEvent(self, event: QEvent) -> None:
        self._leave()
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle()


def smoothed(values: Numbers, smoothing: float) -> Numbers:
    """A moving average that forgets; its first values are not drawn to zero."""
    result, total, weight = np.empty_like(values), 0.0, 0.0
    for place, value in enumerate(values):
        total = smoothing * total + (1 - smoothing) * value
        weight = smoothing * weight + (1 - smoothing)
        result[place] = total / weight
    return result


def _colour(curve: Curve) -> QColor:
    return theme.WARNING if curve.second else theme.ACCENT
