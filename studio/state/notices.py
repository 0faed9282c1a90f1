"""What the window has to tell the user, one sentence at a time."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Signal

from studio.observable import Field, Observable

Kind = Literal["info", "warning", "error"]
_LEVELS: dict[Kind, int] = {
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

IN_LOG = "The log has the details."
"""A notice that ends so offers to show the log."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notice:
    """A sentence for the user, and what can be done about it.

    Attributes:
        action: what the button says, or "" for none; `act` is what it does.
    """

    kind: Kind
    text: str
    action: str = ""
    act: Callable[[], object] | None = None


class Notices(Observable):
    """The notice that is shown; the log has all of them.

    Attributes:
        current: the newest notice, or None.

    Signals:
        log_wanted(): the user asks for what the log has on it.
    """

    current: Field[Notice | None] = Field(None, same=operator.is_)
    log_wanted = Signal()

    def tell(
        self, kind: Kind, text: str, action: str = "", act: Callable[[], object] | None = None
    ) -> None:
        log.log(_LEVELS[kind], text)
        if not action and text.endswith(IN_LOG):
            action, act = "Show log", self.log_wanted.emit
        self.current = Notice(kind, text, action, act)

    def fail(self, text: str) -> None:
        """Tell of an error that is not the user's, of which the log has the details."""
        self.tell("error", text, "Show log", self.log_wanted.emit)

    def dismiss(self) -> None:
        self.current = None

    def act(self) -> None:
        """Do what the current notice offers, and put it away."""
        notice = self.current
        self.dismiss()
        if notice is not None and notice.act is not None:
            notice.act()
