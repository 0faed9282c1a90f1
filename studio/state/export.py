"""Writing the result to a file, in a thread of its own, with progress and cancel."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QStandardPaths, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from core.errors import UserError
from core.media.reading import ClipReader, open_clip
from core.media.writing import WRITERS, Writer, write_clip
from core.options import Value, with_options
from core.requests import GenerationRequest
from studio.observable import Field, Observable
from studio.samples import is_sample
from studio.state.blank import BlankClip
from studio.state.notices import Notices
from studio.state.playback import Playback
from studio.state.result import Result
from studio.state.result_clips import ResultClips, composited
from studio.state.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Order:
    """Everything that an export needs; nothing of it changes while the export runs.

    Attributes:
        clip: opens the source anew; target: where the export goes.
        first, end: the frames that are written, `end` exclusive; past the clip's end it stands
            still around what is generated.
        request, generated: the generation and the frames that it has brought, or None.
        variation: which of its results.
        replaced: the frames that hold generated pixels.
    """

    clip: Callable[[], ClipReader]
    target: Path
    writer: str
    options: Mapping[str, Value]
    first: int
    end: int
    audio: bool
    request: GenerationRequest | None
    generated: ResultClips | None
    variation: int
    replaced: range


def frames(order: Order, reader: ClipReader) -> Iterator[NDArray[np.uint8]]:
    """The pictures of an export, uint8 (H, W, 3), as the canvas shows them."""
    request, generated = order.request, order.generated
    for number in range(order.first, order.end):
        picture = reader.frame(min(number, len(reader) - 1))
        if request is not None and generated is not None and number in order.replaced:
            picture = composited(picture, number, request, generated, order.variation)
        yield picture


def written(order: Order) -> Generator[int, None, None]:
    """Write the export; yields the number of frames that are done.

    Raises:
        UserError: the clip cannot be read any more, or the place cannot be written.
    """
    row = WRITERS[order.writer]
    with order.clip() as reader:
        heard = order.audio and order.first < len(reader)
        audio = reader.audio_span(order.first, order.end - order.first) if heard else None
        yield from write_clip(
            frames(order, reader),
            order.target,
            writer=row.name,
            rate=reader.rate,
            options=with_options(row.options, order.options),
            audio=audio,
            colour=reader.colour,
        )


class Export(Observable):
    """The choices of the export dialog, and the export that runs.

    Attributes:
        writer: a name of `WRITERS`; `options` are its values by name.
        whole: the whole clip, or the part between the marks.
        audio: whether the sound goes along.
        running: whether an export is being written; `done` of `total` frames are.
        target: path of the export that runs or ran last.
        folder: where the last one went, or None.

    Signals:
        written: path of a finished export.
    """

    writer = Field("mp4")
    options: Field[Mapping[str, Value]] = Field({})
    whole = Field(True)
    audio = Field(True)
    running = Field(False)
    done = Field(0)
    total = Field(0)
    target: Field[Path | None] = Field(None)
    folder: Field[Path | None] = Field(None)
    written = Signal(object)
    _advanced = Signal(int)

    def __init__(
        self,
        session: Session,
        playback: Playback,
        result: Result,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._playback = session, playback
        self._result, self._notices = result, notices
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export")
        self._cancelled = threading.Event()
        self._job: asyncio.Task[None] | None = None
        self._advanced.connect(lambda done: setattr(self, "done", done))
        self.changed("writer").connect(lambda _writer: setattr(self, "options", {}))

    @property
    def row(self) -> Writer:
        return WRITERS[self.writer]

    @property
    def frame_count(self) -> int:
        return self._end - self._first

    def suggested(self) -> Path:
        """A name after the clip's that no file has yet, where the last export went."""
        clip = self._session.clip
        stem = f"{clip.path.stem if clip else 'clip'}-maskreel"
        names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
        paths = (self._place() / f"{name}{self.row.suffix}" for name in names)
        return next(path for path in paths if not path.exists())

    def _place(self) -> Path:
        """The folder of the last export, else the clip's, else the user's own for videos."""
        clip = self._session.clip
        if self.folder is not None and self.folder.is_dir():
            return self.folder
        if clip is not None and not is_sample(clip.path) and not isinstance(clip, BlankClip):
            return clip.path.parent
        videos = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        return Path(videos) if Path(videos).is_dir() else Path.home()

    def with_suffix(self, path: Path) -> Path:
        """A path with the suffix of the chosen format instead of another format's."""
        suffixes = {row.suffix for row in WRITERS.values() if row.suffix}
        stem = path.with_suffix("") if path.suffix.lower() in suffixes else path
        return stem.with_name(stem.name + self.row.suffix)

    def start(self, target: Path) -> None:
        """Write to `target`; a notice tells how it went."""
        order = self._order(target)
        self._cancelled.clear()
        self.done, self.total, self.target = 0, order.end - order.first, target
        self.running = True
        self._job = asyncio.ensure_future(self._run(order))
        self._job.add_done_callback(self._note_end)

    def cancel(self) -> None:
        """Stop after the frame that is being written; nothing stays of the file."""
        self._cancelled.set()

    async def ended(self) -> None:
        """Returns when no export runs any more."""
        while self._job is not None:
            await asyncio.wait([self._job])

    def end(self) -> None:
        self.cancel()
        self._thread.shutdown()

    @property
    def whole_length(self) -> int:
        """Frames of the whole clip, with those that a result has added so far."""
        clip = self._session.clip
        return 0 if clip is None else max(len(clip), self._result.decided.stop)

    @property
    def _first(self) -> int:
        return 0 if self.whole else min(self._playback.first, self._end - 1)

    @property
    def _end(self) -> int:
        return self.whole_length if self.whole else min(self._playback.last + 1, self.whole_length)

    def _order(self, target: Path) -> Order:
        clip = self._session.clip
        if clip is None:
            raise ValueError("no clip is open")
        blank = isinstance(clip, BlankClip)
        return Order(
            clip=(lambda: clip) if blank else partial(open_clip, clip.path),
            target=target,
            writer=self.writer,
            options=dict(self.options),
            first=self._first,
            end=self._end,
            audio=self.audio and self.row.has_audio,
            request=self._result.request,
            generated=self._result.clips,
            variation=self._result.shown,
            replaced=self._result.decided,
        )

    async def _run(self, order: Order) -> None:
        loop = asyncio.get_running_loop()
        try:
            whole = await loop.run_in_executor(self._thread, self._write, order)
        except UserError as error:
            self._notices.tell("error", str(error))
        except Exception as error:
            log.exception("an export failed")
            self._notices.tell("error", f"“{order.target.name}” could not be written: {error}.")
        else:
            self._tell(order.target, whole)

    def _note_end(self, _job: asyncio.Task[None]) -> None:
        self._job, self.running = None, False

    def _write(self, order: Order) -> bool:
        """In the export's thread: True when all is written, False when it was cancelled."""
        with closing(written(order)) as counts:
            for count in counts:
                if self._cancelled.is_set():
                    return False
                self._advanced.emit(count)
        return True

    def _tell(self, target: Path, whole: bool) -> None:
        if whole:
            show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(target.parent)))
            self._notices.tell("info", f"Exported to {target}", "Show in folder", show)
            self.folder = target.parent
            self.written.emit(target)
        else:
            self._notices.tell("info", f"The export was stopped; “{target.name}” was not written.")
