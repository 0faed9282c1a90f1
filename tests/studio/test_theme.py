"""Both looks can be read, and a window that is open changes from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from studio import theme
from studio.app import keep_preferences
from studio.settings import LOOKS, Look, Settings, load
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run

Role, Group = QPalette.ColorRole, QPalette.ColorGroup
LEAST = 4.5

OF_PALETTE = (
    (Role.WindowText, Role.Window),
    (Role.Text, Role.Base),
    (Role.Text, Role.AlternateBase),
    (Role.PlaceholderText, Role.Base),
    (Role.ButtonText, Role.Button),
    (Role.BrightText, Role.Button),
    (Role.ToolTipText, Role.ToolTipBase),
    (Role.HighlightedText, Role.Highlight),
    (Role.Link, Role.Window),
    (Role.Link, Role.Base),
    (Role.LinkVisited, Role.Base),
)
OF_SHEET = (
    *((theme.TEXT, ground) for ground in (theme.RAISED, theme.HOVER, theme.CANVAS)),
    *((theme.TEXT_DIM, ground) for ground in (theme.BACKGROUND, theme.PANEL, theme.CANVAS)),
    *((theme.TEXT_DIM, ground) for ground in (theme.HOVER, theme.RAISED)),
    *((theme.ACCENT, ground) for ground in (theme.BACKGROUND, theme.PANEL)),
    *((theme.ERROR, ground) for ground in (theme.BACKGROUND, theme.PANEL)),
    *((theme.TEXT_OFF, ground) for ground in (theme.BACKGROUND, theme.PANEL)),
    *((theme.WARNING, ground) for ground in (theme.PANEL, theme.HOVER)),
    *((theme.ON_DEEP, ground) for ground in (theme.ACCENT_DEEP, theme.ACCENT_HOVER)),
    (theme.KEPT, theme.UNDER_PICTURE),
    (theme.ON_PICTURE, theme.UNDER_PICTURE),
)


@pytest.fixture(autouse=True)
def _dark_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp)


def contrast(one: QColor, other: QColor) -> float:
    """Of two colours, as WCAG 2 defines it: 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def test_contrast_is_that_of_the_definition() -> None:
    assert contrast(QColor("#ffffff"), QColor("#000000")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", LOOKS)
def test_all_text_of_the_palette_can_be_read(qapp: QApplication, look: Look) -> None:
    theme.apply(qapp, look)
    palette = qapp.palette()

    faint = {
        (group.name, text.name, ground.name): round(found, 2)
        for group in (Group.Active, Group.Inactive, Group.Disabled)
        for text, ground in OF_PALETTE
        if (found := contrast(palette.color(group, text), palette.color(group, ground))) < LEAST
    }

    assert faint == {}


@pytest.mark.parametrize("look", LOOKS)
def test_all_text_of_the_style_sheet_and_of_painted_widgets_can_be_read(
    qapp: QApplication, look: Look
) -> None:
    theme.apply(qapp, look)

    faint = [
        (text.name(), ground.name()) for text, ground in OF_SHEET if contrast(text, ground) < LEAST
    ]

    assert faint == []


def test_light_is_light_and_dark_is_dark(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    light = qapp.palette().color(Role.Window).lightness()
    theme.apply(qapp, "dark")

    assert light > 200
    assert qapp.palette().color(Role.Window).lightness() < 60


def colour_at(widget: QWidget, place: QPoint) -> str:
    return widget.grab(QRect(place, place)).toImage().pixelColor(0, 0).name()


def brightest(icon: QIcon, state: QIcon.State = QIcon.State.Off) -> int:
    """Of what an icon draws."""
    image = icon.pixmap(20, QIcon.Mode.Normal, state).toImage()
    colours = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return max(colour.lightness() for colour in colours if colour.alpha() > 250)


def test_open_window_follows(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), write_numbered(tmp_path / "clip.mkv")) as window:
            corner = QPoint(1, 1)
            painted = {
                window.canvas.view: theme.CANVAS,
                window.bottom.timeline: theme.PANEL,
                window.bottom.lane: theme.PANEL,
                window.bottom.strip: theme.PANEL,
            }
            button = window.tools.buttons["lasso"]
            primary = window.inspector.job.generate
            for look in ("light", "dark"):
                window.actions_[f"look_{look}"].trigger()

                for widget, colour in painted.items():
                    assert colour_at(widget, corner) == colour.name(), widget
                assert (brightest(button.icon()) < 60) == (look == "light")
                assert brightest(button.icon(), QIcon.State.On) == 255
                assert brightest(primary.icon()) == 255
                assert window.actions_[f"look_{look}"].isChecked()

    run(scenario())


def test_look_of_the_system_changes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            changed = QGuiApplication.styleHints().colorSchemeChanged
            monkeypatch.setattr(theme, "_system_is_light", lambda _app: True)
            changed.emit(Qt.ColorScheme.Light)
            assert theme.PANEL.lightness() < 60

            window.actions_["look_system"].trigger()
            assert theme.PANEL.lightness() > 200

            monkeypatch.setattr(theme, "_system_is_light", lambda _app: False)
            changed.emit(Qt.ColorScheme.Dark)
            assert theme.PANEL.lightness() < 60

    run(scenario())


def test_look_is_kept_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        place = tmp_path / "settings.json"
        async with opened(ReplayingEngine()) as window:
            keep_preferences(window, place)
            window.actions_["look_light"].trigger()

            assert load(place).look == "light"
        async with opened(ReplayingEngine(), settings=load(place)) as window:
            assert window.studio.preferences.look == "light"
            assert theme.PANEL.lightness() > 200

    run(scenario())


def test_unknown_look_is_the_usual_one(tmp_path: Path) -> None:
    place = tmp_path / "settings.json"
    place.write_text('{"look": "purple", "loop": false}')

    assert load(place) == Settings(loop=False)
