"""The log is read while it is written, filtered, searched and copied."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path
from weakref import ref

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio import logs
from studio.panels.log_dialog import LogDialog
from studio.panels.main_window import MainWindow
from studio.state.log import Log
from studio.state.notices import Notices
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


def open_log(window: MainWindow, folder: Path) -> LogDialog:
    window.studio.log.folder = folder
    QTest.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, LogDialog)
    return dialog


def test_what_was_said_before_and_what_is_said_now(tmp_path: Path) -> None:
    async def scenario() -> None:
        with logs.kept(tmp_path):
            async with opened(ReplayingEngine()) as window:
                logging.getLogger("engine").warning("said before")
                dialog = open_log(window, tmp_path)
                assert "WARNING engine: said before" in dialog.text.toPlainText()

                logging.getLogger("engine").error("said now\nin two lines")
                await until(lambda: "said now\nin two lines" in dialog.text.toPlainText())
                dialog.close()

    run(scenario())


def test_level_and_letters_choose_what_is_shown(tmp_path: Path) -> None:
    async def scenario() -> None:
        with logs.kept(tmp_path):
            async with opened(ReplayingEngine()) as window:
                for level in (logging.INFO, logging.WARNING, logging.ERROR):
                    logging.getLogger("core").log(level, "level %d", level)
                dialog = open_log(window, tmp_path)
                QTest.keyClicks(dialog.query, "LEVEL")
                assert dialog.text.toPlainText().count("level") == 3
                assert len(dialog.text.extraSelections()) == 3

                dialog.level.setFocus()
                QTest.keyClick(dialog.level, Qt.Key.Key_End)
                assert dialog.text.toPlainText().splitlines()[0].endswith("core: level 40")
                assert dialog.count.text() == "1 entry"

                logging.getLogger("core").warning("level of a warning")
                logging.getLogger("core").error("level of an error")
                await until(lambda: dialog.count.text() == "2 entries")
                assert "of a warning" not in dialog.text.toPlainText()

                dialog.copy.click()
                assert QGuiApplication.clipboard().text() == dialog.text.toPlainText()
                dialog.query.setText("nothing like this")
                assert dialog.count.text() == "Nothing like this was said yet."
                dialog.close()

    run(scenario())


def test_log_keeps_no_window_alive() -> None:
    log = Log(Notices(), Path())
    gone = ref(log)
    del log
    gc.collect()

    assert gone() is None
    logging.getLogger(logs.UNCAUGHT).error("nobody is there")


def test_uncaught_error_is_told_and_its_button_shows_the_log(tmp_path: Path) -> None:
    async def scenario() -> None:
        with logs.kept(tmp_path):
            async with opened(ReplayingEngine()) as window:
                window.studio.log.folder = tmp_path
                sys.excepthook(ValueError, ValueError("deep inside"), None)
                await until(lambda: window.studio.notices.current is not None)
                notice = window.canvas.notice
                assert "Something went wrong inside Maskreel" in notice.text.text()
                assert "deep inside" in notice.text.text()

                notice.action.click()
                dialog = QApplication.activeModalWidget()
                assert isinstance(dialog, LogDialog)
                assert "deep inside" in dialog.text.toPlainText()
                dialog.close()

    run(scenario())
