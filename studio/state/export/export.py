"""An export: its choice, how much it is, where it goes, and writing it in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.media.reading import open_clip
from core.media.writing import WRITERS
from studio.observable import Field, Observable, watch
from studio.samples import is_sample
from studio.state.clip.blank import BlankClip
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.export.export_choice import Choice, Preset, Presets
from studio.state.export.export_limits import ExportLimits, Span
from studio.state.export.export_order import Order, Pictures, written
from studio.state.export.export_pixels import ExportPixels
from studio.state.export.export_size import ExportSize
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.places import free_path, in_bytes, show_in_folder, videos_folder
from studio.state.takes.generation import Generation
from studio.state.takes.result import Result
from studio.state.takes.take import Runs

log = logging.getLogger(__name__)

_REPORT_EVERY_S = 0.03


class Export(Observable):
    """The choices of the export dialog, and the export that runs.

    Attributes:
        choice: how it is written.
        span: the whole clip, the part between the marks, or the part that is generated.
        presets: choices under names. limits: what stands in the way. size: how large it will be.
        running: whether an export is being written; `done` of `total` frames are; `eta` seconds
            are left, None while unknown.
        target: path of the export that runs or ran last.
        finished: path of the export that was written last; None as soon as anything is chosen.
        failure: why the last one was not written, or "".
        folder: where the last one went, or None.

    Signals:
        written: path of a finished export.
    """

    choice: Field[Choice] = Field(Choice())
    span: Field[Span] = Field("whole")
    running = Field(False)
    done = Field(0)
    total = Field(0)
    eta: Field[float | None] = Field(None)
    target: Field[Path | None] = Field(None)
    finished: Field[Path | None] = Field(None)
    failure = Field("")
    folder: Field[Path | None] = Field(None)
    written = Signal(object)
    _advanced = Signal(int, int)

    def __init__(
        self,
        engine: Runs,
        session: Session,
        playback: Playback,
        masks: Masks,
        generation: Generation,
        result: Result,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._playback, self._masks = session, playback, masks
        self._result, self._notices = result, notices
        self._pixels = ExportPixels(engine, generation, result)
        self.presets, self.size = Presets(self), ExportSize(self)
        self.limits = ExportLimits(session, playback, masks, result, self._pixels)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export")
        self._cancelled = threading.Event()
        self._job: asyncio.Task[None] | None = None
        self._begun: float | None = None  # when the first frame was begun
        self._waiting = False  # for the engine
        self._advanced.connect(self._advance)
        watch(self, "choice span", self._forget_last)

    # Choices

    @property
    def writer(self) -> str:
        """Name of the format; another one has its own options at their defaults."""
        return self.choice.writer

    @writer.setter
    def writer(self, name: str) -> None:
        self.choose(writer=name)

    def choose(self, **wishes: Any) -> None:
        """Choose other values of `Choice`."""
        self.choice = self.choice.changed(**wishes)

    def use(self, preset: Preset) -> None:
        """Write as a preset says; what is shown stays."""
        self.choice = self.choice.like(preset.choice)

    @property
    def obstacle(self) -> str:
        """Why nothing can be written now, or ""."""
        return self.limits.of(self.choice, self.picture_size)

    def warning_of(self, target: Path) -> str:
        """What should be known before writing to a path, or ""."""
        size, folder = self.size.size, target.parent
        free = shutil.disk_usage(folder).free if folder.is_dir() else None
        if free is not None and size is not None and size.least > free:
            return f"The disk has only {in_bytes(free)} left; the file will be larger."
        if self.choice.row.suffix and target.is_file():
            return f"“{target.name}” is there already and will be replaced."
        return ""

    # How much it is

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of what is written."""
        clip = self._session.clip
        return (0, 0) if clip is None else self.choice.shaped.sized(self._pictures.size)

    @property
    def frame_count(self) -> int:
        """Frames that are written."""
        clip = self._session.clip
        if clip is None:
            return 0
        return self.choice.shaped.counted(len(self._pictures), clip.rate)

    @property
    def rate(self) -> float:
        """Frames a second of what is written."""
        clip = self._session.clip
        return 0.0 if clip is None else float(self.choice.shaped.paced(clip.rate))

    @property
    def whole_length(self) -> int:
        """Frames of the whole clip, with those that a result has added so far."""
        clip = self._session.clip
        return 0 if clip is None else max(len(clip), self._result.decided.stop)

    def frames_of(self, span: Span) -> range:
        """The clip's frames of a span."""
        whole = range(self.whole_length)
        if span == "generated":
            return self._result.decided or whole
        if span == "marks" and whole:
            end = min(self._playback.last + 1, len(whole))
            return range(min(self._playback.first, end - 1), end)
        return whole

    def reckon(self) -> None:
        """Find out how large it will be."""
        clip = self._session.clip
        if clip is None or self.obstacle or self.running:
            self.size.forget()
        else:
            self.size.ask(self._order(Path()), clip)

    # Where it goes

    def suggested(self) -> Path:
        """A name after the clip's that no file has yet, where the last export went."""
        clip = self._session.clip
        stem = f"{clip.path.stem if clip else 'clip'}-maskreel"
        return free_path(self._place(), stem, self.choice.row.suffix)

    def with_suffix(self, path: Path) -> Path:
        """A path with the suffix of the chosen format instead of another format's."""
        suffixes = {row.suffix for row in WRITERS.values() if row.suffix}
        stem = path.with_suffix("") if path.suffix.lower() in suffixes else path
        return stem.with_name(stem.name + self.choice.row.suffix)

    def _place(self) -> Path:
        """The folder of the last export, else the clip's, else the user's own for videos."""
        clip = self._session.clip
        if self.folder is not None and self.folder.is_dir():
            return self.folder
        if clip is not None and not is_sample(clip.path) and not isinstance(clip, BlankClip):
            return clip.path.parent
        return videos_folder()

    # Writing

    def start(self, target: Path) -> None:
        """Write to `target`; a notice tells how it went."""
        order = self._order(target)
        self._cancelled.clear()
        self.size.forget()
        self.done, self.total, self.target = 0, self.frame_count, target
        self.eta = self.finished = self._begun = None
        self.failure = ""
        self.running = True
        self._job = asyncio.ensure_future(self._run(order))
        self._job.add_done_callback(self._note_end)

    def cancel(self) -> None:
        """Stop after the frame that is being written; nothing stays of the file."""
        self._cancelled.set()
        if self._job is not None and self._waiting:
            self._job.cancel()

    async def ended(self) -> None:
        """Returns when no export runs any more."""
        while self._job is not None:
            await asyncio.wait([self._job])

    def end(self) -> None:
        self.cancel()
        self.size.end()
        self._thread.shutdown()

    @property
    def _pictures(self) -> Pictures:
        """What would be written now."""
        clip = self._session.clip
        if clip is None:
            raise ValueError("no clip is open")
        return Pictures(self._order(Path()), clip)

    def _order(self, target: Path) -> Order:
        clip, span = self._session.clip, self.frames_of(self.span)
        if clip is None:
            raise ValueError("no clip is open")
        lapse = self.choice.content == "lapse"
        if lapse:
            span = _common(span, self._result.decided) or self._result.decided or span
        return Order(
            clip=(lambda: clip)
            if isinstance(clip, BlankClip)
            else partial(open_clip, clip.path, clip.margins),
            target=target,
            choice=self.choice,
            first=span.start,
            end=span.stop,
            request=self._result.request,
            generated=self._result.clips,
            variation=self._result.shown,
            replaced=self._result.decided,
            painted=self._masks.track,
            steps=self._pixels.steps() if lapse else (),
            position=self._playback.position,
        )

    async def _run(self, order: Order) -> None:
        name = order.target.name
        try:
            self._waiting = True
            order = await self._pixels.completed(order)
            self._waiting = False
            self._begun = time.perf_counter()
            loop = asyncio.get_running_loop()
            whole = await loop.run_in_executor(self._thread, self._write, order)
        except asyncio.CancelledError:  # by `cancel`, while the engine was waited for
            self._tell_stopped(name)
        except UserError as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("an export failed")
            self._fail(f"“{name}” could not be written: {error}.")
        else:
            self._tell(order.target) if whole else self._tell_stopped(name)

    def _note_end(self, _job: asyncio.Task[None]) -> None:
        self._job, self._waiting = None, False
        self.running, self.eta = False, None

    def _write(self, order: Order) -> bool:
        """In the export's thread: True when all is written, False when it was cancelled."""
        told = 0.0
        with closing(written(order)) as counts:
            for done, total in counts:
                if self._cancelled.is_set():
                    return False
                now = time.perf_counter()
                if now - told > _REPORT_EVERY_S or done == total:
                    self._advanced.emit(done, total)
                    told = now
        return True

    def _advance(self, done: int, total: int) -> None:
        if self._begun is not None:
            self.eta = (time.perf_counter() - self._begun) / done * (total - done)
        self.done, self.total = done, total

    def _tell(self, target: Path) -> None:
        show = partial(show_in_folder, target)
        self._notices.tell("info", f"Exported to {target}", "Show in folder", show)
        self.folder, self.finished = target.parent, target
        self.written.emit(target)

    def _tell_stopped(self, name: str) -> None:
        self._notices.tell("info", f"The export was stopped; “{name}” was not written.")

    def _fail(self, why: str) -> None:
        self._notices.tell("error", why)
        self.failure = why

    def _forget_last(self) -> None:
        self.finished, self.failure = None, ""
        self.size.forget()


def _common(one: range, other: range) -> range:
    start = max(one.start, other.start)
    return range(start, max(start, min(one.stop, other.stop)))
