"""Below the canvas: the decode steps, the transport, the timeline and the lane of the masks."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from core.masks import Kind, MaskTrack, Span
from core.requests import GenerationStepped
from core.window import Window
from studio.observable import bind, watch
from studio.panels.window_actions import Actions, button_tooltip
from studio.state.studio import Studio
from studio.widgets.mask_lane import MaskLane, MaskSpans
from studio.widgets.step_strip import StepStrip
from studio.widgets.timeline import Timeline
from studio.widgets.transport import Transport


class TimelinePanel(QWidget):
    """Attributes:
    strip, transport, timeline, lane: from top to bottom; the strip is there when there are steps.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._actions = studio, actions
        self.strip, self.transport, self.timeline = StepStrip(), Transport(), Timeline()
        self.lane = MaskLane()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.strip, self.transport, self.timeline, self.lane):
            column.addWidget(part)
        self._shown: tuple[GenerationStepped, ...] = ()
        self._bind_transport()
        self._bind_timeline()
        self._bind_lane()
        self._bind_strip()

    def _bind_transport(self) -> None:
        playback, transport = self._studio.playback, self.transport
        watch(playback, "length rate", self._show_length)
        bind(playback, "position", transport.setPosition)
        bind(playback, "playing", transport.setPlaying)
        bind(playback, "loop", transport.setLoop, transport.loopToggled)
        for button, action in (
            (transport.mark_in, "mark_in"),
            (transport.mark_out, "mark_out"),
            (transport.first, "first"),
            (transport.back, "back"),
            (transport.play, "play"),
            (transport.on, "on"),
            (transport.last, "last"),
            (transport.loop, "loop"),
        ):
            button_tooltip(button, self._actions[action])
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
        bind(studio.framing, "window", self._show_range)
        watch(studio.recipe, "bundle task length overlap", self._show_covered)
        watch(studio.result, "clips last", self._show_result)
        studio.session.changed("clip").connect(lambda _clip: self._show_clip())
        timeline.positionRequested.connect(studio.playback.go)
        timeline.marksEdited.connect(studio.playback.mark)
        timeline.thumbnailsWanted.connect(studio.thumbnails.want)
        studio.thumbnails.arrived.connect(timeline.setThumbnail)
        studio.thumbnails.stale.connect(timeline.refresh)

    def _bind_lane(self) -> None:
        studio, lane = self._studio, self.lane
        bind(studio.playback, "position", lane.setPosition)
        bind(studio.playback, "length", lane.setReach)
        watch(studio.masks, "track", self._show_masks)
        lane.positionRequested.connect(studio.playback.go)
        lane.keyMoved.connect(studio.masks.move_key)
        lane.keyRemoved.connect(studio.masks.remove_key)
        lane.menuRequested.connect(self._show_menu)

    def _bind_strip(self) -> None:
        generation = self._studio.generation
        watch(generation, "started steps request", self._show_steps)
        watch(self._studio.result, "variation", self._show_steps_again)
        watch(generation, "steps chosen", self._show_current)
        watch(generation, "marks", self._show_marked)
        self.strip.stepChosen.connect(self._look_at)
        self.strip.menuRequested.connect(self._show_step_menu)

    def _show_length(self) -> None:
        playback = self._studio.playback
        self.transport.setLength(playback.length, playback.rate)

    def _show_clip(self) -> None:
        """Another clip: all that the timeline shows belongs to the one before."""
        clip, playback = self._studio.session.clip, self._studio.playback
        if clip is not None:
            self.timeline.setLength(len(clip), clip.rate)
            self.lane.setLength(len(clip))
        self.timeline.setPosition(playback.position)
        self._show_marks()
        self._show_masks()
        self._show_covered()
        self._show_result()

    def _show_marks(self) -> None:
        self.timeline.setMarks(self._studio.playback.first, self._studio.playback.last)
        self._show_covered()

    def _show_covered(self) -> None:
        self._show_range(self._studio.framing.window)

    def _show_masks(self) -> None:
        track = self._studio.masks.track
        self.lane.setSpans(MaskSpans() if track is None else _spans(track))

    def _show_menu(self, frame: int, place: QPoint) -> None:
        """What can be done with the masks at a frame; it is gone to first."""
        track = self._studio.masks.track
        if track is None or not track.keyframes:
            return
        self._studio.playback.go(frame)
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._add_kinds(menu, track.span_of(frame))
        menu.addSeparator()
        names = ("track_forward", "track_backward", "track_both", "track_stop", "", "set_key")
        for name in (*names, "remove_key", "clear_frame"):
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
        menu.popup(place)

    def _add_kinds(self, menu: QMenu, span: Span) -> None:
        """The kinds of a span, of which one is chosen."""
        if span.before is None:
            kinds: dict[Kind, str] = {"hold": "Hold back to the start", "track": "Track backward"}
        else:
            kinds = {"hold": "Hold from here", "interpolate": "Change into the next key frame",
                     "track": "Track from here"}  # fmt: skip
        group = QActionGroup(menu)
        for kind, words in kinds.items():
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(span.kind == kind)
            action.setActionGroup(group)
            choose = partial(self._studio.tracking.of_kind, span, kind)
            action.triggered.connect(lambda _checked, choose=choose: choose())

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
            self.strip.clear(self._places(), generation.unit)
            self._shown = ()
        self.strip.keepSteps(step.step for step in generation.steps)
        shown = set(self._shown)
        for index, step in enumerate(generation.steps):
            if step not in shown:
                picture = self._studio.result.step_picture(index, stage.original, stage.number)
                self.strip.addStep(step.step, picture, 1 - float(step.masked.mean()))
        self._shown = generation.steps

    def _places(self) -> range:
        """Steps that have a place before they are there: not those before a branch, and no tokens,
        as there are too many of them."""
        generation = self._studio.generation
        steps, total, request = generation.steps, generation.total, generation.request
        if generation.unit == "token" or (not steps and request and request.branch):
            return range(0)
        return range(steps[0].step if steps else 0, total)

    def _show_current(self) -> None:
        generation = self._studio.generation
        at = generation.looked_at
        self.strip.setCurrent(generation.steps[at].step if at >= 0 else -1)

    def _show_marked(self) -> None:
        self.strip.setMarked(self._studio.token_marks.marked_steps)

    def _show_step_menu(self, number: int, place: QPoint) -> None:
        """What can be done from a step; it is gone to first."""
        self._look_at(number)
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for name in ("branch", "continue", "repaint_tokens", "unmark_tokens", "compare_step"):
            menu.addAction(self._actions[name])
        menu.popup(place)

    def _look_at(self, number: int) -> None:
        """Look at the step of a number."""
        numbers = [step.step for step in self._studio.generation.steps]
        self._studio.generation.look_at(numbers.index(number))


def _spans(track: MaskTrack) -> MaskSpans:
    empty = [key for key, runs in track.keyframes.items() if runs.empty]
    trust = {frame: found.confidence for frame, found in track.tracked.items()}
    return MaskSpans(tuple(track.keyframes), empty, track.spans, trust)
