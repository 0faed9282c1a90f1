"""From a fresh checkout to a running Maskreel, with nothing but Python.

    python3 packaging/bootstrap.py [run [FILE]]    open the studio; without a display, do its job
                                                   headless and leave a video and a picture
    python3 packaging/bootstrap.py test [...]      run the tests; the rest goes to pytest
    python3 packaging/bootstrap.py check           lint, types and import directions
    python3 packaging/bootstrap.py bench [NAME]    measure: everything, or start, masks, studio, …
    python3 packaging/bootstrap.py screenshots     make the pictures in assets/screenshots again

The first call makes `.venv/` in the checkout and installs the versions of requirements.lock;
later calls only look whether anything changed. Standard library only; Linux, macOS, Windows.
Exit codes: 0 done, 1 failed (said why), 2 wrong usage, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import qt_libraries

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "packaging" / "requirements.lock"
STAMP = VENV / "maskreel-stamp"
BENCHMARKS = ROOT / "tests" / "benchmarks"
SCREENSHOTS = ROOT / "packaging" / "screenshots.py"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
MOST_WORKERS = 4
"""Processes that run tests at the same time, one more than cores, as many tests wait for an engine;
each takes up to 2.5 GB."""
VERBS = ("run", "test", "check", "bench", "screenshots")

OK, FAILED, USAGE, STOPPED = 0, 1, 2, 130


class Refusal(Exception):
    """Something the person has to do first; the message says what."""


class Misuse(Exception):
    """A call that does not exist."""


# ── the environment ──────────────────────────────────────────────────────────────────────────


def check_python() -> None:
    """Refuse a Python that Maskreel's packages do not exist for."""
    if sys.version_info < OLDEST:
        raise Refusal(
            f"Maskreel needs Python {OLDEST[0]}.{OLDEST[1]} or later; "
            f"this is Python {platform.python_version()} ({sys.executable}). "
            "Install a newer one and start this script with it."
        )
    if sys.maxsize < 2**32:
        raise Refusal("Maskreel needs a 64-bit Python; this one has 32 bits.")
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise Refusal("Maskreel needs a Mac with Apple silicon: PyTorch has ended Intel Macs.")


