"""All states of one window, connected: the one object that panels and actions are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from core.assets import model_folders
from core.media.writing import WRITERS
from studio.observable import watch
from studio.samples import is_sample
from studio.settings import Settings
from studio.state.export import Export
from studio.state.framing import Framing
from studio.state.generation import Generation, Phase, Runs
from studio.state.masks import Masks
from studio.state.models import Models
from studio.state.notices import Notices
from studio.state.playback import Playback
from studio.state.recipe import Recipe
from studio.state.result import Result
from studio.state.session import Session
from studio.state.stage import Stage
from studio.state.tools import Tools


class Studio(QObject):
    """All states of one window, connected. It knows no widget.

    Attributes are the states; `settings` is what is remembered at the next start.
    """

    def __init__(
        self,
        engine: Runs,
        settings: Settings | None = None,
        model_places: tuple[Path, ...] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.notices = Notices(self)
        self.session = Session(self.notices, self)
        self.playback = Playback(self)
        self.masks = Masks(self)
        self.tools = Tools(self)
        folders = model_folders() if model_places is None else model_places
        self.models = Models(engine, self.notices, folders, self)
        self.recipe = Recipe(self.models, self)
        self.framing = Framing(self.session, self.masks, self.playback, self.recipe, self)
        self.generation = Generation(engine, self.notices, self)
        self.result = Result(self.generation, self)
        self.export = Export(self.session, self.playback, self.result, self.notices, self)
        self.session.changed("clip").connect(lambda _clip: self._start_over())
        self.stage = Stage(
            self.session,
            self.playback,
            self.masks,
            self.tools,
            self.framing,
            self.generation,
            self.result,
            self,
        )
        self.masks.edited.connect(self.playback.go)
        watch(self.playback, "out_mark", self._end_result_at_mark)
        self._recall()

    @property
    def obstacle(self) -> str:
        """Why nothing can be generated now, or ""."""
        window, track = self.framing.window, self.masks.track
        if self.session.clip is None:
            return "Open a clip first."
        if self.recipe.card is None or window is None:
            return f"No model is installed. Copy a model's folder into {model_folders()[1]}."
        if obstacle := self.recipe.obstacle(self.recipe.chosen_task):
            return obstacle
        if self.generation.running:
            return "A generation is running."
        if self.recipe.chosen_task.painted and (track is None or track.empty):
            return "Paint over what shall be generated first."
        return ""

    def generate(self) -> None:
        """Run what is chosen, and put the mask aside so that the result is seen."""
        clip, window = self.session.clip, self.framing.window
        if self.obstacle or clip is None or window is None:
            return
        self.notices.dismiss()
        self.tools.mask_shown = False
        self._end_result_at_mark()
        if self.playback.position not in window.range:
            self.playback.go(window.first)
        self.generation.begin(self.recipe.request(str(clip.path), window, self.masks.track))

    def pause_or_resume(self) -> None:
        if self.generation.phase in (Phase.PREPARING, Phase.DECODING):
            self.generation.pause()
        else:
            self.notices.dismiss()
            self.generation.resume()

    async def end(self) -> None:
        """Stop all work and let go of all files."""
        self.playback.pause()
        self.generation.stop()
        await self.generation.ended()
        self.export.end()
        await self.export.ended()
        self.session.end()

    def remembered(self, geometry: str) -> Settings:
        """The settings for the next start."""
        return replace(
            self.settings,
            geometry=geometry,
            brush_size=self.tools.brush_size,
            loop=self.playback.loop,
            bundle=self.recipe.bundle,
            writer=self.export.writer,
            export_folder=str(self.export.folder or ""),
        )

    def _recall(self) -> None:
        self.tools.resize_brush(self.settings.brush_size)
        self.playback.loop = self.settings.loop
        if self.models.card(self.settings.bundle) is not None:
            self.recipe.bundle = self.settings.bundle
        if self.settings.writer in WRITERS:
            self.export.writer = self.settings.writer
        if self.settings.export_folder:
            self.export.folder = Path(self.settings.export_folder)

    def _start_over(self) -> None:
        clip = self.session.clip
        self.generation.forget()
        if clip is not None:
            self.playback.open(len(clip), clip.rate)
            self.masks.open(clip.size)
            self.framing.open()
            if not is_sample(clip.path):
                self.settings = self.settings.opened(clip.path)

    def _end_result_at_mark(self) -> None:
        self.result.last = self.playback.out_mark
