"""The log: what the program, its engine and Qt have said, as it is said."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.logs import NAME, Entry
from studio.observable import bind, watch
from studio.state.log import LEVELS
from studio.state.places import show_in_folder

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

SIZE = (860, 560)


class LogDialog(QDialog):
    """Attributes:
    level: the least that is shown. query: what is looked for. text: the entries.
    count: how many are shown. copy, folder, report: the buttons.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Log")
        self.resize(*SIZE)
        self._log = window.studio.log
        self.level, self.query, self.text = QComboBox(), QLineEdit(), QPlainTextEdit()
        self.count = QLabel()
        self.copy, self.folder = QPushButton("Copy"), QPushButton("Open folder")
        self.report = QPushButton("Save report…")
        self._name()
        self._lay_out()
        self._connect(window)
        self._log.open()
        self.finished.connect(self._log.close)
        bind(
            self._log, "level", lambda level: self.level.setCurrentIndex(list(LEVELS).index(level))
        )
        watch(self._log, "level query", self._show_all)
        self.query.setFocus()

    def _name(self) -> None:
        self.level.setAccessibleName("What is shown")
        for level, words in LEVELS.items():
            self.level.addItem(words, level)
        self.query.setAccessibleName("Find in the log")
        self.query.setPlaceholderText("Find")
        self.query.setClearButtonEnabled(True)
        self.text.setAccessibleName("Entries of the log")
        self.text.setReadOnly(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(theme.mono(theme.FONT_PX - 1))
        self.count.setProperty("role", "small")
        self.copy.setToolTip("What is shown, or what is selected of it, goes to the clipboard.")
        self.folder.setToolTip(str(self._log.folder / NAME))
        self.report.setToolTip(
            "The log and what else helps to find an error, without private paths."
        )

    def _lay_out(self) -> None:
        above = _row(self.query, self.level)
        above.setStretch(0, 1)
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        below = _row(self.copy, self.folder, self.report, self.count, close)
        below.setStretch(3, 1)
        for button in (self.copy, self.folder, self.report, close):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(theme.GAP_PX)
        column.addLayout(above)
        column.addWidget(self.text, 1)
        column.addLayout(below)

    def _connect(self, window: MainWindow) -> None:
        log = self._log
        self.level.activated.connect(lambda row: setattr(log, "level", self.level.itemData(row)))
        self.query.textChanged.connect(lambda words: setattr(log, "query", words))
        log.added.connect(self._append)
        self.copy.clicked.connect(self._copy)
        self.folder.clicked.connect(lambda: show_in_folder(log.folder / NAME))
        self.report.clicked.connect(window.show_report)

    def _show_all(self) -> None:
        entries = self._log.shown
        self.text.clear()
        cursor = self.text.textCursor()
        for entry in entries:
            _write(cursor, entry)
        self._end()
        self._mark()
        self._count()

    def _append(self, entry: Entry) -> None:
        """At the end; who reads further up stays there."""
        bar = self.text.verticalScrollBar()
        following = bar.value() == bar.maximum()
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        _write(cursor, entry)
        if following:
            self._end()
        self._mark()
        self._count()

    def _end(self) -> None:
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.text.moveCursor(QTextCursor.MoveOperation.StartOfLine)

    def _mark(self) -> None:
        """Where the letters are that are looked for."""
        words, document = self._log.query.strip(), self.text.document()
        found, cursor = [], QTextCursor(document)
        while words and not (cursor := document.find(words, cursor)).isNull():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = cursor
            mark.format.setBackground(theme.ACCENT_DEEP)
            mark.format.setForeground(theme.ON_DEEP)
            found.append(mark)
        self.text.setExtraSelections(found)

    def _count(self) -> None:
        shown = len(self._log.shown)
        entries = "1 entry" if shown == 1 else f"{shown:,} entries"
        self.count.setText(entries if shown else "Nothing like this was said yet.")

    def _copy(self) -> None:
        selected = self.text.textCursor().selection().toPlainText()
        QGuiApplication.clipboard().setText(selected or self.text.toPlainText())


def _write(cursor: QTextCursor, entry: Entry) -> None:
    form = QTextCharFormat()
    if entry.level >= logging.ERROR:
        form.setForeground(theme.ERROR)
    elif entry.level >= logging.WARNING:
        form.setForeground(theme.WARNING)
    if cursor.position():
        cursor.insertBlock()
    cursor.insertText(entry.line, form)


def _row(*parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GAP_PX)
    for part in parts:
        row.addWidget(part)
    return row
