"""The right side: what shall be generated, and how the generation goes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from studio.panels.job import JobPanel
from studio.panels.recipe import RecipePanel
from studio.panels.window_actions import Actions
from studio.state.studio import Studio

WIDTH = 316


class Inspector(QWidget):
    """Attributes:
    recipe: the choices, which scroll; job: buttons and progress, always in view.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.recipe = RecipePanel(studio, actions)
        self.job: JobPanel = JobPanel(studio, actions)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls along
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.recipe)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addWidget(self.job)
