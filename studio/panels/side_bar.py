"""Between the tools and the canvas, when it is open: the pages of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise, takewhile

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
        ahead = _focus_chain(page, QWidget.nextInFocusChain)
        controls = filter(_tabbed, list(takewhile(page.isAncestorOf, ahead)))
        back = _focus_chain(self, QWidget.previousInFocusChain)
        for before, after in pairwise([next(filter(_tabbed, back), self), *controls]):
            QWidget.setTabOrder(before, after)

    def _open(self, name: SidePage) -> None:
        there = name in self._makers
        self.setVisible(there)
        if there:
            self.setCurrentWidget(self.page(name))


def _focus_chain(start: QWidget, step: Callable[[QWidget], QWidget | None]) -> Iterator[QWidget]:
    """What follows a widget in the order of its window, once around."""
    control = step(start)
    while control is not None and control is not start:
        yield control
        control = step(control)


def _tabbed(widget: QWidget) -> bool:
    """Whether Tab stops at a control."""
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
