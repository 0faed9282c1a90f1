"""A report for whoever shall find an error: gathered, looked at by the user, and written."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QObject, qVersion
from PySide6.QtGui import QGuiApplication

from core.errors import UserError
from core.requests import STATES, GenerationRequest
from studio import logs
from studio.observable import Field, Observable
from studio.report import privacy, write_report
from studio.settings import Settings
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.places import in_bytes
from studio.version import program_version

DOCTOR = (sys.executable, "-P", "-m", "core", "doctor")
DOCTOR_LIMIT_S = 180
NO_DOCTOR = "The checks of this machine have not ended yet."


class Report(Observable):
    """Attributes:
    files: texts by the names of their files, without anything private; as they are written.
    checking: whether the doctor still looks at this machine.
    hide_names: whether names of clips and other files are replaced as well.
    """

    files: Field[Mapping[str, str]] = Field({})
    checking = Field(False)
    hide_names = Field(False)

    def __init__(
        self,
        models: Models,
        notices: Notices,
        settings: Callable[[], Settings],
        request: Callable[[], GenerationRequest | None],
        log_folder: Path,
        parent: QObject | None = None,
        *,
        doctor: tuple[str, ...] = DOCTOR,
    ) -> None:
        super().__init__(parent)
        self._models, self._notices = models, notices
        self._settings, self._request, self._log_folder = settings, request, log_folder
        self._doctor = doctor
        self._gathered: dict[str, str] = {}
        self._check: asyncio.Task[None] | None = None
        self.changed("hide_names").connect(lambda _hide: self._clean())

    def gather(self) -> None:
        """Collect all of it; what the doctor finds comes a little later."""
        request = self._request()
        entries = logs.tail(self._log_folder)
        self._gathered = {
            "about.txt": _about(self._models),
            "doctor.txt": NO_DOCTOR,
            "settings.json": _json(asdict(self._settings())),
            "request.json": _json(_asked(request)) if request else "Nothing was generated.",
            "log.txt": "\n".join(entry.line for entry in entries) or "The log is empty.",
        }
        self._clean()
        if self._check is None:
            self.checking = True
            self._check = asyncio.ensure_future(self._ask_doctor())

    def write(self, path: Path) -> None:
        """Write what is shown into a zip; a notice says where it is, or why it is not."""
        path = path if path.suffix.lower() == ".zip" else Path(f"{path}.zip")
        try:
            write_report(self.files, path)
        except UserError as error:
            self._notices.tell("error", str(error))
        else:
            self._notices.tell("info", f"The report is in “{path.name}”.")

    async def end(self) -> None:
        """The doctor need not go on."""
        if self._check is not None:
            self._check.cancel()
            await asyncio.wait([self._check])

    def _clean(self) -> None:
        settings, request = self._settings(), self._request()
        known = (*settings.recent, *settings.recent_projects, settings.last_project)
        files = [Path(path) for path in known if path]
        files += [Path(request.clip)] if request is not None and request.clip else []
        folders = [settings.folder, settings.export_folder, settings.models_folder]
        folders += [str(file.parent) for file in files]
        hidden = privacy(folders, [file.name for file in files], hide_names=self.hide_names)
        self.files = {name: hidden.cleaned(text) for name, text in self._gathered.items()}

    async def _ask_doctor(self) -> None:
        try:
            self._gathered["doctor.txt"] = await _output(self._doctor)
            self._clean()
        finally:
            self._check, self.checking = None, False


async def _output(command: tuple[str, ...]) -> str:
    """All that a command says; it is ended when nobody waits for it any more."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), DOCTOR_LIMIT_S)
        return said.decode("utf-8", "replace")
    except TimeoutError:
        return f"The checks did not end within {DOCTOR_LIMIT_S} seconds."
    finally:
        with suppress(ProcessLookupError):
            process.kill()


def _asked(request: GenerationRequest) -> dict[str, object]:
    """A request without the states that it goes on from: they are long and say nothing."""
    return {name: value for name, value in request.to_json().items() if name not in STATES}


def _json(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False, default=str)


def _about(models: Models) -> str:
    """Versions and hardware."""
    screens = (
        f"{screen.size().width()} x {screen.size().height()} at {screen.devicePixelRatio():g}x"
        for screen in QGuiApplication.screens()
    )
    lines = {
        "Maskreel": program_version(),
        "Python": platform.python_version(),
        "Qt": f"{qVersion()} on {QGuiApplication.platformName()}",
        "System": platform.platform(),
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": _memory(),
        "Screens": ", ".join(screens),
        "Computes on": models.device or "not known yet",
        "Models": ", ".join(Path(entry.folder).name for entry in models.bundles),
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _memory() -> str:
    try:
        return in_bytes(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return "not known"
