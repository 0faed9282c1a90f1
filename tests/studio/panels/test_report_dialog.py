"""The report is looked at before it is saved, and names nobody."""

from __future__ import annotations

import logging
import sys
import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from studio import logs
from studio.panels.main_window import MainWindow
from studio.panels.report_dialog import ReportDialog
from studio.settings import Settings
from studio.state.report import Report
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import drag, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
STROKE = [(20.0, 20.0), (30.0, 24.0)]
SAYS = "ok  models in {}; ok  host erikas-thinkpad"
SECRETS = ("erika", "Hochzeit", "Kunden")


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a user with a name, on a machine with a name."""
    home = tmp_path / "erika.muster"
    folder = home / "Kunden 2026" / "Hochzeit"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("socket.gethostname", lambda: "erikas-thinkpad")
    return folder


def with_quick_doctor(window: MainWindow, folder: Path) -> None:
    """The real one takes many seconds; this one says as much about the user."""
    studio = window.studio
    studio.report = Report(
        studio.models,
        studio.notices,
        lambda: studio.remembered(""),
        lambda: studio.generation.request,
        folder,
        studio,
        doctor=(sys.executable, "-c", f"print({SAYS.format(folder)!r})"),
    )


def test_report_shows_everything_and_names_nobody(private: Path, tmp_path: Path) -> None:
    clip = write_numbered(private / "Trauung 1.mkv")
    settings = Settings(
        recent=(str(private / "Feier.mp4"),),
        recent_projects=(str(private.parent / "Schmidt" / "Polterabend.maskreel"),),
        export_folder=str(private / "Film"),
    )

    async def scenario() -> None:
        with logs.kept(private / "logs"):
            async with opened(ReplayingEngine(), clip, settings=settings) as window:
                logging.getLogger("core").error("cannot read %s", private / "Roh" / "x.mp4")
                drag(window.canvas.view, STROKE)
                window.inspector.job.generate.click()
                await window.studio.generation.ended()
                with_quick_doctor(window, private / "logs")
                window.actions_["report"].trigger()
                dialog = QApplication.activeModalWidget()
                assert isinstance(dialog, ReportDialog)
                await until(lambda: not window.studio.report.checking)

                seen = preview(dialog)
                assert list(seen) == [
                    "about.txt", "doctor.txt", "settings.json", "request.json", "log.txt",
                ]  # fmt: skip
                assert "Trauung 1.mkv" in seen["settings.json"]
                assert '"task": "paint"' in seen["request.json"]
                assert "cannot read" in seen["log.txt"]
                assert "ok  models in" in seen["doctor.txt"]
                assert "Processor:" in seen["about.txt"]

                dialog.hide_names.click()
                assert save(dialog, tmp_path / "report") == preview(dialog)
                dialog.close()

    run(scenario())
    with zipfile.ZipFile(tmp_path / "report.zip") as packed:
        texts = [packed.read(name).decode() for name in packed.namelist()]
    for secret in (*SECRETS, "Trauung", "Feier", "Polterabend", "Schmidt"):
        assert [text for text in texts if secret.lower() in text.lower()] == [], secret


def preview(dialog: ReportDialog) -> dict[str, str]:
    """What each file shows when it is chosen."""
    shown = {}
    for row in range(dialog.files.count()):
        dialog.files.setCurrentRow(row)
        shown[dialog.files.item(row).text()] = dialog.text.toPlainText()
    return shown


def save(dialog: ReportDialog, place: Path) -> dict[str, str]:
    """What the zip holds that “Save” wrote."""
    dialog.save.click()
    asked = dialog.findChild(QFileDialog)
    asked.fileSelected.emit(str(place))
    asked.close()
    with zipfile.ZipFile(f"{place}.zip") as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_place_that_cannot_be_written_is_told(private: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            with_quick_doctor(window, private)
            report = window.studio.report
            report.gather()
            report.write(private / "missing" / "report.zip")

            assert "cannot be written" in window.canvas.notice.text.text()
            await report.end()

    run(scenario())
