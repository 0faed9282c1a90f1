"""How large an export will be, found out in a thread beside the window."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.media.estimating import Size, estimated_size
from core.media.reading import ClipReader
from studio.observable import Field, Observable
from studio.state.export.export_order import Order, Pictures

log = logging.getLogger(__name__)


class ExportSize(Observable):
    """Attributes:
    size: how large the file will be, or None while that is not known.
    asking: whether it is being found out.
    """

    size: Field[Size | None] = Field(None)
    asking = Field(False)
    _found = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="estimate")
        self._question = 0  # number of the newest that was asked
        self._ended = False
        self._found.connect(self._take)

    def ask(self, order: Order, reader: ClipReader) -> None:
        """Find out about an order; what was asked before is given up."""
        self.forget()
        if self._ended:
            return
        self.asking = True
        self._thread.submit(self._reckon, self._question, order, reader)

    def forget(self) -> None:
        """Something has changed: nothing is known any more."""
        self._question += 1
        self.size, self.asking = None, False

    def end(self) -> None:
        self._ended = True
        self.forget()
        self._thread.shutdown()

    def _reckon(self, question: int, order: Order, reader: ClipReader) -> None:
        size = None
        try:
            if question == self._question:
                size = self._estimated(question, order, reader)
        except UserError as error:
            log.info("the size of an export is not known: %s", error)
        except Exception:
            log.exception("the size of an export cannot be reckoned")
        self._found.emit(question, size)

    def _estimated(self, question: int, order: Order, reader: ClipReader) -> Size | None:
        choice, pictures = order.choice, Pictures(order, reader)
        shape, rate = choice.shaped, reader.rate
        heard = choice.audio and choice.has_audio and reader.has_audio
        last = len(pictures) - 1
        return estimated_size(
            lambda number: shape.fitted(pictures[min(shape.source(number, rate), last)]),
            shape.counted(len(pictures), rate),
            writer=choice.writer,
            rate=shape.paced(rate),
            options=choice.written,
            sound_s=float(len(pictures) / rate) if heard else 0.0,
            stopped=lambda: question != self._question,
        )

    def _take(self, question: int, size: Size | None) -> None:
        if question == self._question:
            self.size, self.asking = size, False
