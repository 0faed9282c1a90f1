"""Write requirements.lock: the exact version of everything that Maskreel runs with here.

    .venv/bin/python packaging/lock.py

It starts from the dependencies and the `dev` extra in pyproject.toml and follows what each
installed package asks for, on every system that Maskreel runs on. Versions are those installed
here, without their local suffix: `torch==2.13.0` is the CUDA build where the registry has one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCK = Path(__file__).with_name("requirements.lock")
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
HEADER = """\
# Exact versions of everything Maskreel runs and is tested with. Written by packaging/lock.py.
"""


def wanted() -> list[Requirement]:
    """What pyproject.toml asks for: the dependencies and the `dev` extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [
        Requirement(line)
        for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    ]


def needs(requirement: Requirement, environment: dict[str, str]) -> Iterator[Requirement]:
    """What an installed package asks for in turn, in that environment."""
    for line in distribution(requirement.name).requires or []:
        needed = Requirement(line)
        extras = requirement.extras or {""}
        if needed.marker is None or any(
            needed.marker.evaluate({**environment, "extra": extra}) for extra in extras
        ):
            yield needed


def closure(system: str) -> set[str]:
    """Canonical names of all packages needed on that system."""
    here = {key: str(value) for key, value in default_environment().items()}
    environment = here | SYSTEMS[system]
    open_ends, names = wanted(), set[str]()
    while open_ends:
        requirement = open_ends.pop()
        name = canonicalize_name(requirement.name)
        if name not in names:
            names.add(name)
            open_ends.extend(needs(requirement, environment))
    return names


def pins() -> list[str]:
    """One line per package, sorted by name; a marker where only some systems need it."""
    needed_on = {system: closure(system) for system in SYSTEMS}
    lines = []
    for name in sorted(set().union(*needed_on.values())):
        systems = [system for system in SYSTEMS if name in needed_on[system]]
        marker = " or ".join(f'sys_platform == "{system}"' for system in systems)
        version = Version(distribution(name).version).public
        everywhere = len(systems) == len(SYSTEMS)
        lines.append(f"{name}=={version}" + ("" if everywhere else f" ; {marker}"))
    return lines


def main() -> None:
    try:
        lines = pins()
    except PackageNotFoundError as error:
        raise SystemExit(
            f"{error.name} is not installed here, so its version is unknown."
        ) from None
    LOCK.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    print(f"{LOCK}: {len(lines)} packages")


if __name__ == "__main__":
    main()
