"""How the studio looks, dark or light: colours, sizes, palette, style sheet and icons.

The palette is set explicitly and not taken from the desktop, so real windows, offscreen pictures
and tests agree. Greys are neutral, because a tinted surround changes how a picture is seen. Text
has a contrast of 4.5:1 at least, that of disabled things too.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from core.assets import asset
from studio.settings import Look

_BOTH: list[tuple[QColor, QColor, QColor]] = []


def _both(dark: str, light: str) -> QColor:
    """A colour of the look in use. It changes in place: whoever holds it follows the look."""
    colour = QColor(dark)
    _BOTH.append((colour, QColor(dark), QColor(light)))
    return colour


CANVAS = _both("#131315", "#c6c7ca")  # around the picture
BACKGROUND = _both("#1b1c1e", "#ffffff")
PANEL = _both("#232427", "#f1f1f3")
RAISED = _both("#2e3034", "#e4e5e8")  # buttons and fields
HOVER = _both("#383b40", "#d8dade")
LINE = _both("#3d4046", "#b9bcc2")
TEXT = _both("#dfe1e5", "#1d1e21")
TEXT_DIM = _both("#a9adb5", "#4a4d54")
TEXT_OFF = _both("#898e96", "#696d75")  # of what is disabled; on PANEL and BACKGROUND
ICON_OFF = _both("#6c7078", "#a3a7ad")

ACCENT = _both("#4c9be8", "#1a66b3")  # focus, playhead, chosen things
ACCENT_DEEP = QColor("#2f6fae")  # behind ON_DEEP
ACCENT_HOVER = _both("#3475b6", "#255f9b")  # the same under the cursor
ON_DEEP = QColor("#ffffff")
INFO, WARNING, ERROR = ACCENT, _both("#e8b04a", "#875200"), _both("#ef6461", "#b3262a")

# Over and under pictures, which no look changes.
ON_PICTURE = QColor("#dfe1e5")
UNDER_PICTURE = QColor("#1b1c1e")
PAINTED = QColor("#ff5c8a")  # the painted region
KEPT = QColor("#f2b04a")  # generated tokens
GIVEN = QColor("#4fb39a")  # what came from the user

FONT_PX = 13
SMALL_PX = 11
ICON_PX = 20
CONTROL_PX = 26  # height of buttons and fields
GAP_PX = 8
FIELD_MARGIN_PX = 5  # a style sheet cannot pad the text of a spin box; its line edit can
RADIUS_PX = 4

_FONTS = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans"]
_ICON_SIZES = (16, 20)
_ICON_SCALES = (1, 2)


def apply(app: QApplication, look: Look = "dark") -> None:
    """Gives the whole application a look, also while its windows are open."""
    light = look == "light" or (look == "system" and _system_is_light(app))
    for colour, *values in _BOTH:
        colour.setRgb(values[light].rgb())
    icon.cache_clear()
    app.setStyle("Fusion")
    app.setPalette(palette())
    app.setFont(font(FONT_PX))
    app.setStyleSheet(_style_sheet())
    for widget in app.allWidgets():
        for thing in (widget, *widget.actions()):
            if isinstance(thing, (QAbstractButton, QAction)) and thing.property(_ICON):
                set_icon(thing, thing.property(_ICON), thing.property(_GROUND))


def _system_is_light(app: QApplication) -> bool:
    return app.styleHints().colorScheme() == Qt.ColorScheme.Light


def font(pixels: int, *, bold: bool = False, tabular: bool = False) -> QFont:
    """The studio's font; `tabular` gives every digit the same width, for running numbers."""
    chosen = QFont()
    chosen.setFamilies(_FONTS)
    chosen.setPixelSize(pixels)
    chosen.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    if tabular:
        chosen.setFeature(QFont.Tag("tnum"), 1)
    return chosen


def mono(pixels: int) -> QFont:
    """A font with letters of one width, for logs and files."""
    chosen = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    chosen.setPixelSize(pixels)
    return chosen


def palette() -> QPalette:
    """The palette of the look in use, all colour groups set."""
    made = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: PANEL,
        role.WindowText: TEXT,
        role.Base: BACKGROUND,
        role.AlternateBase: PANEL,
        role.Text: TEXT,
        role.PlaceholderText: TEXT_OFF,
        role.Button: RAISED,
        role.ButtonText: TEXT,
        role.BrightText: TEXT,
        role.ToolTipBase: RAISED,
        role.ToolTipText: TEXT,
        role.Highlight: ACCENT_DEEP,
        role.HighlightedText: ON_DEEP,
        role.Accent: ACCENT,
        role.Link: ACCENT,
        role.LinkVisited: ACCENT,
        role.Light: HOVER,
        role.Midlight: RAISED,
        role.Mid: LINE,
        role.Dark: BACKGROUND,
        role.Shadow: CANVAS,
    }
    for where, colour in colours.items():
        made.setColor(where, colour)
    disabled = {
        role.WindowText: TEXT_OFF,
        role.Text: TEXT_OFF,
        role.ButtonText: TEXT_OFF,
        role.Button: PANEL,
        role.Highlight: RAISED,
        role.HighlightedText: TEXT_DIM,
    }
    for where, colour in disabled.items():
        made.setColor(QPalette.ColorGroup.Disabled, where, colour)
    return made


