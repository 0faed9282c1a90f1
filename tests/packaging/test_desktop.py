"""The desktop files of Linux agree with each other and with the project."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

from core.project.drafts import SUFFIX
from core.project.folder import PROJECT

LINUX = Path(__file__).resolve().parents[2] / "packaging" / "linux"


def desktop_entry() -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read(LINUX / "maskreel.desktop", "utf-8")
    return dict(parser["Desktop Entry"])


def test_desktop_entry_starts_the_command_with_a_file() -> None:
    assert desktop_entry()["Exec"] == "maskreel %f"


def test_both_files_open_the_same_kinds_of_file() -> None:
    metainfo = ElementTree.parse(LINUX / "maskreel.metainfo.xml")

    offered = [kind.text for kind in metainfo.iterfind("provides/mediatype")]

    assert offered == desktop_entry()["MimeType"].strip(";").split(";")


def test_metainfo_launches_the_desktop_entry() -> None:
    metainfo = ElementTree.parse(LINUX / "maskreel.metainfo.xml")

    assert metainfo.findtext("launchable") == "maskreel.desktop"


def test_kinds_of_our_own_are_described_and_found_by_name() -> None:
    described = ElementTree.parse(LINUX / "maskreel-mime.xml")
    space = {"m": "http://www.freedesktop.org/standards/shared-mime-info"}
    kinds = {kind.get("type"): kind for kind in described.iterfind("m:mime-type", space)}
    patterns = {kind.find("m:glob", space).get("pattern") for kind in kinds.values()}
    ours = {kind for kind in desktop_entry()["MimeType"].split(";") if "x-maskreel" in kind}

    assert set(kinds) == ours
    assert patterns == {f"*{SUFFIX}", f"*{SUFFIX}.zip"}
    assert PROJECT.endswith(SUFFIX)
