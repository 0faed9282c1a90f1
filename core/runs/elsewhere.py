"""A run for other machines: a folder with all that it needs, and the command that trains it there.

The folder is copied or shared as it is. Every path in its command is relative to it, so that it
may lie anywhere. Its model is written into it as well.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import UserError
from core.requests import FinetuneRequest
from core.runs.plan import Asked
from core.runs.starting import arguments

SCRIPT = "run.sh"
MODEL, CLIPS, OLD, MODELS = "model", "clips", "old", "models"
PORT = 29500


@dataclass(frozen=True)
class Machines:
    """Attributes:
    nodes: how many machines train together; processes: of each, one per GPU.
    address: name or number of the first machine, as the others reach it; with one it is not needed.
    """

    nodes: int = 1
    processes: int = 1
    address: str = ""

    @property
    def obstacle(self) -> str:
        """What is wrong with it, or ""."""
        if self.nodes > 1 and not self.address.strip():
            return "Several machines need the address of the first one, to find each other."
        return ""


def command(request: FinetuneRequest, machines: Machines, node: str = "0") -> str:
    """The line that trains a run from inside its folder.

    Args:
        request: with the paths that are to stand there.
        node: number of the machine among several, from 0, or a shell's expression for it.
    """
    together = [f"--nproc-per-node={machines.processes}"]
    if machines.nodes == 1:
        together.insert(0, "--standalone")
    else:
        together.insert(0, f"--nnodes={machines.nodes}")
        together += [f"--node-rank={node}", f"--master-addr={machines.address.strip()}"]
        together.append(f"--master-port={PORT}")
    words = ["torchrun", *together, "-m", "core", *arguments(request)]
    return " ".join(word if word == f"--node-rank={node}" else shlex.quote(word) for word in words)


def commands(request: FinetuneRequest, machines: Machines) -> tuple[str, ...]:
    """What is typed on each machine, inside the folder."""
    inside = in_folder(request)
    return tuple(command(inside, machines, str(node)) for node in range(machines.nodes))


def in_folder(request: FinetuneRequest) -> FinetuneRequest:
    """The request with all that it needs inside its run's folder."""
    return replace(
        request,
        bundle=MODEL,
        clips=tuple(f"{CLIPS}/{name}" for name in _names(request.clips)),
        old=tuple(f"{OLD}/{name}" for name in _names(request.old)),
        run=Path("."),
        models=Path(MODELS),
    )


def bytes_to_copy(request: FinetuneRequest) -> int:
    """How large the folder will be."""
    return sum(_size(Path(path)) for path in (request.bundle, *request.clips, *request.old))


def write_folder(asked: Asked, machines: Machines) -> Generator[Path, None, None]:
    """Writes the folder; each thing is yielded before it is copied.

    Raises:
        UserError: the folder exists with something in it, or cannot be written.
    """
    request = asked.request
    run = request.run
    if run.is_dir() and any(run.iterdir()):
        raise UserError(f"{run} is not empty. Choose another folder for the run.")
    copies = [(Path(request.bundle), run / MODEL)]
    for paths, place in ((request.clips, CLIPS), (request.old, OLD)):
        copies += [
            (Path(path), run / place / name)
            for path, name in zip(paths, _names(paths), strict=True)
        ]
    try:
        for source, target in copies:
            yield source
            _copy(source, target)
        _write_script(run / SCRIPT, asked, machines)
    except OSError as error:
        raise UserError(
            f"The run's folder {run} could not be written: {error.strerror or error}. Make room, "
            "or choose another folder."
        ) from error
    replace(asked, request=replace(in_folder(request), run=run)).write()


def _write_script(path: Path, asked: Asked, machines: Machines) -> None:
    line = command(in_folder(asked.request), machines, '"${1:-0}"')
    several = machines.nodes > 1
    usage = f" with the machine's number, 0 to {machines.nodes - 1}" if several else ""
    text = (
        "#!/bin/sh\n"
        f"# Trains “{asked.request.name}” from “{asked.parent}”. Maskreel must be installed here.\n"
        f"# Start it{usage}; start it again to go on after a pause.\n"
        'cd "$(dirname "$0")" || exit 1\n'
        f"exec {line}\n"
    )
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(0o755)
    os.replace(partial, path)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _names(paths: tuple[str, ...]) -> list[str]:
    """Names for copies, none twice."""
    names: list[str] = []
    for path in map(Path, paths):
        name, number = path.name, 2
        while name in names:
            name, number = f"{path.stem}-{number}{path.suffix}", number + 1
        names.append(name)
    return names


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.exists() else 0
