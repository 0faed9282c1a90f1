"""The wheel holds all of Maskreel and runs from where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "studio", "assets")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    target = tmp_path_factory.mktemp("wheel")
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", target, source]
    subprocess.run(build, check=True)
    return next(target.glob("maskreel-*.whl"))


def files_of_checkout() -> set[str]:
    """What the program needs: all but the maps of the folders and the pictures of the README."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not {"__pycache__", "screenshots"} & set(path.parts)
        if package == "assets" or path.suffix != ".md"
    }


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert inside == files_of_checkout()


def test_wheel_carries_licence_and_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info"

    assert "Apache License" in archive.read(f"{info}/licenses/LICENSE").decode()
    assert "maskreel = studio.__main__:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_installed_wheel_finds_its_own_assets(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run([*PIP, "install", "--no-deps", "--target", installed, wheel], check=True)
    files = [name.removeprefix("assets/") for name in files_of_checkout() if name[:7] == "assets/"]
    question = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        f"from core.assets import asset; print(*map(asset, {sorted(files)}), sep='\\n')"
    )

    command = [sys.executable, "-P", "-c", question]
    answer = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines() == [
        str(installed / "assets" / name) for name in sorted(files)
    ]
