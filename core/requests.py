"""What a job is asked, and what it reports. Everything here crosses the process boundary.

A job is a generator of updates; its last update is the result. If something changes the result,
it is a field of the request: equal requests give equal clips on the same device.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.cards import ModelCard
from core.margins import NONE, Margins
from core.masks import MaskTrack
from core.options import Option, Value
from core.token_edits import Place, TokenEdits
from core.window import Window

REFINER = "refine"
"""The decoder that refines."""
DRAWING = ("guidance", "guidance_ramp", "top_k", "top_p")
"""Options that a refinement takes over."""
STATES = ("resume", "refine", "branch")
"""Fields of a request that hold a state."""


@dataclass(frozen=True)
class GenerationRequest:
    """Generate `count` variations of a window of a clip.

    Attributes:
        bundle: folder of the model bundle.
        task: a name from `core.tasks.TASKS`.
        clip: path of a video file or image folder; None only for a task that knows no pixel.
        window: the part of the clip, and the model's size.
        painted: where new pixels are wanted; only for the painting task.
        label: class name, or None for the unconditional class.
        decoder: a name from the decoders' registry; `options` are its options that differ from
            their defaults.
        seed: of the first variation; the next ones have seed + 1, seed + 2, …
        resume: a decode state to continue from (see `GenerationStepped.state`), or None.
        refine: the last state of a finished generation whose tokens a decoder that refines begins
            with, or None for all others; see `refined`. It may hold more variations than are asked.
        kept: first frames of the window that are kept and continued; only for tasks that continue.
        length: frames of the result; 0 = the model's own number. More than that are made window
            by window, each going on from the end of the one before.
        overlap: frames that each further window takes over from the one before; 0 = half of them.
        margins: of the canvas around the clip's pictures; window and painting are in its pixels.
        branch: any state of another generation of this bundle and window to begin with, or None;
            see `branched`.
        parent: the variation of `branch` that all variations of this request begin with.
        edits: tokens of it that are decided again, or kept whatever comes; None = there are none.
        device: "cpu" where no other shall be used; "" takes the best one.
    """

    bundle: str
    task: str
    clip: str | None
    window: Window
    painted: MaskTrack | None = None
    label: str | None = None
    decoder: str = "commit"
    options: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0
    count: int = 1
    resume: bytes | None = None
    refine: bytes | None = None
    kept: int = 0
    length: int = 0
    overlap: int = 0
    margins: Margins = NONE
    branch: bytes | None = None
    parent: int = 0
    edits: TokenEdits | None = None
    device: str = ""

    @property
    def covered(self) -> Window:
        """The window over all frames of the result."""
        return replace(self.window, frames=self.length or self.window.frames)

    def refined(self, state: bytes, steps: int) -> GenerationRequest:
        """What gives this request's finished result more steps; what it draws among stays.

        Args:
            state: the last `GenerationStepped.state` of this request.
        """
        options = {name: self.options[name] for name in DRAWING if name in self.options}
        return replace(
            self, decoder=REFINER, options=options | {"steps": steps}, refine=state,
            resume=None, branch=None, parent=0, edits=None,
        )  # fmt: skip

    def branched(
        self, state: bytes, parent: int = 0, edits: TokenEdits | None = None
    ) -> GenerationRequest:
        """What goes on from a step of this request with one of its variations.

        Give it another seed, count, class, decoder of the same family or other options: what is
        decided by then stays, unless `edits` say otherwise, and the rest is decided anew. As many
        steps are left as the schedule has from there on. With all as it was, and one variation,
        the outcome is the same.

        Args:
            state: the `GenerationStepped.state` of that step.
        """
        return replace(
            self, resume=None, refine=None, branch=state, parent=parent, edits=edits,
            seed=self.seed + parent, count=1,
        )  # fmt: skip

    def on_canvas(self, margins: Margins) -> GenerationRequest:
        """What gives the same clips on a canvas with other margins, as long as the window lies on
        it."""
        if margins == self.margins:
            return self
        right, down = margins.left - self.margins.left, margins.top - self.margins.top
        return replace(
            self,
            window=self.window.moved(right, down),
            painted=self.painted and self.painted.on_canvas(margins),
            margins=margins,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` gives an equal request back."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["window"], data["margins"] = asdict(self.window), asdict(self.margins)
        data["painted"] = self.painted and self.painted.to_json()
        data["options"] = dict(self.options)
        data["edits"] = self.edits and self.edits.to_json()
        for name in STATES:
            if data[name] is not None:
                data[name] = base64.b64encode(data[name]).decode()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GenerationRequest:
        fields = dict(data)
        fields["window"] = Window(**data["window"])
        fields["margins"] = Margins(**data.get("margins", {}))
        fields["painted"] = data["painted"] and MaskTrack.from_json(data["painted"])
        if data.get("edits") is not None:
            fields["edits"] = TokenEdits.from_json(data["edits"])
        for name in STATES:
            if data.get(name) is not None:
                fields[name] = base64.b64decode(data[name])
        return cls(**fields)


@dataclass(frozen=True, eq=False)
class GenerationStarted:
    """Decoding begins: of the first window, or of a further one when the result is longer.

    Attributes:
        total: number of decode steps of all windows.
        given: bool (t, h, w): tokens that came from the user's picture.
        stride: pixels of the model's clip per token in T, H, W.
        condition: uint8 (T, H, W, 3): the filled clip that the tokenizer saw; of a further window
            the frames that it goes on from, the last of which stands still.
        first: frame of the result that the window begins with.
    """

    total: int
    given: NDArray[np.bool_]
    stride: tuple[int, int, int]
    condition: NDArray[np.uint8]
    first: int = 0


@dataclass(frozen=True, eq=False)
class GenerationStepped:
    """One decode step is done.

    Attributes:
        step: 0-based number of the step, of `total`; some may be left out (see `DecodeStep`).
        tokens: int32 (b, t, h, w), masked: bool, confidence: float16 in [0, 1], same shape.
        preview: uint8 (b, T, H, W, 3) at the model's size, or None when throttled away.
        state: a few KB from which a request can resume after this step.
        first: frame of the result that the window of these tokens begins with.
    """

    step: int
    total: int
    tokens: NDArray[np.int32]
    masked: NDArray[np.bool_]
    confidence: NDArray[np.float16]
    preview: NDArray[np.uint8] | None
    state: bytes
    first: int = 0


@dataclass(frozen=True, eq=False)
class GenerationGrown:
    """Frames of a result longer than one window, that will not change any more.

    Attributes:
        first: number of the first of them in the result.
        clips: uint8 (count, n, H, W, 3) at the model's size.
    """

    first: int
    clips: NDArray[np.uint8]


@dataclass(frozen=True)
class Timings:
    """Seconds that the parts of a generation took."""

    load: float
    encode: float
    transformer: float
    decode: float


@dataclass(frozen=True, eq=False)
class GenerationFinished:
    """The result.

    Attributes:
        clips: uint8 (count, T, H, W, 3) at the model's size; `core.compositing` puts them back
            into the clip. Of a longer result: the frames that no `GenerationGrown` has brought.
        first: number of the first of them in the result.
        memory: bytes that were in use at most: of the accelerator, or of the process on a CPU.
        whole: whether it ran from its beginning; else the timings are those of the rest.
    """

    clips: NDArray[np.uint8]
    timings: Timings
    device: str
    first: int = 0
    memory: int = 0
    whole: bool = True


GenerationUpdate = GenerationStarted | GenerationStepped | GenerationGrown | GenerationFinished


@dataclass(frozen=True)
class CapabilitiesRequest:
    """Ask what this machine can do; one `Capabilities` comes back.

    Attributes:
        folders: where to look for bundles.
    """

    folders: tuple[str, ...]


@dataclass(frozen=True)
class BundleEntry:
    """A bundle that was found; `problem` says why it cannot be used, when it cannot."""

    folder: str
    card: ModelCard | None
    problem: str | None = None


@dataclass(frozen=True)
class DecoderEntry:
    """A decoder.

    Attributes:
        label: in words.
        transformers: names of those that it decodes.
        refines: it goes on from a finished result instead of generating one.
    """

    label: str
    options: tuple[Option, ...]
    transformers: tuple[str, ...]
    refines: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What the engine offers. The window builds its forms from this.

    Attributes:
        device: for people ("CPU, bfloat16", "NVIDIA H200").
        memory: bytes that the device has.
        decoders: by name.
    """

    device: str
    memory: int
    bundles: tuple[BundleEntry, ...]
    decoders: Mapping[str, DecoderEntry]


