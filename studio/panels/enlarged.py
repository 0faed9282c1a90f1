"""A result large over the window: it plays, and the arrow keys go to the next one."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio import theme
from studio.observable import watch
from studio.panels.take_words import label_of, pace_of, title_of, when
from studio.panels.window_actions import Actions, tool_button
from studio.state.studio import Studio
from studio.state.takes.gallery import Pick
from studio.widgets.film_player import FilmPlayer

_SHARE = 0.8
"""Of the window's sides."""
_BUTTONS = ("result_star", "result_show", "result_settings")


class EnlargedResult(QDialog):
    """Shows the result that is chosen in the gallery, and follows when another is.

    Attributes:
        player: the moving picture. title, details: what it is.
    """

    def __init__(self, studio: Studio, actions: Actions, gallery: QWidget, parent: QWidget) -> None:
        """`gallery` is given the keys that go from result to result."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlags(Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle("Result")
        self._studio, self._gallery, self._actions = studio, gallery, actions
        self._shown: Pick | None = None
        self.player, self.title, self.details = FilmPlayer(), QLabel(), QLabel()
        self._lay_out(actions)
        self._stand_over(parent)
        watch(studio.gallery, "chosen", self._show)

    def _lay_out(self, actions: Actions) -> None:
        self.title.setFont(theme.font(14, bold=True))
        self.details.setProperty("role", "dim")
        for label in (self.title, self.details):
            label.setTextFormat(Qt.TextFormat.PlainText)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.details)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 8, 10)
        row.addLayout(words, 1)
        for name in _BUTTONS:
            button = tool_button(actions[name])
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        frame = QFrame()
        frame.setProperty("overlay", True)
        column = QVBoxLayout(frame)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.player, 1)
        column.addLayout(row)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        actions["result_show"].triggered.connect(self.close)
        actions["result_settings"].triggered.connect(self.close)

    def _stand_over(self, window: QWidget) -> None:
        size = QSize(round(window.width() * _SHARE), round(window.height() * _SHARE))
        self.resize(size)
        place = window.rect()
        place.setSize(size)
        place.moveCenter(window.rect().center())
        self.move(window.mapToGlobal(place.topLeft()))

    def _show(self) -> None:
        pick = self._studio.gallery.current
        if pick is None or pick == self._shown:
            return
        self._shown = pick
        card, count = pick.entry.card, pick.entry.card.request.count
        variation = f"Variation {pick.variation + 1} of {count}" if count > 1 else ""
        seed = f"seed {card.request.seed + pick.variation}"
        state = label_of(pick.entry, pictured=True)
        parts = (variation, state, card.model, seed, *pace_of(card), card.clip, when(card.made))
        self.title.setText(title_of(card))
        self.details.setText("  ·  ".join(filter(None, parts)))
        film = self._studio.results.film(pick)
        if film is None:
            self.player.show_picture(None, "There is no picture yet.")
        else:
            self.player.play(film)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            self.close()
        else:
            QCoreApplication.sendEvent(self._gallery, event)
