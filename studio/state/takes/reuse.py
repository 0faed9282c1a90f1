"""Settings that a file was made with, offered when the file is opened, and chosen again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from core.masks import MaskTrack
from core.media.reading import ClipReader
from core.provenance import Provenance
from core.requests import GenerationRequest
from core.tasks import TASKS
from studio.state.clip.framing import Framing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.models.models import Models, obstacle
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.recipe import Recipe


class Reuse(QObject):
    """Looks into each clip that is opened.

    The settings belong to the clip that the file was made from. When that is among the clips
    opened last, it is opened again; else they are used on the file itself.

    Args:
        recent: gives the paths of the clips opened last.
    """

    def __init__(
        self,
        session: Session,
        recipe: Recipe,
        models: Models,
        masks: Masks,
        framing: Framing,
        playback: Playback,
        notices: Notices,
        recent: Callable[[], Sequence[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._recipe, self._models = session, recipe, models
        self._masks, self._framing, self._playback = masks, framing, playback
        self._notices, self._recent = notices, recent
        self._awaited: tuple[Path, Provenance] | None = None
        session.changed("clip").connect(self._look)

    def use(self, made: Provenance) -> None:
        """Choose all of it again, on the clip that it was made from if that is at hand."""
        origin, clip = self._origin(made.request), self._session.clip
        if origin is not None and (clip is None or clip.path != origin):
            self._awaited = origin, made
            self._session.open(origin)
        elif clip is not None:
            self._choose(made.request, clip, made.first if origin is None else 0)

    def choose(self, request: GenerationRequest) -> None:
        """Choose all of a request again, on the open clip, which it was made from."""
        clip = self._session.clip
        if clip is not None:
            self._choose(request, clip, 0)

    def _look(self, clip: ClipReader | None) -> None:
        if clip is None or self._session.grown:
            return
        awaited, self._awaited = self._awaited, None
        if awaited is not None and clip.path == awaited[0]:
            self._choose(awaited[1].request, clip, 0)
            return
        made = Provenance.from_tag(clip.tag)
        if made is not None:
            words = " ".join([_described(made, clip), *clip.notes])
            self._notices.tell("info", words, "Use these settings", partial(self.use, made))

    def _origin(self, request: GenerationRequest) -> Path | None:
        """The clip that it was made from, among those opened last."""
        paths = (Path(path) for path in self._recent())
        return next((p for p in paths if p.name == request.clip and p.exists()), None)

    def _choose(self, request: GenerationRequest, clip: ClipReader, shift: int) -> None:
        """Choose it on a clip that begins with frame `shift` of the one it was made from."""
        missing = self._choose_recipe(request)
        painted, window = request.painted, request.window
        first = max(0, window.first - shift)
        size = self._choose_canvas(request, clip, first)
        if painted is not None and painted.size != size:
            missing.append(f"the mask is {painted.width} × {painted.height}")
        elif painted is not None:
            self._masks.take(_shifted(painted, shift, len(clip)), first)
        if window.fits(size):
            self._place(request, first)
        else:
            missing.append("the working window does not fit")
        if missing:
            self._notices.tell("warning", f"The settings are chosen, but {'; '.join(missing)}.")
        else:
            self._notices.tell("info", "The settings are chosen: generate to get the same again.")

    def _choose_canvas(
        self, request: GenerationRequest, clip: ClipReader, frame: int
    ) -> tuple[int, int]:
        """The canvas that it was made on; its width and height. A file that shows all of that
        canvas needs no larger one."""
        pictures = clip.margins.pictures(clip.size)
        canvas = request.margins.canvas(pictures)
        if request.painted is None or request.painted.size != canvas:
            return clip.size
        self._masks.extend(request.margins, frame)
        return canvas

    def _choose_recipe(self, request: GenerationRequest) -> list[str]:
        """Model, task, class, decoder and numbers; what of it could not be chosen."""
        recipe, missing = self._recipe, []
        usable = [e.folder for e in self._models.bundles if not obstacle(e)]
        name = Path(request.bundle).name
        alike = (folder for folder in usable if Path(folder).name == name)
        folder = request.bundle if request.bundle in usable else next(alike, None)
        if folder is None:
            missing.append(f"the model “{name}” is not installed")
        else:
            recipe.bundle = folder
        if request.task in TASKS and not recipe.obstacle(TASKS[request.task]):
            recipe.task = request.task
        else:
            missing.append("the model cannot do the task")
        if recipe.card is not None and request.label in recipe.card.classes:
            recipe.label = request.label
        if request.decoder in recipe.decoders:
            recipe.decoder, recipe.options = request.decoder, dict(request.options)
        else:
            missing.append(f"the decoder “{request.decoder}” cannot be chosen here")
        recipe.seed, recipe.count = request.seed, request.count
        recipe.kept, recipe.length, recipe.overlap = request.kept, request.length, request.overlap
        return missing

    def _place(self, request: GenerationRequest, first: int) -> None:
        """The working window."""
        window, continues = request.window, self._recipe.chosen_task.continues
        self._playback.go(first + max(request.kept - 1, 0))
        if continues:
            self._framing.continue_here()
        self._framing.drag(window.left, window.top, window.width, window.height)
        placed = self._framing.window
        if placed is not None and placed.first != first and not continues:
            self._playback.mark(first, self._playback.out_mark)


def _described(made: Provenance, clip: ClipReader) -> str:
    request = made.request
    task = TASKS[request.task].label.lower() if request.task in TASKS else request.task
    origin = f" from “{request.clip}”" if request.clip else ""
    return (
        f"“{clip.path.name}” was made{origin} with the model “{request.bundle}”: {task}, "
        f"seed {request.seed}."
    )


def _shifted(painted: MaskTrack, shift: int, length: int) -> MaskTrack:
    """The masks of a clip that begins `shift` frames later and has so many frames."""
    if not shift:
        return painted
    baked = painted.baked(range(shift, shift + length))
    keys = {key - shift: runs for key, runs in baked.keyframes.items()}
    return replace(baked, keyframes=keys)
