"""What the studio remembers between two starts, in one JSON file of the user's config folder."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

MOST_RECENT = 8
"""How many clips the list of recent ones holds."""

Look = Literal["dark", "light", "system"]
LOOKS: tuple[Look, ...] = get_args(Look)

Start = Literal["last", "welcome"]
STARTS: tuple[Start, ...] = get_args(Start)

Chosen = Mapping[str, tuple[str, ...]]
"""Shortcuts, as Qt's portable text, by the name of their action; none where it has none."""

NOTHING_CHOSEN: Chosen = {}

UNDO_MB, FRAMES_MB = 128, 192
"""MiB for edits that can be undone, and for frames that stay decoded, where nothing is chosen."""

log = logging.getLogger(__name__)


def settings_file() -> Path:
    return Path(platformdirs.user_config_dir("maskreel", appauthor=False)) / "settings.json"


@dataclass(frozen=True)
class Settings:
    """Attributes:
    recent: paths of the clips opened last, newest first.
    recent_projects: folders of the projects opened last, newest first.
    last_project: folder of the project that was open at the end, also of a draft, or "".
    folder: of the clip opened last, or "".
    geometry: the window's size and place as Qt saves them, in hexadecimal, or "".
    brush_size: diameter in pixels; brush_hardness: in percent.
    loop: whether playing starts again at the end.
    compare: how pictures are compared, as JSON.
    bundle: folder of the model bundle used last, or "".
    export: what was chosen for the last export, as JSON; export_folder: where it went, or "".
    export_presets: the user's own presets for exports, as JSON by name.
    look: dark, light, or as the system is.
    at_start: whether the program begins with what was open last, or with its welcome page.
    shortcuts: those that differ from the table of actions.
    undo_mb, frames_mb: MiB for edits that can be undone, and for frames that stay decoded.
    models_folder: looked at for models besides the usual ones, or "".
    tour_taken: whether the tour was taken, or put away.
    """

    recent: Sequence[str] = field(default=())
    recent_projects: Sequence[str] = field(default=())
    last_project: str = ""
    folder: str = ""
    geometry: str = ""
    brush_size: int = 48
    brush_hardness: int = 100
    loop: bool = True
    compare: Mapping[str, Any] = field(default_factory=dict)
    bundle: str = ""
    export: Mapping[str, Any] = field(default_factory=dict)
    export_folder: str = ""
    export_presets: Mapping[str, Any] = field(default_factory=dict)
    look: Look = "dark"
    at_start: Start = "last"
    shortcuts: Chosen = field(default_factory=dict)
    undo_mb: int = UNDO_MB
    frames_mb: int = FRAMES_MB
    models_folder: str = ""
    tour_taken: bool = False

    @property
    def opened_last(self) -> tuple[str, ...]:
        """Projects, that of the last time first, and then clips."""
        last = (
            (self.last_project,) if self.last_project and Path(self.last_project).exists() else ()
        )
        return tuple(dict.fromkeys((*last, *self.recent_projects, *self.recent)))

    def forgotten(self, path: str) -> Settings:
        """These settings without a file that was opened before."""
        return replace(
            self,
            recent=tuple(other for other in self.recent if other != path),
            recent_projects=tuple(other for other in self.recent_projects if other != path),
            last_project="" if self.last_project == path else self.last_project,
        )

    def opened(self, path: Path) -> Settings:
        """These settings after a clip was opened."""
        recent = (str(path), *(other for other in self.recent if other != str(path)))
        return replace(self, recent=recent[:MOST_RECENT], folder=str(path.parent))

    def opened_project(self, folder: Path) -> Settings:
        """These settings after a project was opened."""
        others = (other for other in self.recent_projects if other != str(folder))
        return replace(self, recent_projects=(str(folder), *others)[:MOST_RECENT])


def load(path: Path, tell: Callable[[str], object] = log.warning) -> Settings:
    """The saved settings; the defaults for what is missing or unknown.

    A file that is damaged is kept aside under another name.

    Args:
        tell: is given a sentence when the file cannot be used.
    """
    try:
        saved = json.loads(path.read_text("utf-8"))
        if not isinstance(saved, dict):
            raise ValueError("it is no JSON object")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        tell(f"The settings in {path} cannot be read ({error}), so the usual ones are used.")
        return Settings()
    except ValueError as error:
        tell(
            f"The settings in {path} are damaged ({error}), so the usual ones are used. "
            f"{_kept_aside(path)}"
        )
        return Settings()
    defaults = asdict(Settings())
    known = {f.name: saved[f.name] for f in fields(Settings) if _fits(saved, f.name, defaults)}
    for name in ("recent", "recent_projects"):
        known[name] = tuple(known.get(name, ()))
    known["shortcuts"] = _shortcuts(known.get("shortcuts", {}))
    return Settings(**known)


def save(settings: Settings, path: Path) -> None:
    """Write the file whole or not at all; a folder that cannot be written is logged."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
        ) as part:
            json.dump(asdict(settings), part, indent=1)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, path)
    except OSError as error:
        log.warning("settings cannot be saved to %s: %s", path, error)


def _kept_aside(path: Path) -> str:
    aside = path.with_suffix(".damaged.json")
    try:
        os.replace(path, aside)
    except OSError as error:
        return f"The damaged file could not be kept aside: {error}."
    return f"The damaged file is kept as {aside.name}."


def _shortcuts(saved: Mapping[str, Any]) -> Chosen:
    return {
        name: tuple(keys)
        for name, keys in saved.items()
        if isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    }


def _fits(saved: dict[str, object], name: str, defaults: dict[str, object]) -> bool:
    if name == "look":
        return saved.get(name) in LOOKS
    if name == "at_start":
        return saved.get(name) in STARTS
    wanted = list if name.startswith("recent") else type(defaults[name])
    return isinstance(saved.get(name), wanted)
