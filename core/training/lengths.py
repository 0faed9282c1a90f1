"""How many frames videos have, remembered between runs in the user's cache folder.

One file per data set of many files: name → [bytes, time of change, frames]. A video that has
changed is counted anew, and so is one that could not be used.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import platformdirs

from core.errors import UserError
from core.training.readers import Layout, Listed

_LOG = logging.getLogger(__name__)

WORTH_REMEMBERING = 100
"""Fewer files than this are counted faster than anybody notices."""

Known = dict[str, list[int]]


def count_frames(
    root: Path, layout: Layout, videos: Sequence[Listed]
) -> tuple[dict[str, int], dict[str, str]]:
    """Frames of the videos that can be used, and why the others cannot; both by name."""
    path = _cache_file(root)
    before = _load(path)
    known: Known = {}
    frames: dict[str, int] = {}
    problems: dict[str, str] = {}
    for video in videos:
        try:
            if video.problem:
                raise UserError(video.problem)
            frames[video.name] = video.frames or _counted(layout, video, before, known)
        except UserError as error:
            problems[video.name] = str(error)
    changed = [name for name in known if before.get(name) != known[name]]
    if changed and len(known) >= WORTH_REMEMBERING:
        _save(path, before | known)
    return frames, problems


def _counted(layout: Layout, video: Listed, before: Mapping[str, list[int]], known: Known) -> int:
    try:
        status = video.path.stat()
    except OSError as error:
        raise UserError(f"“{video.path}” is not there.") from error
    stamp = [status.st_size, status.st_mtime_ns]
    row = before.get(video.name)
    count = row[2] if row and row[:2] == stamp else layout.count(video)
    known[video.name] = [*stamp, count]
    return count


def _cache_file(root: Path) -> Path:
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:32]
    return Path(platformdirs.user_cache_dir("maskreel", appauthor=False)) / f"lengths/{name}.json"


def _load(path: Path) -> Known:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _LOG.info("%s cannot be used, frames are counted anew: %s", path, error)
        return {}


def _save(path: Path, known: Known) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(known), encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        _LOG.info("%s cannot be written, frames will be counted again: %s", path, error)
