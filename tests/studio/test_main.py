"""The command `maskreel` and its exit codes."""

from __future__ import annotations

import runpy
import sys

import pytest

from core.__main__ import VERBS
from studio.__main__ import COMMANDS, STOPPED, main


def test_every_verb_of_core_is_known() -> None:
    assert set(COMMANDS) == set(VERBS)


@pytest.mark.parametrize("command", COMMANDS)
def test_words_of_core_are_handed_over(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["maskreel"])
    monkeypatch.setattr(runpy, "run_module", lambda *_names, **_how: asked.append(sys.argv[1:]))

    assert main([command, "--help"]) == 0

    assert asked == [[command, "--help"]]


def test_exit_code_of_core_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_names: str, **_how: object) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(sys, "argv", ["maskreel"])
    monkeypatch.setattr(runpy, "run_module", refuse)

    assert main(["doctor"]) == 1


def test_wrong_usage_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--no-such-option"])

    assert end.value.code == 2
    assert "--no-such-option" in capsys.readouterr().err


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("maskreel ")


def test_stop_from_the_keyboard_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_coroutine: object) -> int:
        _coroutine.close()
        raise KeyboardInterrupt

    monkeypatch.setattr("studio.app.run", stopped)

    assert main([]) == STOPPED
