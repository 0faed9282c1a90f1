"""How a training goes, as curves: losses, codebook usage, learning rate and memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QWidget

from core.runs.metrics import Line
from studio import theme
from studio.widgets.choice_box import ChoiceBox
from studio.widgets.curves import Curve, CurvePlot

HELD_OUT = "held_out_"
FIGURES = {
    "loss": "Loss",
    "l2": "Squared error",
    "reconstruction": "Reconstruction loss",
    "psnr": "PSNR in dB, higher is better",
    "accuracy": "Tokens guessed right",
    "bits_per_dimension": "Bits per dimension",
    "perplexity": "Codes that are in use, perplexity",
    "commitment": "Commitment loss",
    "gradient": "Norm of the gradient",
}
"""Figures that a training may report, the ones that say most first."""
HELD_OUT_OF = {"l2": "held_out_loss"}
"""Where what is measured on held-out clips has another name."""
USUAL_SMOOTHING = 60


class TrainingCurves(QWidget):
    """Attributes:
    phase, figure: the lists. logarithmic, smoothing: how the large plot is drawn.
    loss: the large plot; codes, rate, memory: the small ones.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.phase, self.figure = ChoiceBox("Part of the model"), ChoiceBox("Figure")
        self.logarithmic = QCheckBox("Log")
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.loss = CurvePlot("Loss")
        self.codes = CurvePlot("Codebook in use, %", "{:.0f} %".format)
        self.rate = CurvePlot("Learning rate", "{:.2g}".format)
        self.memory = CurvePlot("Memory, GB", "{:.2f} GB".format)
        self._lines: tuple[Line, ...] = ()
        self._phases: tuple[str, ...] = ()
        self._lay_out()
        self.phase.chosen.connect(lambda _name: self._show())
        self.figure.chosen.connect(lambda _name: self._show())
        self.logarithmic.toggled.connect(self.loss.setLogarithmic)
        self.smoothing.valueChanged.connect(lambda value: self.loss.setSmoothing(value / 100))
        self.smoothing.setValue(USUAL_SMOOTHING)

    def show_lines(self, phases: Sequence[str], lines: tuple[Line, ...]) -> None:
        """Shows what was reported; the phase that reported last, when another one begins."""
        before = {line.phase for line in self._lines[-1:]}
        self._lines = lines
        reported = {line.phase for line in lines}
        self._phases = tuple(name for name in phases if name in reported)
        newest = lines[-1].phase if lines else ""
        entries = {name: (name.capitalize(), "") for name in self._phases}
        fits = newest in before and self.phase.currentData() in entries
        self.phase.show_entries(entries, self.phase.name if fits else newest)
        self.phase.setVisible(len(self._phases) > 1)
        self._show()

    @property
    def chosen_phase(self) -> str:
        """The phase whose curves are shown, or ""."""
        return str(self.phase.currentData() or "")

    def _lay_out(self) -> None:
        self.logarithmic.setToolTip("A logarithmic axis: small changes late are seen as well.")
        self.smoothing.setRange(0, 98)
        self.smoothing.setFixedWidth(70)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip("How smooth the curve is; what was measured is drawn faintly.")
        smooth = QLabel("Smooth")
        smooth.setProperty("role", "dim")
        for choice in (self.phase, self.figure):
            choice.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToContents)
        top = QHBoxLayout()
        top.setSpacing(theme.GAP_PX)
        top.addWidget(self.phase)
        top.addWidget(self.figure)
        top.addStretch(1)
        top.addWidget(smooth)
        top.addWidget(self.smoothing)
        top.addWidget(self.logarithmic)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GAP_PX)
        grid.addLayout(top, 0, 0, 1, 2)
        grid.addWidget(self.loss, 1, 0, 1, 2)
        grid.addWidget(self.codes, 2, 0)
        grid.addWidget(self.rate, 2, 1)
        grid.addWidget(self.memory, 3, 0, 1, 2)
        grid.setRowStretch(1, 5)
        grid.setRowStretch(2, 3)
        grid.setRowStretch(3, 2)

    def _show(self) -> None:
        lines = [line for line in self._lines if line.phase == self.chosen_phase]
        told = {name for line in lines for name in line.figures}
        entries = {name: (text, "") for name, text in FIGURES.items() if name in told}
        chosen = self.figure.currentData()
        figure = str(chosen) if chosen in entries else next(iter(entries), "")
        self.figure.show_entries(entries, figure)
        self.figure.setVisible(bool(entries))
        self.loss.setTitle(FIGURES.get(figure, "Loss"))
        partner = HELD_OUT_OF.get(figure, HELD_OUT + figure)
        self.loss.setCurves(
            [_curve(lines, figure, "training"), _curve(lines, partner, "held out", second=True)]
        )
        self.codes.setCurves([_curve(lines, "codes", "", scale=100)])
        self.rate.setCurves([_curve(lines, "rate", "")])
        self.memory.setCurves([_curve(lines, "memory", "", scale=1e-9)])


def _curve(
    lines: list[Line], figure: str, name: str, *, second: bool = False, scale: float = 1.0
) -> Curve:
    points = [(line.step, line.figures[figure] * scale) for line in lines if figure in line.figures]
    steps, values = np.array(points, np.float64).reshape(-1, 2).T
    return Curve(name, steps, values, second)
