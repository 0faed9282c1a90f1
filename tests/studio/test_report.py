"""No name of a person, a machine or a private folder is left in a report."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from core.errors import UserError
from studio.report import Privacy, privacy, write_report

HOME, USER, HOST = "/home/erika.muster", "erika.muster", "erikas-thinkpad"
FOOTAGE = "/mnt/Festplatte 2/Hochzeit Meier & Söhne"
CLIP = "Trauung (Kirche) é 1.mp4"
SECRETS = (
    "erika", "muster", "thinkpad", "Festplatte", "Hochzeit", "Meier", "Söhne", "S\\u00f6hne",
    "S%C3%B6hne", "Kunde", "Projekt X",
)  # fmt: skip
NAMES = ("Trauung", "Kirche", "geheim")


def of_erika(*, hide_names: bool = False) -> Privacy:
    return Privacy(
        {HOME: "~", FOOTAGE: "<folder 1>"},
        {USER: "<user>", HOST: "<host>"},
        (CLIP, Path(CLIP).stem),
        hide_names,
    )


TEXTS = (
    f"2026-11-20 20:00:00 ERROR engine: “{FOOTAGE}/{CLIP}” is not there.",
    json.dumps({"recent": [f"{FOOTAGE}/{CLIP}", f"{HOME}/videos/geheim.mov"]}),
    json.dumps({"folder": FOOTAGE}, ensure_ascii=False),
    f"file://{quote(FOOTAGE)}/{quote(CLIP)}",
    f'  File "{HOME}/maskreel/studio/app.py", line 12, in run',
    f"no such file: {FOOTAGE}/{CLIP}!r {Path(FOOTAGE, CLIP)!r}",
    f"settings cannot be saved to {HOME}/.config/maskreel/settings.json: no space",
    f"/srv/Kunde/Projekt/geheim.mp4 and “/srv/Projekt X/roh/geheim.mp4”, host {HOST.upper()}",
    f"{USER}@{HOST}:~$ maskreel",
    r"C:\Users\erika.muster\Videos\Projekt X\geheim.mp4".replace("Projekt X", "Kunde"),
    json.dumps({"windows": r"D:\Kunde\Projekt X\geheim.mp4"}),
    r"\\erikas-thinkpad\Kunde\geheim.mp4",
)


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_private_is_left(text: str) -> None:
    cleaned = of_erika().cleaned(text)

    assert [secret for secret in SECRETS if secret.lower() in cleaned.lower()] == []


@pytest.mark.parametrize("text", TEXTS)
def test_names_of_clips_go_when_that_is_asked(text: str) -> None:
    cleaned = of_erika(hide_names=True).cleaned(text)

    assert [name for name in (*SECRETS, *NAMES) if name.lower() in cleaned.lower()] == []


def test_what_helps_is_still_there() -> None:
    cleaned = of_erika().cleaned

    assert cleaned(TEXTS[0]).endswith(f"“<folder 1>/{CLIP}” is not there.")
    assert cleaned(TEXTS[4]) == '  File "~/maskreel/studio/app.py", line 12, in run'
    assert cleaned("12 / 34 frames, 3/4 done, and/or") == "12 / 34 frames, 3/4 done, and/or"
    assert cleaned('File "/usr/lib/python3.11/json.py"') == 'File "/usr/lib/python3.11/json.py"'
    assert cleaned("https://arxiv.org/abs/2212.05199") == "https://arxiv.org/abs/2212.05199"


def test_this_machine_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", HOME)
    monkeypatch.setenv("LOGNAME", "emuster")
    monkeypatch.setattr("socket.gethostname", lambda: HOST)
    here = privacy([FOOTAGE, "/", ""], [CLIP])

    cleaned = here.cleaned(f"emuster, ERIKA.MUSTER at {HOST}: {HOME}/a {FOOTAGE}/{CLIP} {__file__}")

    assert cleaned == (
        f"<user>, <user> at <host>: ~/a <folder 1>/{CLIP} <maskreel>/tests/studio/test_report.py"
    )


def test_zip_is_whole_or_not_there(tmp_path: Path) -> None:
    write_report({"log.txt": "all is well"}, tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as packed:
        assert packed.read("log.txt") == b"all is well"

    with pytest.raises(UserError, match="Choose another folder"):
        write_report({"log.txt": ""}, tmp_path / "missing" / "report.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["report.zip"]
