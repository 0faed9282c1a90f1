"""Which system libraries Qt needs on Linux, which of them are missing, and how to get them.

Without a display there may also be no font, and then all text is empty boxes; a desktop has some.

The lists are what Qt 6.11's own libraries name as needed (`objdump -p`, NEEDED): Qt's wheels
bring everything else along.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Library(NamedTuple):
    """A shared library and the package that holds it in each family of distributions."""

    file: str
    apt: str
    dnf: str
    pacman: str


OFFSCREEN = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libX11.so.6", "libx11-6", "libX11", "libx11"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libzstd.so.1", "libzstd1", "libzstd", "zstd"),
)
XCB = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Library("libxcb.so.1", "libxcb1", "libxcb", "libxcb"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Library("libxcb-render.so.0", "libxcb-render0", "libxcb", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
)
WAYLAND = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client", "wayland"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor", "wayland"),
)
FONT = Library("a TrueType font", "fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
NEEDED = {"offscreen": (*OFFSCREEN, FONT), "xcb": OFFSCREEN + XCB, "wayland": OFFSCREEN + WAYLAND}

COMMANDS = {
    "apt": ("apt-get", "install", "-y", "--no-install-recommends"),
    "dnf": ("dnf", "install", "-y"),
    "pacman": ("pacman", "-S", "--needed"),
}


def missing(platform: str) -> list[Library]:
    """What the Qt platform ("offscreen", "xcb", "wayland") lacks on this system."""
    return [library for library in NEEDED[platform] if not present(library)]


def present(library: Library) -> bool:
    return has_font() if library is FONT else loads(library.file)


def has_font() -> bool:
    """Is a font where fontconfig looks by default, or wherever else fontconfig finds one?"""
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    if any(next(folder.rglob("*.[to]t[fc]"), None) for folder in folders):
        return True
    listing = shutil.which("fc-list")
    return listing is not None and bool(subprocess.run([listing], capture_output=True).stdout)


def loads(file: str) -> bool:
    """Can the system's loader find and open that library?"""
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def packages(libraries: Iterable[Library], manager: str) -> list[str]:
    """Names of the packages that hold the libraries, each once, in order."""
    return list(dict.fromkeys(getattr(library, manager) for library in libraries))


def advice(libraries: list[Library]) -> str:
    """What to type so that the libraries are there."""
    files = ", ".join(library.file for library in libraries)
    managers = [m for m, command in COMMANDS.items() if shutil.which(command[0])] or list(COMMANDS)
    lines = [f"Qt cannot start well: this system lacks {files}. Install it with"]
    for manager in managers:
        names = packages(libraries, manager)
        lines.append("    sudo " + " ".join([*COMMANDS[manager], *names]))
    lines.append("and run the same command again.")
    return "\n".join(lines)


def can_install() -> bool:
    """Are we root on a system with apt-get?"""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(libraries: list[Library]) -> None:
    """Install the packages with apt-get; whether that helped is for the caller to look at."""
    names = packages(libraries, "apt")
    files = ", ".join(library.file for library in libraries)
    print(f"Qt needs {files}; as this is root with apt-get, it installs: {' '.join(names)}")
    sys.stdout.flush()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], [*COMMANDS["apt"], "-qq", *names]):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL)
