"""What the window has to tell the user, one sentence at a time."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from studio.observable import Field, Observable

Kind = Literal["info", "warning", "error"]


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
    """The notice that is shown.

    Attributes:
        current: the newest notice, or None.
    """

    current: Field[Notice | None] = Field(None, same=operator.is_)

    def tell(
        self, kind: Kind, text: str, action: str = "", act: Callable[[], object] | None = None
    ) -> None:
        self.current = Notice(kind, text, action, act)

    def dismiss(self) -> None:
        self.current = None

    def act(self) -> None:
        """Do what the current notice offers, and put it away."""
        notice = self.current
        self.dismiss()
        if notice is not None and notice.act is not None:
            notice.act()
