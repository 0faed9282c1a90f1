"""The bootstrap installs when it must, says what it lacks and passes exit codes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bootstrap
import pytest
import qt_libraries

SCRIPT = Path(bootstrap.__file__)
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux")
Pips = list[tuple[str, ...]]


@pytest.fixture
def pips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pips:
    """A checkout of its own with a ready interpreter; the calls of pip are only remembered."""
    calls: Pips = []
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "lock").write_text("numpy==2.0.0")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: calls.append(arguments))
    return calls


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words of the command that a verb would have started."""
    words: list[str] = []

    def remember(*command: object, **_: object) -> int:
        words.extend(map(str, command))
        return 0

    monkeypatch.setattr(bootstrap, "call", remember)
    monkeypatch.setattr(qt_libraries, "missing", lambda _: [])
    return words


def test_screenshots_are_made_by_their_script(started: list[str]) -> None:
    assert bootstrap.screenshots(["welcome"]) == 0

    assert started[1:] == [str(bootstrap.SCREENSHOTS), "welcome"]


def test_first_call_installs_the_lock_and_the_project(pips: Pips) -> None:
    bootstrap.prepare()

    assert [call[:2] for call in pips] == [("install", "-r"), ("install", "--no-deps")]


def test_second_call_installs_nothing(pips: Pips) -> None:
    bootstrap.prepare()
    pips.clear()

    bootstrap.prepare()

    assert pips == []


def test_changed_lock_is_installed(pips: Pips) -> None:
    bootstrap.prepare()
    pips.clear()
    bootstrap.LOCK.write_text("numpy==2.1.0")

    bootstrap.prepare()

    assert pips


def test_interrupted_installation_is_repeated(pips: Pips, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "pip", stop)
        with pytest.raises(KeyboardInterrupt):
            bootstrap.prepare()

    bootstrap.prepare()

    assert pips


def test_failed_pip_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))

    with pytest.raises(bootstrap.Refusal, match=r"(?s)proxy.*full disk.*run the same command"):
        bootstrap.pip("install", "--no-index", "maskreel-package-that-is-nowhere")


def test_old_python_is_refused_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (9, 0))

    with pytest.raises(bootstrap.Refusal, match=r"needs Python 9\.0 or later"):
        bootstrap.check_python()


@pytest.mark.parametrize("words", [["no-such-verb"], ["check", "this"], ["run", "a", "b"]])
def test_wrong_usage_ends_with_2_before_anything_is_installed(
    words: list[str], tmp_path: Path
) -> None:
    shutil.copytree(SCRIPT.parent, tmp_path / "packaging")
    script = tmp_path / "packaging" / SCRIPT.name

    ended = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)

    assert (ended.returncode, "bootstrap.py check" in ended.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["packaging"]


@pytest.mark.parametrize(
    ("end", "code"),
    [("sys.exit(5)", 5), ("os.kill(os.getpid(), 2)", 130), ("os.abort()", 1)],
    ids=["own code", "Ctrl-C", "crash"],
)
@ON_LINUX
def test_exit_code_of_the_child_is_passed_on(end: str, code: int) -> None:
    quiet = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
    quiet += "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "

    assert bootstrap.call(sys.executable, "-c", quiet + end) == code


@ON_LINUX
def test_without_a_display_the_demo_is_made(
    started: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    bootstrap.run([])

    assert started[-3:] == ["-m", "studio", "--demo"]
    assert "no display" in capsys.readouterr().out


@ON_LINUX
def test_with_a_display_the_file_is_opened(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")

    bootstrap.run(["clip.mp4"])

    assert started[-3:] == ["-m", "studio", "clip.mp4"]


def test_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "loads", lambda file: file != "libEGL.so.1")
    monkeypatch.setattr(qt_libraries, "COMMANDS", {"apt": ("apt-get", "install")})

    advice = qt_libraries.advice(qt_libraries.missing("offscreen"))

    assert "libEGL.so.1" in advice
    assert "sudo apt-get install libegl1\n" in advice


@ON_LINUX
def test_a_system_without_any_font_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "FONT_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(qt_libraries.shutil, "which", lambda _: None)
    monkeypatch.setattr(qt_libraries, "loads", lambda _: True)
    assert qt_libraries.missing("offscreen") == [qt_libraries.FONT]

    (tmp_path / "sans.ttf").touch()

    assert qt_libraries.missing("offscreen") == []


def test_package_of_two_libraries_is_named_once() -> None:
    glib = [lib for lib in qt_libraries.OFFSCREEN if lib.apt == "libglib2.0-0"]

    assert (len(glib), qt_libraries.packages(glib, "apt")) == (2, ["libglib2.0-0"])


@ON_LINUX
def test_root_with_apt_installs_what_headless_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = [qt_libraries.OFFSCREEN[:1], ()]
    installed: list[object] = []
    monkeypatch.setattr(qt_libraries, "missing", lambda _: list(lacking.pop(0)))
    monkeypatch.setattr(qt_libraries, "can_install", lambda: True)
    monkeypatch.setattr(qt_libraries, "install", installed.extend)

    bootstrap.check_libraries(headless=True)

    assert installed == [qt_libraries.OFFSCREEN[0]]


@ON_LINUX
def test_a_window_never_installs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(qt_libraries, "missing", lambda _: [qt_libraries.XCB[0]])
    monkeypatch.setattr(qt_libraries, "can_install", lambda: True)

    with pytest.raises(bootstrap.Refusal, match=r"libX11-xcb\.so\.1"):
        bootstrap.check_libraries(headless=False)


def test_script_runs_from_any_folder(tmp_path: Path) -> None:
    helped = subprocess.run(
        [sys.executable, SCRIPT, "--help"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert helped.returncode == 0
