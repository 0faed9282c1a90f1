"""Over the canvas while one draws by keyboard: where the cursor is, and what the keys do."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio import theme
from studio.observable import watch
from studio.state.tools import Tool, Tools
from studio.widgets.clip_view import ClipView

SPACE: dict[Tool, str] = {
    "brush": "Space paints while it is held",
    "eraser": "Space wipes out while it is held",
    "rectangle": "hold Space from corner to corner",
    "ellipse": "hold Space from corner to corner",
    "lasso": "hold Space and go around it",
    "polygon": "Space sets a corner, Enter closes it in the end",
    "wand": "Space takes the colour; arrows while it is held take more or less",
    "fill": "Space fills the outline around the cursor",
    "select": "hold Space and scribble over a thing",
    "pan": "hold Space to move the picture",
    "window": "hold Space inside to move the window, on a corner to resize it",
    "repaint": "Space marks tokens to be decided again while it is held",
    "pin": "Space pins tokens while it is held",
}
"""What Space does with each tool."""
KEYS = "Arrows move, with Ctrl by one pixel  ·  {}  ·  Enter holds Space  ·  Esc ends"


class KeyBar(QFrame):
    """Attributes:
    words: what the keys do with the tool in hand. place: where the cursor is.
    """

    def __init__(self, tools: Tools, view: ClipView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self.setProperty("floating", True)
        self.words, self.place = QLabel(), QLabel()
        self.words.setProperty("role", "small")
        self.place.setFont(theme.font(theme.FONT_PX, tabular=True))
        self.place.setAccessibleName("Place of the cursor")
        title = QLabel("Drawing by keyboard")
        title.setFont(theme.font(theme.FONT_PX, bold=True))
        first = QHBoxLayout()
        first.addWidget(title)
        first.addStretch(1)
        first.addWidget(self.place)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP_PX, 5, theme.GAP_PX, 6)
        column.setSpacing(2)
        column.addLayout(first)
        column.addWidget(self.words)
        view.announced.connect(self.place.setText)
        view.hovered.connect(self._show_place)
        watch(tools, "tool by_keyboard", self._show)

    def _show(self) -> None:
        self.words.setText(KEYS.format(SPACE[self._tools.tool]))
        self.setVisible(self._tools.by_keyboard)

    def _show_place(self, x: int, y: int) -> None:
        if x >= 0:
            self.place.setText(f"{x}, {y}")