@dataclass(frozen=True)
class ImportRequest:
    """Make a bundle of a checkpoint of VideoGPT's authors; one `Imported` comes back.

    Attributes:
        checkpoint: path of the file.
        models: folder that the bundle's folder is written into.
        name: of the bundle; None takes the file's.
        heads: attention heads, where the file does not say; None assumes the default.
        classes: names of the classes, in the order of their labels; () numbers them.
        tokenizer: checkpoint of a VQ-VAE, for a prior whose file lacks something of it; or None.
    """

    checkpoint: str
    models: str
    name: str | None = None
    heads: int | None = None
    classes: tuple[str, ...] = ()
    tokenizer: str | None = None


@dataclass(frozen=True)
class Imported:
    """A bundle that was made of a checkpoint.

    Attributes:
        bundle: its folder.
        found: sentences on what the file holds: sizes, grid, classes, conditioning, attention.
        assumed: sentences on what it does not say and was assumed, each with what changes it.
    """

    bundle: str
    found: tuple[str, ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class TrainRequest:
    """Train as a recipe says; `TrainUpdate`s come back.

    Attributes:
        recipe: a TOML file, see `core.training.recipe`.
        run: folder of checkpoints, metrics and samples.
        models: the bundle is written to `models`/<the recipe's name>.
        resume: go on with a run that is there; False refuses it.
    """

    recipe: Path
    run: Path
    models: Path
    resume: bool = True


@dataclass(frozen=True)
class FinetuneRequest:
    """Train a bundle further on clips, without a recipe: one is written to `run`/recipe.toml.
    `TrainUpdate`s come back.

    Attributes:
        bundle: folder of the bundle.
        clips: video files, or folders whose sub-folders name classes.
        run, models, resume: as of a `TrainRequest`.
        name: of the new bundle.
        part: what learns.
        steps: of each part; 0 asks for as many as fit into `minutes` on this machine.
        lora: rank of adapters that learn instead of the prior's weights; 0: the weights learn.
        class_name: the class of all clips; "" takes the names of sub-folders.
        old: footage of the kind that the bundle was trained on, files or folders. A share of the
            clips is taken from it, so that less is forgotten; how well each task goes on what is
            held out of it is measured before and after.
    """

    bundle: str
    clips: tuple[str, ...]
    run: Path
    models: Path
    name: str
    part: Literal["tokenizer", "prior", "both"] = "prior"
    steps: int = 0
    minutes: float = 5.0
    lora: int = 0
    class_name: str = ""
    old: tuple[str, ...] = ()
    seed: int = 0
    resume: bool = False


@dataclass(frozen=True)
class TrainUpdate:
    """Where a training is.

    Attributes:
        phase: "tokenizer", "transformer", "vqvae" or "prior".
        step: steps done of `total`.
        figures: terms of the loss and other figures, means since the last update.
        samples_per_second: clips, since the last update, of all processes.
        rate: learning rate of the last step.
        eta_s: seconds that the rest of the phase takes at this speed.
        waiting: share of the time, 0..1, in which the device waited for clips.
        memory: bytes that were in use at most: of the device, or of the process on a CPU.
        samples: pictures and clips of what the model does that were just written.
        bundle: where the trained model was saved; in the last update alone.
        message: a sentence for people; "" in most updates.
    """

    phase: str
    step: int
    total: int
    figures: Mapping[str, float] = field(default_factory=dict)
    samples_per_second: float = 0.0
    rate: float = 0.0
    eta_s: float = 0.0
    waiting: float = 0.0
    memory: int = 0
    samples: tuple[Path, ...] = ()
    bundle: Path | None = None
    message: str = ""


@dataclass(frozen=True, eq=False)
class StepsRequest:
    """Pixels of decode steps that were kept without them; a `Pixels` comes back for each.

    Attributes:
        bundle: folder of the model bundle.
        tokens: int32 (n, t, h, w); masked: bool, same shape: those that are not decided.
    """

    bundle: str
    tokens: NDArray[np.int32]
    masked: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CandidatesRequest:
    """What a token could be: one `Candidates` comes back, then `Pixels` of each of them in turn.

    Attributes:
        generation: a branch, of which nothing is generated: its state, edits and options count.
        place: of the token, (t, h, w).
        count: how many of the likeliest ones.
        around: tokens around it that the pictures show, on every side.
    """

    generation: GenerationRequest
    place: Place
    count: int = 6
    around: int = 1


@dataclass(frozen=True)
class Candidate:
    """A code, and how likely it would be drawn."""

    token: int
    probability: float


@dataclass(frozen=True)
class Candidates:
    """What a token could be, if it were decided again now.

    Attributes:
        likeliest: the first of all codes.
        present: the one that stands there; it may be among them.
        entropy: in bits: 0 where the model is sure, log2 of the codes where it knows nothing.
    """

    likeliest: tuple[Candidate, ...]
    present: Candidate
    entropy: float


@dataclass(frozen=True)
class RoundTripRequest:
    """A window of a clip through the tokenizer alone: the best that a model could do.

    `Pixels` come back, for as many frames at a time as the model takes.

    Attributes:
        bundle: folder of the model bundle; clip: path of a video file or image folder.
        window: of the model's size; of any number of frames.
        margins: of the canvas around the clip's pictures, on which the window lies.
    """

    bundle: str
    clip: str
    window: Window
    margins: Margins = NONE


@dataclass(frozen=True, eq=False)
class Pixels:
    """Frames of a model.

    Attributes:
        number: of the step, of the candidate, or of the window's first frame among these.
        frames: uint8 (n, H, W, 3) at the model's size.
    """

    number: int
    frames: NDArray[np.uint8]


Request = (
    GenerationRequest
    | CapabilitiesRequest
    | ImportRequest
    | TrainRequest
    | FinetuneRequest
    | StepsRequest
    | CandidatesRequest
    | RoundTripRequest
)
Update = GenerationUpdate | Capabilities | Imported | TrainUpdate | Pixels | Candidates
