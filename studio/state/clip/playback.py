"""Where the clip stands: position, play and loop, in and out marks."""

from __future__ import annotations

import math
from fractions import Fraction

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer

from studio.observable import Field, Observable


class Playback(Observable):
    """The position in the open clip, and the timer that moves it.

    Attributes:
        position: the frame that is shown.
        length: frames of the clip, and of a result that goes on after its end; 0 without a clip.
        rate: frames per second.
        playing, loop: whether the timer runs, and whether it starts again at the end.
        in_mark, out_mark: first and last frame of the chosen part, or None for the clip's ends.
        ready: the frames that can be played while later ones are still decoded: they play in a
            loop, or else playing waits at the last of them. None = all can.
    """

    position = Field(0)
    length = Field(0)
    rate = Field(Fraction(25))
    playing = Field(False)
    loop = Field(True)
    in_mark: Field[int | None] = Field(None)
    out_mark: Field[int | None] = Field(None)
    ready: Field[range | None] = Field(None)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = QElapsedTimer()
        self._started_at = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._play_on)

    def open(self, length: int, rate: Fraction) -> None:
        """Start over for another clip."""
        self.pause()
        self.in_mark = self.out_mark = None
        self.length, self.rate = length, rate
        self.position = 0

    def reach(self, length: int) -> None:
        """The same clip with a longer or shorter result in it."""
        self.length = length
        end = max(0, length - 1)
        if self.out_mark is not None and self.out_mark >= end:
            self.out_mark = None
        if self.in_mark is not None and self.in_mark > end:
            self.in_mark = None
        if self.position > end:
            self.go(end)

    @property
    def first(self) -> int:
        """First frame of the chosen part."""
        return self.in_mark or 0

    @property
    def last(self) -> int:
        """Last frame of the chosen part."""
        return self.out_mark if self.out_mark is not None else max(0, self.length - 1)

    def go(self, frame: int) -> None:
        """Show a frame; outside the clip, its nearest end."""
        self.position = min(max(0, frame), max(0, self.length - 1))
        self._mark_time()

    def go_to_end(self) -> None:
        self.go(self.length - 1)

    def step(self, count: int) -> None:
        self.pause()
        self.go(self.position + count)

    def toggle(self) -> None:
        self.pause() if self.playing else self.play()

    def play(self) -> None:
        if self.length < 2:
            return
        first, last = self._part
        if not first <= self.position < last:
            self.position = first
        self._mark_time()
        self.playing = True
        self._wait_for_next()

    def pause(self) -> None:
        self._timer.stop()
        self.playing = False

    def play_to(self, seconds: float) -> None:
        """Show the frame that is due `seconds` after playing began; late frames are left out."""
        first, last = self._part
        due = self._started_at + int(seconds * self.rate)
        if due <= last:
            self.position = due
        elif self.loop:
            self.go(first)
        elif self.ready is not None:
            self.go(last)  # and wait for the next one
        else:
            self.position = last
            self.pause()

    def _play_on(self) -> None:
        self.play_to(self._clock.nsecsElapsed() / 1e9)
        if self.playing:
            self._wait_for_next()

    def _wait_for_next(self) -> None:
        """Until the next frame is due: a frame that comes a little late delays no other."""
        due_s = (self.position + 1 - self._started_at) / self.rate
        self._timer.start(max(0, math.ceil(1000 * due_s - self._clock.nsecsElapsed() / 1e6)))

    @property
    def _part(self) -> tuple[int, int]:
        """First and last frame that are played."""
        if self.ready is None:
            return self.first, self.last
        first = max(self.first, self.ready.start)
        return first, max(first, min(self.last, self.ready.stop - 1))

    def mark(self, first: int | None, last: int | None) -> None:
        """Set both marks; marks in the wrong order or outside the clip are put right."""
        end = max(0, self.length - 1)
        first = None if first is None or first <= 0 else min(first, end)
        last = None if last is None or last >= end else max(last, 0)
        if first is not None and last is not None and first > last:
            first, last = last, first
        self.in_mark, self.out_mark = first, last

    def mark_in(self) -> None:
        """Begin the chosen part here; an out mark before it is dropped."""
        keep = self.out_mark is not None and self.out_mark >= self.position
        self.mark(self.position, self.out_mark if keep else None)

    def mark_out(self) -> None:
        """End the chosen part here; an in mark after it is dropped."""
        keep = self.in_mark is not None and self.in_mark <= self.position
        self.mark(self.in_mark if keep else None, self.position)

    def _mark_time(self) -> None:
        self._started_at = self.position
        self._clock.start()