Ground = Literal["plain", "switch", "accent"]
"""What an icon lies on: never on ACCENT_DEEP, only while it is switched on, always."""

_ICON, _GROUND = "icon_name", "icon_ground"


def set_icon(thing: QAbstractButton | QAction, name: str, ground: Ground = "switch") -> None:
    """Gives a button or an action the icon `name`, which follows when the look changes."""
    thing.setProperty(_ICON, name)
    thing.setProperty(_GROUND, ground)
    thing.setIcon(icon(name, ground))


def set_icon_of(button: QAbstractButton, action: QAction, ground: Ground) -> None:
    """Gives a button the icon of an action."""
    set_icon(button, action.property(_ICON), ground)


def set_role(widget: QWidget, role: str) -> None:
    """Gives a label another look, one of the style sheet's."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


@cache
def icon(name: str, ground: Ground = "switch") -> QIcon:
    """The line icon `name` of assets/icons, drawn for 1x and 2x screens and every state.

    Raises:
        UserError: there is no such icon.
    """
    made = QIcon()
    for mode, state, colour in (
        (QIcon.Mode.Normal, QIcon.State.Off, ON_DEEP if ground == "accent" else TEXT),
        (QIcon.Mode.Normal, QIcon.State.On, TEXT if ground == "plain" else ON_DEEP),
        (QIcon.Mode.Disabled, QIcon.State.Off, ICON_OFF),
    ):
        drawing = _drawing(name, colour)
        for size in _ICON_SIZES:
            for scale in _ICON_SCALES:
                made.addPixmap(_drawn(drawing, size, scale), mode, state)
    return made


def icon_pixmap(name: str, colour: QColor, size: int = ICON_PX, scale: float = 1.0) -> QPixmap:
    """The icon `name` in one colour, `size` logical pixels wide, for a screen of that scale."""
    return _drawn(_drawing(name, colour), size, scale)


def _drawing(name: str, colour: QColor) -> QSvgRenderer:
    source = asset(f"icons/{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(source.replace("#000", colour.name()).encode()))


def _drawn(drawing: QSvgRenderer, size: int, scale: float) -> QPixmap:
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    drawing.render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def _style_sheet() -> str:
    names = {
        "canvas": CANVAS,
        "background": BACKGROUND,
        "panel": PANEL,
        "raised": RAISED,
        "hover": HOVER,
        "line": LINE,
        "text": TEXT,
        "dim": TEXT_DIM,
        "off": TEXT_OFF,
        "accent": ACCENT,
        "deep": ACCENT_DEEP,
        "under": ACCENT_HOVER,
        "white": ON_DEEP,
        "warning": WARNING,
        "error": ERROR,
    }
    sheet = _SHEET
    for name, colour in names.items():
        sheet = sheet.replace(f"@{name}", colour.name())
    sheet = sheet.replace("@icons", asset("icons").as_posix())
    return sheet.replace("@radius", f"{RADIUS_PX}px").replace("@small", f"{SMALL_PX}px")


# A style sheet only where Fusion with the palette is not enough.
_SHEET = """
QMainWindow, QDialog { background: @background; }
QMainWindow::separator { background: @canvas; width: 3px; height: 3px; }
QMainWindow::separator:hover { background: @accent; }
QToolTip { background: @raised; color: @text; border: 1px solid @line; padding: 4px 6px; }

QMenuBar { background: @background; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: @radius; background: transparent; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @panel; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 10px; border-radius: 3px; }
QMenu::item:selected { background: @deep; color: @white; }
QMenu::item:disabled { color: @off; background: transparent; }
QMenu::separator { height: 1px; background: @line; margin: 4px 6px; }

QToolBar { background: @background; border: none; spacing: 2px; padding: 3px; }
QToolBar::separator { background: @line; width: 1px; margin: 5px 5px; }
QToolButton { border: 1px solid transparent; border-radius: @radius; padding: 3px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @raised; }
QToolButton:checked { background: @deep; }
QToolButton:focus { border-color: @accent; }

QToolButton[more="true"] { background: @raised; border-color: @line; min-height: 18px; }
QToolButton[more="true"]:hover { background: @hover; }
QToolButton[more="true"]:focus { border-color: @accent; }
QToolButton[more="true"]::menu-indicator { image: none; }

QToolButton[fold="true"] { color: @dim; padding: 3px 6px 3px 0; margin-left: -6px; }
QToolButton[fold="true"]:checked { background: transparent; color: @text; }
QToolButton[fold="true"]:hover { color: @text; background: transparent; }

QLineEdit, QAbstractSpinBox, QComboBox { background: @background; border: 1px solid @line;
    border-radius: @radius; padding: 2px 6px; min-height: 20px;
    selection-background-color: @deep; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: @off; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: @accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @off;
    background: @panel; }
QLineEdit { padding: 2px 4px; }
QAbstractSpinBox { padding: 2px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 18px; border: none;
    background: transparent; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: @hover; }
