"""The File menu: clips, projects, models, masks and settings in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.actions.project import PROJECT
from studio.actions.row import LINE, Row, no_clip, not_painted

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


def _no_new_clip(window: MainWindow) -> str:
    return "" if window.studio.recipe.card else "No model is installed."


FILE = (
    Row("open", "Open clip…", "Ctrl+O", lambda w: w.ask_for_clip(), "open"),
    Row(
        "open_folder",
        "Open folder of frames…",
        "Ctrl+Shift+O",
        lambda w: w.ask_for_folder(),
        "film",
    ),
    Row("open_sample", "Open the sample clip", "", lambda w: w.open_sample()),
    Row(
        "new_clip",
        "New blank clip",
        "Ctrl+N",
        lambda w: w.studio.asking.new_clip(),
        "add",
        _no_new_clip,
        help="Of the model's size and rate, for what is generated without a clip.",
    ),
    LINE,
    *PROJECT,
    LINE,
    Row(
        "models",
        "Models…",
        "Ctrl+M",
        lambda w: w.show_models(),
        "models",
        help="What each model can do, and more of them: from Hugging Face, a folder, a checkpoint.",
    ),
    Row("import", "Import a VideoGPT checkpoint…", "", lambda w: w.ask_for_checkpoint()),
    LINE,
    Row(
        "import_mask",
        "Import mask…",
        "Ctrl+Shift+M",
        lambda w: w.ask_for_mask(),
        obstacle=no_clip,
        help="A picture, a video, or what “Export mask” has written; white is painted.",
    ),
    Row(
        "import_mask_folder",
        "Import folder of masks…",
        "",
        lambda w: w.ask_for_mask_folder(),
        obstacle=no_clip,
        help="A picture per frame; white is painted.",
    ),
    Row(
        "export_mask",
        "Export mask…",
        "",
        lambda w: w.ask_for_mask_export(),
        obstacle=not_painted,
        help="Key frames, a picture per frame, a video, or a picture of this frame's mask.",
    ),
    LINE,
    Row("export", "Export…", "Ctrl+E", lambda w: w.ask_for_export(), "export", no_clip),
    LINE,
    Row("settings", "Settings…", "Ctrl+,", lambda w: w.show_settings(), "settings"),
    Row("quit", "Quit", "Ctrl+Q", lambda w: w.close()),
)
