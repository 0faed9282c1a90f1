"""The bar at the bottom: the clip, tracking, the pixel under the cursor, and the device."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QStatusBar

from studio import theme
from studio.observable import bind, watch
from studio.panels.window_actions import Actions, tool_button
from studio.state.studio import Studio
from studio.widgets.clip_view import ClipView
from studio.widgets.progress import TrackingProgress
from studio.widgets.words import shortened


class StatusBar(QStatusBar):
    """Attributes:
    clip, pixel, device: the texts. tracking: how far a mask was tracked; there while it is.
    """

    def __init__(self, studio: Studio, view: ClipView, actions: Actions) -> None:
        super().__init__()
        self._studio = studio
        self.clip, self.pixel, self.device = QLabel(), QLabel(), QLabel()
        self.tracking = TrackingProgress(tool_button(actions["track_stop"], theme.SMALL_PX))
        self.setSizeGripEnabled(False)
        for label in (self.clip, self.pixel, self.device):
            label.setFont(theme.font(theme.SMALL_PX, tabular=True))
            label.setProperty("role", "small")
            label.setContentsMargins(6, 0, 6, 0)
        self.addWidget(self.clip)
        self.addPermanentWidget(self.tracking)
        self.addPermanentWidget(self.pixel)
        self.addPermanentWidget(self.device)
        watch(studio.session, "clip opening", self._show_clip)
        bind(studio.models, "device", self._show_device)
        watch(studio.tracking, "running done total", self._show_tracking)
        view.hovered.connect(self._show_pixel)

    def _show_clip(self) -> None:
        session = self._studio.session
        if session.opening:
            self.clip.setText(f"Opening {shortened(session.opening)} …")
        elif session.clip is None:
            self.clip.setText("No clip")
        else:
            clip = session.clip
            sound = "with sound" if clip.has_audio else "silent"
            self.clip.setText(
                f"{shortened(clip.path.name)}   {clip.size[0]} × {clip.size[1]}   "
                f"{float(clip.rate):.5g} fps   {len(clip)} frames   {sound}"
            )

    def _show_tracking(self) -> None:
        tracking = self._studio.tracking
        self.tracking.setVisible(tracking.running)
        self.tracking.setProgress(tracking.done, tracking.total)

    def _show_device(self, device: str) -> None:
        self.device.setText(device or "Engine is starting …")

    def _show_pixel(self, x: int, y: int) -> None:
        self.pixel.setText(f"{x}, {y}" if x >= 0 else "")