QAbstractSpinBox::up-arrow { image: url(@icons/arrow-up.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url(@icons/arrow-down.svg); width: 10px; height: 10px; }
QComboBox::drop-down { width: 20px; border: none; }
QComboBox::down-arrow { image: url(@icons/arrow-down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @line; outline: none;
    selection-background-color: @deep; padding: 2px; }

QPlainTextEdit { background: @background; border: 1px solid @line; border-radius: @radius;
    selection-background-color: @deep; selection-color: @white; padding: 4px; }
QPlainTextEdit:focus { border-color: @accent; }

TileView { border: 1px solid transparent; }
TileView:focus { border-color: @accent; }

QListWidget { background: transparent; outline: none; }
QListWidget::item { padding: 0 8px; border: 1px solid transparent; border-radius: @radius; }
QListWidget::item:hover { background: @hover; }
QListWidget::item:selected { background: @deep; color: @white; }
QListWidget:focus::item:selected { border-color: @accent; }

QTreeWidget { background: @background; border: 1px solid @line; border-radius: @radius;
    outline: none; }
QTreeWidget::item { padding: 4px 4px; }
QTreeWidget::item:hover { background: @hover; }
QTreeWidget::item:selected { background: @deep; color: @white; }
QHeaderView { background: @panel; border: none; border-bottom: 1px solid @line; }
QHeaderView::section { background: @panel; color: @dim; border: none; padding: 4px 6px; }

QCheckBox { spacing: 7px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid @off; border-radius: 3px;
    background: @background; }
QCheckBox::indicator:hover { border-color: @dim; }
QCheckBox:focus::indicator, QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox::indicator:checked { background: @deep; border-color: @deep;
    image: url(@icons/tick.svg); }
QCheckBox:focus::indicator:checked { border-color: @white; }
QCheckBox::indicator:disabled { background: @panel; border-color: @line; }

QPushButton { background: @raised; border: 1px solid @line; border-radius: @radius;
              padding: 4px 12px; min-height: 16px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @panel; }
QPushButton:disabled { color: @off; background: @panel; }
QPushButton:focus { border-color: @accent; }
QPushButton[primary="true"] { background: @deep; border-color: @deep; color: @white;
                              font-weight: 600; }
QPushButton[primary="true"]:hover { background: @under; border-color: @under; }
QPushButton[primary="true"]:focus { border-color: @white; }
QPushButton[primary="true"]:disabled { background: @panel; border-color: @line; color: @off; }

QPushButton[large="true"] { padding: 8px 16px; min-height: 22px; }
QToolButton[link="true"] { color: @accent; padding: 3px 6px; }
QScrollArea > QWidget > QWidget#welcome { background: @background; }
QFrame[role="line"] { background: @line; }
QFrame[job="running"], QFrame[job="paused"], QFrame[job="failed"] { background: @panel;
    border: 1px solid @line; border-radius: @radius; }
QFrame[job="running"] { border-left: 3px solid @accent; }
QFrame[job="paused"] { border-left: 3px solid @warning; }
QFrame[job="failed"] { border-left: 3px solid @error; }
QFrame[role="card"] { background: @panel; border: 1px solid @line; border-radius: @radius; }
QLabel[role="picture"] { background: @canvas; border: none; }
QLabel[role="heading"] { color: @dim; font-size: @small; font-weight: 600; }
QLabel[role="dim"] { color: @dim; }
QLabel[role="small"] { color: @dim; font-size: @small; }
QLabel[role="warning"] { color: @warning; font-size: @small; }
QLabel[role="error"] { color: @error; font-size: @small; font-weight: 600; }
QLabel[role="badge"] { background: @accent; color: @background; border: 1px solid @background;
    border-radius: 7px; }

QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: @panel; padding: 5px 8px; }
QTabBar::tab { background: transparent; color: @dim; padding: 6px 12px;
               border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:hover { color: @text; }
QTabWidget::pane { border: none; }
QStatusBar { background: @background; color: @dim; }
QStatusBar::item { border: none; }

QProgressBar { background: @canvas; border: none; border-radius: 3px; max-height: 6px;
               min-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @canvas; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: @deep; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -4px 0; border-radius: 6px;
                             background: @text; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: @accent; }
QSlider::handle:horizontal:disabled { background: @off; }

QScrollBar:horizontal { height: 10px; background: transparent; margin: 0; }
QScrollBar:vertical { width: 10px; background: transparent; margin: 0; }
QScrollBar::handle { background: @line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:hover { background: @off; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QFrame[notice="info"], QFrame[notice="warning"], QFrame[notice="error"] {
    background: @raised; border: 1px solid @line; border-radius: @radius; }
QFrame[overlay="true"] { background: @panel; border: 1px solid @off; }
QFrame[floating="true"] { background: @panel; border: 1px solid @line; border-radius: @radius;
    margin-bottom: 6px; }
QFrame[notice="info"] { border-left: 3px solid @accent; }
QFrame[notice="warning"] { border-left: 3px solid @warning; }
QFrame[notice="error"] { border-left: 3px solid @error; }
"""
