"""Between the tools and the canvas, when it is open: the pages of the project."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.observable import bind
from studio.state.tools import SidePage, Tools

WIDTH = 264


class SideBar(QStackedWidget):
    """One page at a time; closed, it takes no room.

    Args:
        pages: by the name that `Tools.side` gives them.
    """

    def __init__(
        self, tools: Tools, pages: Mapping[SidePage, QWidget], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.pages = dict(pages)
        for page in self.pages.values():
            self.addWidget(page)
        bind(tools, "side", self._open)

    def _open(self, name: SidePage) -> None:
        page = self.pages.get(name)
        self.setVisible(page is not None)
        if page is not None:
            self.setCurrentWidget(page)
