"""Samples of a training: the same conditions after more and more steps, beside the parent's."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from studio import theme
from studio.observable import watch
from studio.panels.recipe import heading, small_text
from studio.state.training.run_samples import RunSamples
from studio.widgets.clip_grid import ClipColumn, ClipGrid


class TrainingSamples(QWidget):
    """Attributes:
    grid: the clips. slider: which sample; step: after how many steps, in words.
    """

    def __init__(self, samples: RunSamples, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples = samples
        self.grid, self.slider, self.step = ClipGrid(), QSlider(Qt.Orientation.Horizontal), QLabel()
        self._empty = small_text()
        self._lay_out()
        self.slider.valueChanged.connect(samples.choose)
        watch(samples, "samples chosen", self._show_choice)
        watch(samples, "shown", self._show_clips)

    def _lay_out(self) -> None:
        self.slider.setAccessibleName("Sample after so many steps")
        self.slider.setToolTip("The same clips, as the model made them after fewer or more steps.")
        self.slider.setPageStep(1)
        self.step.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.step.setMinimumWidth(76)
        self.step.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._empty.setText(
            "Samples of the same clips come here: before the first step, and then as it learns."
        )
        along = QHBoxLayout()
        along.setSpacing(theme.GAP_PX)
        along.addWidget(self.slider, 1)
        along.addWidget(self.step)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(heading("The same conditions over time"))
        column.addLayout(along)
        column.addWidget(self._empty)
        column.addWidget(self.grid, 1)
        column.addStretch()

    def _show_choice(self) -> None:
        samples, chosen = self._samples.samples, self._samples.sample
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(len(samples) - 1, 0))
        self.slider.setValue(samples.index(chosen) if chosen else 0)
        self.slider.blockSignals(False)
        for part in (self.slider, self.step):
            part.setVisible(len(samples) > 1)
        self.step.setText(_words(chosen.step) if chosen else "")
        self._empty.setVisible(not samples)
        self.grid.setVisible(bool(samples))

    def _show_clips(self) -> None:
        shown = self._samples.shown
        ways = list(shown.ways.items()) if shown else []
        columns = [ClipColumn(name, clips, name == ways[-1][0]) for name, clips in ways]
        self.grid.setColumns(columns, shown.rate if shown else 1.0)


def _words(step: int) -> str:
    return f"step {step:,}" if step else "before"
