"""Name and note of the result that is chosen, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio.observable import watch
from studio.panels.take_words import title_of
from studio.panels.window_actions import Actions, tool_button
from studio.state.studio import Studio
from studio.state.takes.entry import Entry

_BUTTONS = (
    "result_show", "result_settings", "result_compare", "result_refine", "result_export",
    "result_star", "result_delete",
)  # fmt: skip
_WRITTEN_AFTER_MS = 400
"""Words are kept when nothing was typed for so long."""


class ResultDetails(QFrame):
    """Attributes:
    name, note: what the user writes of the take; there when one is chosen.
    buttons: by the name of their action.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._entry: Entry | None = None
        self.several = QLabel()
        self.name, self.note = QLineEdit(), QPlainTextEdit()
        self.buttons = {name: tool_button(actions[name], 16) for name in _BUTTONS}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WRITTEN_AFTER_MS)
        self._timer.timeout.connect(self.keep)
        self._lay_out()
        self.name.textEdited.connect(lambda _text: self._timer.start())
        self.note.textChanged.connect(self._timer.start)
        watch(studio.gallery, "chosen", self._show_chosen)

    def keep(self) -> None:
        """Keep what was written."""
        self._timer.stop()
        entry = self._entry
        if entry is not None:
            entry.change(name=self.name.text().strip(), note=self.note.toPlainText().strip())

    def edit(self) -> None:
        """Let the user write."""
        self.name.setFocus()
        self.name.selectAll()

    def _lay_out(self) -> None:
        self.name.setAccessibleName("Name of the take")
        self.note.setAccessibleName("Note")
        self.note.setPlaceholderText("Note")
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(2 * self.note.fontMetrics().lineSpacing() + 14)
        self.several.setProperty("role", "dim")
        row = QHBoxLayout()
        row.setSpacing(1)
        for button in self.buttons.values():
            row.addWidget(button)
        row.insertStretch(len(self.buttons) - 1, 1)
        line = QFrame()
        line.setFixedHeight(1)
        line.setProperty("role", "line")
        inner = QVBoxLayout()
        inner.setContentsMargins(8, 8, 8, 8)
        inner.setSpacing(6)
        for part in (self.several, self.name, self.note):
            inner.addWidget(part)
        inner.addLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line)
        column.addLayout(inner)

    def _show_chosen(self) -> None:
        chosen = self._studio.gallery.chosen
        entries = {pick.entry for pick in chosen}
        entry = chosen[0].entry if len(entries) == 1 else None
        if entry is not self._entry:
            self.keep()
            self._entry = entry
            self._show_words()
        self.setVisible(bool(chosen))
        self.several.setVisible(len(chosen) > 1)
        self.several.setText(f"{len(chosen)} results are chosen")
        for part in (self.name, self.note):
            part.setVisible(entry is not None)

    def _show_words(self) -> None:
        entry = self._entry
        if entry is None:
            return
        self.name.setPlaceholderText(title_of(entry.card))
        self.name.setText(entry.card.name)
        blocked = self.note.blockSignals(True)
        self.note.setPlainText(entry.card.note)
        self.note.blockSignals(blocked)
