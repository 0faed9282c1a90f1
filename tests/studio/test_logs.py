"""Everything that may have something to say is in one log, which turns over."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning

from studio import logs

pytestmark = pytest.mark.usefixtures("qapp")


def written(folder: Path) -> str:
    return (folder / logs.NAME).read_text("utf-8")


def test_python_qt_threads_and_uncaught_errors_are_kept(tmp_path: Path) -> None:
    def fall() -> None:
        raise KeyError("of a thread")

    hook = sys.excepthook
    with logs.kept(tmp_path):
        logging.getLogger("core.media").warning("two frames are damaged\nnumbers 3 and 5")
        qWarning("a layout has no parent")
        try:
            raise ValueError("nobody caught me")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.Thread(target=fall)
        thread.start()
        thread.join()
    logging.getLogger("core.media").warning("too late")

    text = written(tmp_path)
    assert "INFO studio.logs: Maskreel" in text
    assert "WARNING core.media: two frames are damaged\nnumbers 3 and 5\n" in text
    assert "WARNING qt: a layout has no parent" in text
    assert "ERROR uncaught: ValueError: nobody caught me\nTraceback" in text
    assert "ERROR uncaught: KeyError: 'of a thread'" in text
    assert "too late" not in text
    assert sys.excepthook is hook


def test_entries_come_back_as_they_were_said(tmp_path: Path) -> None:
    with logs.kept(tmp_path):
        logging.getLogger("engine").error("first\n  second: line\n\nlast")

    *_, entry = logs.tail(tmp_path)
    assert (entry.level, entry.source) == (logging.ERROR, "engine")
    assert entry.text == "first\n  second: line\n\nlast"
    assert logs.parsed(written(tmp_path))[-1] == entry


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert logs.FILE_BYTES * (1 + logs.OLDER_FILES) == 10_000_000
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    with logs.kept(tmp_path):
        for number in range(500):
            logging.getLogger("core").warning("line %d", number)

    files = [path for path in tmp_path.iterdir() if path.name.startswith(logs.NAME)]
    assert len(files) == 1 + logs.OLDER_FILES
    assert sum(path.stat().st_size for path in files) <= 2000 * len(files)
    assert logs.tail(tmp_path)[-1].text == "line 499"


def test_crash_of_the_last_time_is_told(tmp_path: Path) -> None:
    (tmp_path / logs.CRASHES).write_text("Fatal Python error: Segmentation fault\n")
    with logs.kept(tmp_path):
        pass
    with logs.kept(tmp_path):
        pass

    assert written(tmp_path).count("crashed the last time") == 1
    assert "Segmentation fault" in written(tmp_path)


def test_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with logs.kept(tmp_path / "file"):
        logging.getLogger("core").warning("still said")

    assert "no log can be kept" in capsys.readouterr().err
    assert logs.tail(tmp_path) == []