def fingerprint() -> str:
    """Changes when what has to be installed, the Python or the place of the checkout changes."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    parts += [str(ROOT).encode(), f"{sys.version_info[:2]}".encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def prepare() -> None:
    """Make `.venv/` when it is missing and fill it when it is not up to date."""
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not works(PYTHON):
        make_venv()
    print(f"Installing Maskreel's packages into {VENV} (once, some minutes) …", flush=True)
    pip("install", "-r", str(LOCK))
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(wanted)


def works(python: Path) -> bool:
    """Does that interpreter start, with pip, in a version that will do?"""
    probe = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    print(f"Making {VENV} with Python {platform.python_version()} …", flush=True)
    arguments = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(arguments, capture_output=True, text=True)
    if made.returncode:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Refusal(
            f"Python could not make {VENV}:\n{(made.stdout + made.stderr).strip()}\n"
            f"On Debian and Ubuntu it needs the package {package}: "
            f"sudo apt-get install {package}. Otherwise look at the free space and the rights "
            "of that folder."
        )


def pip(*arguments: str) -> None:
    """Run the environment's pip, untouched by PYTHONPATH; its own words stay on the screen.

    Raises:
        Refusal: pip failed; the message says what to look at.
    """
    options = ["--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    if not sys.stdout.isatty():
        options.append("--quiet")
    if subprocess.run([PYTHON, "-I", "-m", "pip", *arguments, *options]).returncode:
        raise Refusal(
            "pip could not install Maskreel's packages; its reason stands above. "
            "Usual causes: no network or a proxy (set HTTPS_PROXY), a full disk (about 3 GB are "
            "needed, 8 GB with CUDA), or a Python for which a package does not exist yet "
            f"(this is {platform.python_version()}; 3.11 and 3.12 are tried). "
            "Then run the same command again: what was downloaded is kept. "
            f"If it still fails, delete {VENV} first."
        )


# ── system libraries that Qt loads ───────────────────────────────────────────────────────────


def qt_platform(headless: bool) -> str:
    """The Qt platform plugin that is going to be loaded."""
    if headless:
        return "offscreen"
    return "xcb" if os.environ.get("DISPLAY") else "wayland"


def check_libraries(headless: bool) -> None:
    """Make sure that Qt can start.

    Headless as root with apt-get (a container, a build machine) what is missing is installed;
    everywhere else the person is told what to install.
    """
    if not sys.platform.startswith("linux"):
        return
    plugin = qt_platform(headless)
    missing = qt_libraries.missing(plugin)
    if missing and headless and qt_libraries.can_install():
        qt_libraries.install(missing)
        missing = qt_libraries.missing(plugin)
    if missing:
        raise Refusal(qt_libraries.advice(missing))


# ── the verbs ────────────────────────────────────────────────────────────────────────────────


def has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run(arguments: list[str]) -> int:
    """Open the studio, on a file if one is given."""
    if has_display():
        check_libraries(headless=False)
        return call(PYTHON, "-P", "-m", "studio", *arguments)
    print("There is no display here, so Maskreel does the same job without a window …")
    check_libraries(headless=True)
    return call(PYTHON, "-P", "-m", "studio", "--demo", *arguments, offscreen=True)


def test(arguments: list[str]) -> int:
    check_libraries(headless=True)
    settings = ["-ra", "--durations=10"]
    if not arguments:  # a choice of tests is over sooner without starting workers
        settings += ["--numprocesses", str(min((os.cpu_count() or 1) + 1, MOST_WORKERS))]
        settings += ["--dist", "loadfile"]
    return call(PYTHON, "-m", "pytest", *settings, *arguments, offscreen=True, folder=ROOT)


def bench(arguments: list[str]) -> int:
    check_libraries(headless=True)
    settings = ["-q", "-s", "-o", "python_files=bench_*.py"]
    files = {path.stem.removeprefix("bench_"): str(path) for path in BENCHMARKS.glob("bench_*.py")}
    chosen = [files.get(argument, argument) for argument in arguments] or [str(BENCHMARKS)]
    return call(PYTHON, "-m", "pytest", *settings, *chosen, offscreen=True, folder=ROOT)


def screenshots(arguments: list[str]) -> int:
    check_libraries(headless=True)
    return call(PYTHON, SCREENSHOTS, *arguments, offscreen=True, folder=ROOT)


def check() -> int:
    """Every check runs, also after one failed."""
    commands = {
        "lint": ["ruff", "check"],
        "format": ["ruff", "format", "--check"],
        "types": ["mypy"],
        "directions": ["lint-imports"],
    }
    failed = []
    for name, (tool, *rest) in commands.items():
        print(f"── {name}: {' '.join([tool, *rest])}", flush=True)
        code = call(SCRIPTS / tool, *rest, folder=ROOT)
        if code == STOPPED:
            return STOPPED
        if code:
            failed.append(name)
    print("failed: " + ", ".join(failed) if failed else "all checks passed")
    return FAILED if failed else OK


def call(*command: str | Path, offscreen: bool = False, folder: Path | None = None) -> int:
    """Run a child to its end and give its exit code; Ctrl-C and SIGTERM reach it, too."""
    environment = dict(os.environ)
    if offscreen:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    sys.stdout.flush()
    child = subprocess.Popen(command, env=environment, cwd=folder)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    stopped = False
    while True:
        try:
            code = child.wait()
            break
        except KeyboardInterrupt:  # the terminal sent it to the child as well
            stopped = True
    if stopped or code in (-signal.SIGINT, -signal.SIGTERM):
        return STOPPED
    if code < 0:
        print(f"Stopped by signal {signal.Signals(-code).name}.", file=sys.stderr)
        return FAILED
    return code


def parse(arguments: list[str]) -> tuple[str, list[str]]:
    """The verb and what follows it.

    Raises:
        Misuse: no such call exists.
    """
    verb, rest = "run", arguments
    if arguments and arguments[0] in VERBS:
        verb, rest = arguments[0], arguments[1:]
    elif arguments and not Path(arguments[0]).exists():
        raise Misuse(f"“{arguments[0]}” is neither a file nor one of {', '.join(VERBS)}.")
    if verb == "run" and len(rest) > 1:
        raise Misuse("run takes at most one FILE.")
    if verb == "check" and rest:
        raise Misuse("check takes nothing else.")
    return verb, rest


def start(verb: str, rest: list[str]) -> int:
    check_python()
    prepare()
    if verb == "check":
        return check()
    verbs = {"run": run, "test": test, "bench": bench, "screenshots": screenshots}
    return verbs[verb](rest)


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return OK
    try:
        return start(*parse(arguments))
    except Misuse as misuse:
        print(f"{misuse}\n\n{__doc__}", file=sys.stderr)
        return USAGE
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STOPPED


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console without “…” is no reason to fail
            stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
