"""Below the canvas: the decode steps, the transport and the timeline."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.requests import GenerationStepped
from core.window import Window
from studio.observable import bind, watch
from studio.state.studio import Studio
from studio.widgets.step_strip import StepStrip
from studio.widgets.timeline import Timeline
from studio.widgets.transport import Transport


class TimelinePanel(QWidget):
    """Attributes:
    strip, transport, timeline: from top to bottom; the strip is there when there are steps.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.strip, self.transport, self.timeline = StepStrip(), Transport(), Timeline()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.strip, self.transport, self.timeline):
            column.addWidget(part)
        self._shown: tuple[GenerationStepped, ...] = ()
        self._bind_transport()
        self._bind_timeline()
        self._bind_strip()

    def _bind_transport(self) -> None:
        playback, transport = self._studio.playback, self.transport
        watch(playback, "length rate", self._show_length)
        bind(playback, "position", transport.setPosition)
        bind(playback, "playing", transport.setPlaying)
        bind(playback, "loop", transport.setLoop, transport.loopToggled)
        transport.firstRequested.connect(lambda: playback.go(playback.first))
        transport.lastRequested.connect(lambda: playback.go(playback.last))
        transport.stepRequested.connect(playback.step)
        transport.playToggled.connect(lambda _playing: playback.toggle())
        transport.inRequested.connect(playback.mark_in)
        transport.outRequested.connect(playback.mark_out)

    def _bind_timeline(self) -> None:
        studio, timeline = self._studio, self.timeline
        bind(studio.playback, "position", timeline.setPosition)
        bind(studio.playback, "length", timeline.setReach)
        watch(studio.playback, "in_mark out_mark length", self._show_marks)
        watch(studio.masks, "track", self._show_keyframes)
        bind(studio.framing, "window", self._show_range)
        watch(studio.recipe, "bundle task length overlap", self._show_covered)
        watch(studio.result, "clips last", self._show_result)
        studio.session.changed("clip").connect(lambda _clip: self._show_clip())
        timeline.positionRequested.connect(studio.playback.go)
        timeline.marksEdited.connect(studio.playback.mark)
        timeline.thumbnailsWanted.connect(studio.thumbnails.want)
        studio.thumbnails.arrived.connect(timeline.setThumbnail)
        studio.thumbnails.stale.connect(timeline.refresh)

    def _bind_strip(self) -> None:
        generation = self._studio.generation
        watch(generation, "started steps request", self._show_steps)
        watch(self._studio.result, "variation", self._show_steps_again)
        watch(generation, "steps chosen", self._show_current)
        self.strip.stepChosen.connect(self._look_at)

    def _show_length(self) -> None:
        playback = self._studio.playback
        self.transport.setLength(playback.length, playback.rate)

    def _show_clip(self) -> None:
        """Another clip: all that the timeline shows belongs to the one before."""
        clip, playback = self._studio.session.clip, self._studio.playback
        if clip is not None:
            self.timeline.setLength(len(clip), clip.rate)
        self.timeline.setPosition(playback.position)
        self._show_marks()
        self._show_keyframes()
        self._show_covered()
        self._show_result()

    def _show_marks(self) -> None:
        self.timeline.setMarks(self._studio.playback.first, self._studio.playback.last)
        self._show_covered()

    def _show_covered(self) -> None:
        self._show_range(self._studio.framing.window)

    def _show_keyframes(self) -> None:
        track = self._studio.masks.track
        self.timeline.setKeyframes(track.keyframes.keys() if track else ())

    def _show_range(self, window: Window | None) -> None:
        if window is None:
            self.timeline.clearRange()
        else:
            covered = self._studio.framing.covered
            self.timeline.setRange(covered.start, covered.stop - 1)

    def _show_result(self) -> None:
        result = self._studio.result
        span = (result.frames.start, result.frames.stop - 1) if result.frames else None
        self.timeline.setResult(span, len(result.decided))

    def _show_steps_again(self) -> None:
        self._shown = ()
        self._show_steps()
        self._show_current()

    def _show_steps(self) -> None:
        """Bring the strip in line with the steps: what is new is added, what is gone is let go."""
        generation, stage = self._studio.generation, self._studio.stage
        self.strip.setVisible(generation.request is not None)
        if not set(self._shown) & set(generation.steps):
            # A token is no step to look back at: there are too many of them for a place each.
            self.strip.clear(generation.total if generation.unit == "step" else 0)
            self._shown = ()
        self.strip.keepSteps(step.step for step in generation.steps)
        shown = set(self._shown)
        for index, step in enumerate(generation.steps):
            if step not in shown:
                picture = self._studio.result.step_picture(index, stage.original, stage.number)
                self.strip.addStep(step.step, picture, 1 - float(step.masked.mean()))
        self._shown = generation.steps

    def _show_current(self) -> None:
        generation = self._studio.generation
        at = generation.looked_at
        self.strip.setCurrent(generation.steps[at].step if at >= 0 else -1)

    def _look_at(self, number: int) -> None:
        """Look at the step of a number."""
        numbers = [step.step for step in self._studio.generation.steps]
        self._studio.generation.look_at(numbers.index(number))
