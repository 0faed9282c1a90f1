"""Between the tools and the canvas, when it is open: the pages of the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.observable import bind
from studio.state.tools import SidePage, Tools

WIDTH = 264


class SideBar(QStackedWidget):
    """One page at a time; closed, it takes no room.

    Args:
        makers: make the pages, by the name that `Tools.side` gives them, when they are first seen:
            the window is there sooner without them.
    """

    def __init__(
        self,
        tools: Tools,
        makers: Mapping[SidePage, Callable[[], QWidget]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._makers = makers
        self._pages: dict[SidePage, QWidget] = {}
        bind(tools, "side", self._open)

    def page(self, name: SidePage) -> QWidget:
        """A page, which is made if need be."""
        if name not in self._pages:
            self._pages[name] = self._makers[name]()
            self.addWidget(self._pages[name])
            self._order_tabs(self._pages[name])
        return self._pages[name]

    def _order_tabs(self, page: QWidget) -> None:
        """Tab comes to a page after the tools, and not at the window's end, as it is made last."""
        controls, control = [], page.nextInFocusChain()
        while page.isAncestorOf(control):
            controls.append(control)
            control = control.nextInFocusChain()
        last = self.previousInFocusChain()
        while not _tabbed(last) and last is not self:
            last = last.previousInFocusChain()
        for before, after in pairwise([last, *filter(_tabbed, controls)]):
            QWidget.setTabOrder(before, after)

    def _open(self, name: SidePage) -> None:
        there = name in self._makers
        self.setVisible(there)
        if there:
            self.setCurrentWidget(self.page(name))


def _tabbed(widget: QWidget) -> bool:
    """Whether Tab stops at a control."""
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
