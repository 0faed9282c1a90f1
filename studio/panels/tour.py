"""The tour through the window: one stop after the other, as fast or slow as the user likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.observable import watch
from studio.tour import STOPS, Stop
from studio.widgets.coach_mark import Card, CoachMark

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


class Tour(QObject):
    """Attributes:
    number: of the stop that is shown, in `STOPS`. card: what is said there.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._mark = CoachMark(window)
        self.number = 0
        self._was_done = False
        card = self.card
        card.act.clicked.connect(self._act)
        card.on.clicked.connect(lambda: self.go(self.number + 1))
        card.back.clicked.connect(lambda: self.go(self.number - 1))
        card.leave.clicked.connect(self.end)
        card.left.connect(self.end)
        studio = window.studio
        watch(studio.session, "clip", self._note)
        watch(studio.masks, "track", self._note)
        watch(studio.generation, "phase steps chosen", self._note)
        watch(studio.playback, "playing", self._note)
        watch(studio.models, "decoders", self._note)
        watch(studio.recipe, "task", self._note)
        watch(studio.tools, "lens", self._note)
        watch(studio.comparing, "mode", self._note)
        self.go(0)

    @property
    def card(self) -> Card:
        return self._mark.card

    @property
    def stop(self) -> Stop:
        return STOPS[self.number]

    def go(self, number: int) -> None:
        """Show a stop; beyond the last one the tour is over."""
        if number >= len(STOPS):
            self.end()
            return
        self.number = max(0, number)
        stop, card, last = self.stop, self.card, self.number + 1 == len(STOPS)
        card.say(stop.title, stop.words, f"{self.number + 1} of {len(STOPS)}", stop.act)
        card.back.setVisible(self.number > 0)
        card.leave.setVisible(not last)
        card.on.setText("Finish" if last else "Next")
        self._was_done = stop.done(self._window)
        self._mark.show_at(*stop.where(self._window))
        self._prefer()

    def end(self) -> None:
        """Leave the window as it is; the tour is not offered again by itself."""
        self._window.studio.preferences.tour_taken = True
        self._window.tour = None
        self._mark.end()
        self._window.canvas.view.setFocus()
        self.deleteLater()

    def _act(self) -> None:
        self.stop.run(self._window)
        self._was_done = True
        self._prefer()

    def _note(self) -> None:
        """Once it is done, what comes next is to go on."""
        done = self._was_done or self.stop.done(self._window)
        if done != self._was_done or self.card.trouble.text() != self._obstacle:
            self._was_done = done
            self._prefer(focus=self.card.isAncestorOf(self._window.focusWidget()))

    @property
    def _obstacle(self) -> str:
        """Why the stop's button cannot be pressed, as far as that still matters."""
        return "" if self._was_done else self.stop.obstacle(self._window)

    def _prefer(self, *, focus: bool = True) -> None:
        """Offer what comes next; who is at work elsewhere in the window stays there."""
        card, obstacle = self.card, self._obstacle
        card.hinder(obstacle)
        self._mark.follow()
        on = self._was_done or obstacle or not self.stop.act
        card.prefer(card.on if on else card.act, focus=focus)
