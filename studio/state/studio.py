"""All states of one window, connected: the one object that panels and actions are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from core.assets import model_folders
from core.project.drafts import is_draft
from core.project.folder import TAKES
from core.requests import GenerationRequest
from core.runs.reading import RunLook
from studio.logs import log_folder
from studio.observable import bind
from studio.settings import Settings
from studio.state.asking import Asking
from studio.state.clip.blank import BlankClip
from studio.state.clip.framing import Framing
from studio.state.clip.growing import Growing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.clip.stage import Stage
from studio.state.clip.thumbnails import Thumbnails
from studio.state.compare.comparing import Comparing
from studio.state.compare.round_trips import RoundTrips
from studio.state.compare.versus import Versus
from studio.state.desk import Desk
from studio.state.estimates import Estimates
from studio.state.export.export import Export
from studio.state.export.export_choice import Choice
from studio.state.log import Log
from studio.state.models.fetching import Fetching
from studio.state.models.importing import Import
from studio.state.models.library import Library
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.painting.mask_files import MaskFiles
from studio.state.painting.masks import Masks
from studio.state.painting.selecting import Selecting
from studio.state.painting.tracking import Tracking
from studio.state.preferences import Preferences
from studio.state.projects.clips import Clips
from studio.state.projects.footage import Footage
from studio.state.projects.opening import Opening
from studio.state.projects.packing import Packing
from studio.state.projects.project import Project
from studio.state.projects.project_file import ProjectFile
from studio.state.projects.recovery import Recovery
from studio.state.recipe import Recipe
from studio.state.report import Report
from studio.state.takes.gallery import Gallery
from studio.state.takes.generation import Generation
from studio.state.takes.history import History
from studio.state.takes.jobs import Jobs
from studio.state.takes.queue import Queue
from studio.state.takes.result import Result
from studio.state.takes.results import Results
from studio.state.takes.reuse import Reuse
from studio.state.takes.take import Runs
from studio.state.tokens.branching import Branching
from studio.state.tokens.token_candidates import TokenCandidates
from studio.state.tokens.token_marks import TokenMarks
from studio.state.tools import Tools
from studio.state.training.fine_tuning import FineTuning
from studio.state.training.training_runs import TrainingRuns
from studio.state.trying import Trying
from studio.state.welcome import Welcome


class Studio(QObject):
    """All states of one window, connected. It knows no widget.

    Attributes are the states; `settings` is what is remembered at the next start.
    """

    def __init__(
        self,
        engine: Runs,
        settings: Settings | None = None,
        model_places: tuple[Path, ...] | None = None,
        measured: Path | None = None,
    ) -> None:
        """`measured` is the folder for what generations take on this device; None keeps nothing."""
        super().__init__()
        self.settings = settings or Settings()
        self.preferences = Preferences(self)
        self.notices = Notices(self)
        self.log = Log(self.notices, log_folder(), self)
        self.session = Session(self.notices, self)
        self.playback = Playback(self)
        self.masks = Masks(self)
        self.tracking = Tracking(self.session, self.masks, self.playback, self.notices, self)
        self.selecting = Selecting(self.masks, self)
        self.mask_files = MaskFiles(self.session, self.masks, self.playback, self.notices, self)
        self.tools = Tools(self)
        folders = model_folders() if model_places is None else model_places
        self._model_folders = folders
        self.models = Models(engine, self.notices, folders, self)
        self.recipe = Recipe(self.models, self)
        self.importing = Import(engine, self.models, self.recipe, _own(folders), self)
        self.queue = Queue(engine, self.notices, self)
        self.generation = Generation(self.queue, self)
        self.history = History(
            self.queue,
            self.generation,
            self.notices,
            self._title_and_rate,
            self.session.tell_past_opening,
            self,
        )
        self.growing = Growing(
            self.session,
            self.masks,
            self.playback,
            self.recipe,
            self.generation,
            self.notices,
            self,
        )
        self.framing = Framing(self.session, self.masks, self.playback, self.recipe, self)
        self.library = Library(self.models, self.queue, self.notices, _own(folders), self)
        self.fetching = Fetching(self.models, _own(folders), self)
        self.estimates = Estimates(
            engine,
            self.models,
            self.recipe,
            self.queue,
            self.notices,
            measured,
            lambda: getattr(engine, "pid", None),
            self,
        )
        self.result = Result(self.generation, self)
        self.thumbnails = Thumbnails(self.session, self.result, self)
        self.export = Export(
            engine,
            self.session,
            self.playback,
            self.masks,
            self.generation,
            self.result,
            self.notices,
            self,
        )
        self.session.changed("clip").connect(lambda _clip: self._start_over())
        self.reuse = Reuse(
            self.session,
            self.recipe,
            self.models,
            self.masks,
            self.framing,
            self.playback,
            self.notices,
            lambda: self.settings.recent,
            self,
        )
        self.report = Report(
            self.models,
            self.notices,
            lambda: self.remembered(self.settings.geometry),
            lambda: self.generation.request,
            log_folder(),
            self,
        )
        self.asking = Asking(
            self.session,
            self.playback,
            self.masks,
            self.tracking,
            self.tools,
            self.models,
            self.recipe,
            self.framing,
            self.queue,
            self.generation,
            self.history,
            self.result,
            self.notices,
            self,
        )
        self.trying = Trying(
            self.session,
            self.playback,
            self.masks,
            self.models,
            self.recipe,
            self.framing,
            self.growing,
            self.asking.new_clip,
            self,
        )
        self.welcome = Welcome(lambda: self.settings.opened_last, self._forget_recent, self)
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
        self.project = Project(
            self.session,
            self.playback,
            self.masks,
            self.framing,
            self.models,
            self.recipe,
            self.queue,
            self.generation,
            self,
        )
        self.desk = Desk(
            self.session,
            self.playback,
            self.tools,
            self.framing,
            self.recipe,
            self.generation,
            self.history,
            self.result,
            self.stage,
            self.project,
            self._opened,
            self,
        )
        self.footage = Footage(self.project, self.session, self.notices, self)
        self.clips = Clips(
            self.project,
            self.footage,
            self.session,
            self.tracking,
            self.history,
            self.notices,
            self,
        )
        self.project_file = ProjectFile(
            self.project,
            self.masks,
            self.session,
            self.stage,
            self.queue,
            self.notices,
            self.history.written,
            self,
        )
        self.packing = Packing(self.project, self.project_file, self.notices, self)
        self.recovery = Recovery(
            self.project_file, self.notices, lambda: self.settings.recent_projects, self
        )
        self.opening = Opening(self.clips, self.project_file, self.packing, self)
        self.comparing = Comparing(
            self.stage,
            self.session,
            self.framing,
            self.recipe,
            self.generation,
            self.result,
            RoundTrips(engine, self.notices, self),
            self,
        )
        self.token_marks = TokenMarks(self.generation, self.result, self.masks, self)
        self.branching = Branching(
            self.generation,
            self.queue,
            self.result,
            self.token_marks,
            self.models,
            self.notices,
            self,
        )
        self.candidates = TokenCandidates(
            engine, self.generation, self.queue, self.token_marks, self.branching, self
        )
        self.runs = TrainingRuns(self.models, self.notices, _own(folders), self)
        self.fine_tuning = FineTuning(self.session, self.models, self.recipe, self.runs, self)
        self.versus = Versus(
            self.models,
            self.recipe,
            self.queue,
            self.generation,
            self.comparing,
            self.asking.request,
            self,
        )
        self.gallery = Gallery(self.history, self.desk.is_of_open_clip, self)
        self.session.changed("clip").connect(lambda _clip: self.gallery.renew())
        self.results = Results(
            self.history,
            self.gallery,
            self.session,
            self.playback,
            self.tools,
            self.generation,
            self.result,
            self.comparing,
            self.reuse,
            self.notices,
            self.desk.is_of_open_clip,
            self.desk.open_clip_of,
            self,
        )
        self.jobs = Jobs(
            self.queue,
            self.history,
            self.generation,
            self.results,
            self.estimates,
            self.models,
            self.notices,
            self,
        )
        self.project.changed("folder").connect(self._keep_takes)
        self.project_file.left.connect(self._remember_project)
        self.project_file.opened.connect(self._remember_project)
        self.masks.edited.connect(self.playback.go)
        self._recall()

    def compare_with_parent(self, run: RunLook) -> None:
        """Generate what is chosen with the model of a training and with the one before it."""
        self.versus.begin(self.runs.made.parent_of(run), self.runs.made.bundle_of(run))

    async def end(self) -> None:
        """Stop all work and let go of all files."""
        self.playback.pause()
        self.queue.hold()
        await self.queue.all_ended()
        self.candidates.leave()
        await self.candidates.ended()
        await self.comparing.end()
        self.importing.cancel()
        await self.importing.ended()
        self.fetching.cancel()
        await self.estimates.end()
        self.fine_tuning.end()
        self.runs.end()
        self.export.end()
        await self.export.ended()
        self.project.leave()
        self.generation.show(None)
        self.packing.cancel()
        await self.packing.ended()
        await self.history.end()
        await self.project_file.end()
        self.footage.end()
        self.tracking.end()
        await self.selecting.ended()
        self.mask_files.stop()
        await self.mask_files.ended()
        self.session.end()
        self.welcome.end()
        await self.report.end()
        self.log.end()

    def remembered(self, geometry: str) -> Settings:
        """The settings for the next start."""
        return replace(
            self.settings,
            geometry=geometry,
            brush_size=self.tools.brush_size,
            brush_hardness=self.tools.hardness,
            loop=self.playback.loop,
            compare=self.comparing.to_json(),
            bundle=self.recipe.bundle,
            export=self.export.choice.to_json(),
            export_folder=str(self.export.folder or ""),
            export_presets=self.export.presets.to_json(),
            last_project=str(self.project.folder or ""),
            **self.preferences.chosen(),
        )

    def _recall(self) -> None:
        self.preferences.recall(self.settings)
        bind(self.preferences, "undo_mb", lambda mb: self.masks.remember(mb << 20))
        bind(self.preferences, "frames_mb", lambda mb: self.session.remember(mb << 20))
        bind(self.preferences, "models_folder", self._look_for_models)
        self.tools.resize_brush(self.settings.brush_size)
        self.tools.hardness = min(max(self.settings.brush_hardness, 0), 100)
        self.playback.loop = self.settings.loop
        self.comparing.recall(self.settings.compare)
        for bundle in (self.settings.bundle, self.library.default):
            if self.models.card(bundle) is not None:
                self.recipe.bundle = bundle
        self.export.choice = Choice.from_json(self.settings.export)
        self.export.presets.recall(self.settings.export_presets)
        if self.settings.export_folder:
            self.export.folder = Path(self.settings.export_folder)

    def tell_at_start(self, trouble: str) -> None:
        """Tell what went wrong; the first clip that is opened does not put it away."""
        if trouble:
            once = Qt.ConnectionType.SingleShotConnection
            self.notices.tell("warning", trouble)
            self.session.changed("clip").connect(
                lambda _clip: self.notices.tell("warning", trouble), once
            )

    def _look_for_models(self, folder: str) -> None:
        """The user's own folder stays the last one: imported models are written there."""
        *shipped, own = self._model_folders or (None,)
        more = [Path(folder)] if folder else []
        self.models.look_in(tuple(place for place in (*shipped, *more, own) if place is not None))

    def _title_and_rate(self, request: GenerationRequest) -> tuple[str, float]:
        """Of the model that a request names, and of its result, in frames a second."""
        card, clip = self.models.card(request.bundle), self.session.clip
        if clip is not None and not isinstance(clip, BlankClip):
            rate = float(clip.rate) / request.window.stride
        else:
            rate = card.rate if card else 25.0
        return (card.title if card else "", rate)

    def _start_over(self) -> None:
        self.desk.start_over()
        if not self.session.grown:
            self.welcome.wanted = False

    def _opened(self, path: Path) -> None:
        self.settings = self.settings.opened(path)

    def _forget_recent(self, path: str) -> None:
        self.settings = self.settings.forgotten(path)

    def _keep_takes(self, folder: Path | None) -> None:
        self.generation.show(None)  # it is read again from where it lies now
        self.history.open(None if folder is None else folder / TAKES)

    def _remember_project(self, folder: Path) -> None:
        """Drafts too, as long as they are there: the user finds them nowhere else."""
        known = self.settings.recent_projects
        there = (path for path in known if not is_draft(Path(path)) or Path(path).exists())
        settings = replace(self.settings, recent_projects=tuple(there))
        self.settings = settings.opened_project(folder)
        self.preferences.edited.emit()  # saved at once: after a crash it is looked for there


def _own(folders: tuple[Path, ...]) -> Path:
    """Of the folders with models, the one that the user's own are written to."""
    return folders[-1] if folders else model_folders()[1]
