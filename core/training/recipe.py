"""A training recipe: a TOML file that says everything that changes the result of a training run.

    [[data]]        folders of videos
    [about]         what the model card says

and either MAGVIT's two networks

    [tokenizer]     the 3D-VQ tokenizer: its sizes, and how it is trained
    [transformer]   the masked transformer on its tokens

or VideoGPT's

    [vqvae]         the VQ-VAE
    [prior]         the causal transformer on its tokens
    preset          top-level key: one of the paper's models by name, for what is left out

Every section is a frozen dataclass here; a key that is not a field of it is refused by name.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import torch

from core.errors import UserError
from core.models.tokenizers.vqgan2d import VQGAN2DConfig
from core.models.tokenizers.vqgan3d import VQGAN3DConfig, VQGANSizes
from core.models.tokenizers.vqvae import VQVAEConfig
from core.models.transformers.bidirectional import BidirectionalConfig
from core.tasks import FIXED_TASKS
from core.training.published import completed

T = TypeVar("T")


@dataclass(frozen=True)
class DataSource:
    """A data set: a folder of videos, or a single one.

    Attributes:
        folder: relative to the recipe. Its sub-folders name the classes, unless `label` does.
        label: one class for all videos of the folder.
        weight: share of the training clips that come from here, against the other sources.
        licences: only files of these licence classes, by the folder's `manifest.json`.
        flip: mirror half of the clips from left to right.
        layout: how the data set is kept, a name of `core.training.readers`; "auto" looks.
        labels: file or folder of labels where the layout has one, relative to the recipe; "" looks
            in the data set's folder.
        split: which part is used. "auto": the part that the job asks for, as the data set declares
            it; where it declares none, a tenth of its files is held out from training. "declared":
            the same, but then all of it. "all", "train", "val", "test": always that.
        fold: which of several official splits; counted from 1.
    """

    folder: str
    label: str = ""
    weight: float = 1.0
    licences: tuple[str, ...] = ()
    flip: bool = False
    layout: str = "auto"
    labels: str = ""
    split: Literal["auto", "declared", "all", "train", "val", "test"] = "auto"
    fold: int = 1


@dataclass(frozen=True)
class Optimiser:
    """AdamW: linear warm-up, constant, decay to zero over the last `decay` steps.

    Attributes:
        decay: more than there are steps means all of them.
        shape: of the decay; a cosine over all steps is VideoGPT's schedule.
        clip: global gradient norm; 0 does not clip.
        weight_decay: on the weights of linear layers and convolutions alone.
        other_rate: what all other parameters (biases, norms, codes, embeddings) learn at, as a
            multiple of `rate`.
    """

    rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    other_rate: float = 1.0
    clip: float = 0.0
    warmup: int = 100
    decay: int = 500
    shape: Literal["linear", "cosine"] = "linear"

    def rate_at(self, step: int, steps: int) -> float:
        """Learning rate of 0-based step `step` of `steps`."""
        rise = min(1.0, (step + 1) / max(self.warmup, 1))
        fall = min(1.0, (steps - step) / max(min(self.decay, steps), 1))
        if self.shape == "cosine":
            fall = (1 - math.cos(math.pi * fall)) / 2
        return self.rate * min(rise, fall)


@dataclass(frozen=True)
class Leg:
    """A part of the tokenizer's training: so many steps on crops of `size` pixels.

    Attributes:
        decoder_only: encoder and codebook stay as their averages are, so that the tokens do not
            change; the decoder learns to make more of them. Cheaper, and it may as well be done
            when a transformer has learnt those tokens already.
    """

    steps: int
    size: int
    batch: int
    decoder_only: bool = False


class InLegs:
    """A training whose `legs` follow each other."""

    legs: tuple[Leg, ...]

    @property
    def steps(self) -> int:
        return sum(leg.steps for leg in self.legs)

    def leg_at(self, step: int) -> Leg:
        """The leg of 0-based step `step`."""
        for leg in self.legs:
            if step < leg.steps:
                return leg
            step -= leg.steps
        return self.legs[-1]


@dataclass(frozen=True)
class LossWeights:
    """MAGVIT's weights, from its code; `l1`, `chroma` and a weight on `l2` are ours.

    Attributes:
        chroma: of the error that is left in a pixel's colours when its mean over them is taken
            out. Pictures are mostly grey: without it colours are learnt last.
        perceptual: published is 0.1; it needs `TokenizerTraining.perceptual_network`.
    """

    l2: float = 1.0
    l1: float = 0.0
    chroma: float = 0.0
    perceptual: float = 0.0
    commitment: float = 0.25
    codebook: float = 1.0
    entropy: float = 0.1
    entropy_temperature: float = 0.01


@dataclass(frozen=True)
class AdversarialTraining:
    """A discriminator that learns beside the tokenizer; the weights are MAGVIT's.

    Attributes:
        weight: of what the tokenizer learns from it; 0 trains without a discriminator.
        begin: the first step that it takes part in.
        r1: weight of the squared slope of its logits on real clips.
        lecam: weight of what keeps its logits near those of earlier steps; not published.
        filters: its width; 0 is the tokenizer's.
        multipliers: one per block that halves the clip; empty: as published for the clip's size.
    """

    weight: float = 0.1
    begin: int = 0
    loss: Literal["non-saturating", "hinge"] = "non-saturating"
    r1: float = 10.0
    lecam: float = 0.0
    filters: int = 0
    multipliers: tuple[int, ...] = ()
    optimiser: Optimiser = Optimiser(betas=(0.0, 0.99))


@dataclass(frozen=True)
class TokenizerTraining(InLegs):
    """Attributes:
    network: "vqgan3d" sees clips, "vqgan2d" each frame by itself.
    adversarial: a section [tokenizer.adversarial] brings a discriminator, even an empty one.
    perceptual_network: file or folder of the network of the perceptual loss, relative to the
        recipe; see `core.training.perceptual`.
    frames_per_clip: learn from so many frames of each clip, evenly spaced; 0: from all. For 2D-VQ
        4 are published.
    inflate: bundle or run of a 2D-VQ of the same sizes that a 3D-VQ begins with, relative to the
        recipe; inflation: how its kernels become 3D ones, see `core.models.inflation`.
    quantize_from: the first step whose features are quantised. Before, the decoder reads them
        as they are, so that encoder and decoder have something to say when the codes come.
    revive_every: steps after which codes that were not used are put on encoder outputs; 0: never,
        as published. Scalar quantisation has no codes that could be moved.
    """

    model: VQGANSizes
    legs: tuple[Leg, ...]
    network: Literal["vqgan3d", "vqgan2d"] = "vqgan3d"
    optimiser: Optimiser = Optimiser()
    losses: LossWeights = LossWeights()
    adversarial: AdversarialTraining = AdversarialTraining(weight=0.0)
    perceptual_network: str = ""
    frames_per_clip: int = 0
    inflate: str = ""
    inflation: Literal["central", "average"] = "central"
    ema: float = 0.999
    quantize_from: int = 0
    revive_every: int = 50

    @property
    def revives_every(self) -> int:
        """`revive_every` where there are codes to be moved, else 0."""
        return 0 if self.model.levels else self.revive_every

    @classmethod
    def hints(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Types of the fields; that of `model` follows from `network`."""
        sizes = VQGAN2DConfig if values.get("network") == "vqgan2d" else VQGAN3DConfig
        return get_type_hints(cls) | {"model": sizes}


@dataclass(frozen=True)
class TransformerTraining:
    """COMMIT training (MAGVIT, section 3.2), or one of the baselines of its ablation.

    Attributes:
        network: "bidirectional" is the masked transformer; "autoregressive" says token after token,
            and of the keys below takes sizes, batch, classes, drop, optimiser and ema alone.
        conditioning: how the transformer is told what is given. "cond->input": COMMIT.
            "input->input": it stays unmasked (latent masking). "cond->cond": so do the tokens of
            the filled clip. "prefix": those stand before the sequence.
        weights: which tokens count in the loss.
        tasks: names of the tasks it is trained on, beside painting; empty: all ten.
        task_weights: how often each, in the order of `tasks`; empty: all alike.
        paint_share: share of clips with a random painted region; the rest is `tasks`.
        known_frames: numbers of first (and last) frames that prediction and interpolation give;
            one is drawn for each clip.
        multi_task: a token says which task; single-task models of the paper have none.
        classes: learn the classes of the footage.
        per_sample: draw task and mask ratio for each clip; False: one for the batch, as published,
            and every task in its turn.
        drop: share of clips trained without any condition, so that guidance has a meaning.
        cached: clips that are tokenized once, before the training, and then used again and again,
            in the first steps with the very losses of clips tokenized anew; 0 tokenizes every clip
            anew. Tokenizing costs about as much as learning.
        tokens: folder that `maskreel tokenize` has made with this tokenizer, relative to the
            recipe; instead of `cached`.
        ema: of the weights; 0, as published, ships them as they are in the end.
    """

    steps: int
    network: Literal["bidirectional", "autoregressive"] = "bidirectional"
    layers: int = 6
    hidden: int = 256
    mlp: int = 1024
    heads: int = 4
    dropout: float = 0.1
    batch: int = 32
    conditioning: Literal["cond->input", "input->input", "cond->cond", "prefix"] = "cond->input"
    weights: Literal["mask+refine+recons", "mask+refine", "mask+recons", "mask"] = (
        "mask+refine+recons"
    )
    tasks: tuple[str, ...] = ()
    task_weights: tuple[float, ...] = ()
    paint_share: float = 0.4
    known_frames: tuple[int, ...] = (1,)
    multi_task: bool = True
    classes: bool = True
    per_sample: bool = True
    drop: float = 0.1
    label_smoothing: float = 1e-4
    cached: int = 0
    tokens: str = ""
    optimiser: Optimiser = Optimiser(betas=(0.9, 0.96), weight_decay=0.045, clip=1.0)
    ema: float = 0.999

    def __post_init__(self) -> None:
        strange = [name for name in self.tasks if name not in FIXED_TASKS]
        if strange:
            raise ValueError(f"there is no task {strange[0]}; known: {', '.join(FIXED_TASKS)}")
        if self.task_weights and len(self.task_weights) != len(self.tasks):
            raise ValueError("task_weights must have one number per entry of tasks")
        if min((*self.task_weights, *self.known_frames)) <= 0:
            raise ValueError("task_weights and known_frames must be above zero")


@dataclass(frozen=True)
class VQVAETraining(InLegs):
    """VideoGPT's objective: reconstruction error, and how far features are from their codes. The
    codebook follows by moving averages.

    Attributes:
        commitment: weight of the second term.
        ema: of the weights; 0, as published, ships them as they are in the end.
    """

    model: VQVAEConfig
    legs: tuple[Leg, ...]
    optimiser: Optimiser = Optimiser(rate=3e-4, betas=(0.9, 0.999), warmup=0, decay=0)
    commitment: float = 0.25
    ema: float = 0.0


@dataclass(frozen=True)
class PriorTraining:
    """VideoGPT's prior: the next token, given those before it, class and first frames.

    Attributes:
        layers … attention_dropout: see `core.models.transformers.causal.CausalConfig`.
        classes: learn the classes of the footage.
        label_drop, context_drop: share of clips trained without class, without first frames, so
            that the model can also do without; 0 as published.
        cached, tokens: see `TransformerTraining`.
        optimiser: published is Adam with a cosine over all steps.
    """

    steps: int
    layers: int = 8
    hidden: int = 576
    heads: int = 4
    mlp: int = 0
    attention: Literal["full", "sparse"] = "full"
    classes: bool = False
    context_frames: int = 0
    context_depths: tuple[int, ...] = (3, 4, 6, 3)
    context_widths: tuple[int, ...] = (64, 128, 256, 240)
    dropout: float = 0.2
    attention_dropout: float = 0.3
    batch: int = 32
    label_drop: float = 0.0
    context_drop: float = 0.0
    cached: int = 0
    tokens: str = ""
    optimiser: Optimiser = Optimiser(
        rate=3e-4, betas=(0.9, 0.999), clip=1.0, warmup=0, decay=10**9, shape="cosine"
    )
    ema: float = 0.0


@dataclass(frozen=True)
class About:
    """What the model card says of the model: see `core.cards.ModelCard`.

    Attributes:
        rate: frames per second of the footage, at a stride of one frame.
    """

    title: str = ""
    description: str = ""
    licence: str = ""
    data: str = ""
    hardware: str = ""
    rate: float = 16.0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What both families share.

    Attributes:
        name: of the bundle's folder.
        frames, size: of a training clip; `size` pixels square.
        strides: frames are taken every 1 … `strides` frames.
        zoom: smallest crop as a share of the picture's short side.
        precision: "bf16" trains a bf16 copy of float32 weights. On a CPU its convolutions do not
            work where an axis has two tokens: oneDNN's gradients are at times not numbers there.
        accumulate: pieces that a step's batch is cut into, one after the other, to save memory.
        compile: run the networks through `torch.compile`. Worth its minutes on a GPU.
        recompute: keep the inputs of each block alone and compute the block again in the backward
            pass (activation checkpointing). Less memory for a third more work.
        save_every: steps between two checkpoints, at which the held-out loss is measured.
        held_out: clips that it is measured on, from footage that is not trained on.
        samples_every: steps between two sets of pictures of what the model does; 0 for none.
        report_every: steps between two reports; 0: ten.
        checkpoints: how many of the last ones are kept, beside the best.
        threads: of the CPU; 0 leaves the choice to torch.
        workers: processes that decode the next clips while this one computes; for a GPU 2 to 4.
        memory: MiB of decoded frames that each process which decodes may keep.
        start: folder of a bundle whose networks the training begins with, relative to the recipe;
            their sizes and classes then count instead of the recipe's. "" begins from nothing.
        new_classes: names that the bundle to start from does not know and shall learn.
        lora: rank of the adapters that learn instead of the transformer's weights; 0: those learn.
            A tokenizer always learns whole.
        old: footage of the kind that the bundle to start from was trained on: how well each task
            goes on its held-out part is measured before and after.
        folder: the recipe file's folder; not a key of the file.
    """

    name: str
    data: tuple[DataSource, ...]
    about: About = About()
    seed: int = 0
    frames: int = 16
    size: int = 64
    strides: int = 2
    zoom: float = 0.6
    threads: int = 0
    workers: int = 0
    memory: int = 512
    precision: Literal["float32", "bf16"] = "float32"
    accumulate: int = 1
    compile: bool = False
    recompute: bool = False
    save_every: int = 200
    held_out: int = 16
    samples_every: int = 1000
    report_every: int = 0
    checkpoints: int = 2
    start: str = ""
    new_classes: tuple[str, ...] = ()
    lora: int = 0
    old: tuple[DataSource, ...] = ()
    folder: Path = field(default=Path("."), compare=False)

    @property
    def stored_as(self) -> torch.dtype:
        """Half precision halves the bundle; its 11 bits are exact enough for weights."""
        return torch.float16


@dataclass(frozen=True, kw_only=True)
class MagvitRecipe(Recipe):
    """A 3D-VQ tokenizer and a masked transformer."""

    tokenizer: TokenizerTraining
    transformer: TransformerTraining

    def transformer_config(self, classes: int) -> BidirectionalConfig:
        model, training = self.tokenizer.model, self.transformer
        time, height, width = model.stride
        return BidirectionalConfig(
            codebook_size=model.codebook_size,
            classes=classes if training.classes else 0,
            grid=(self.frames // time, self.size // height, self.size // width),
            layers=training.layers,
            multi_task=training.multi_task,
            full_generation=training.drop > 0 or "CG" in (training.tasks or FIXED_TASKS),
            conditioning=training.conditioning,
            hidden=training.hidden,
            mlp=training.mlp,
            heads=training.heads,
            dropout=training.dropout,
        )


@dataclass(frozen=True, kw_only=True)
class VideoGPTRecipe(Recipe):
    """A VQ-VAE and a causal transformer."""

    vqvae: VQVAETraining
    prior: PriorTraining


AnyRecipe = MagvitRecipe | VideoGPTRecipe


def load_recipe(path: Path) -> AnyRecipe:
    """Reads a recipe.

    Raises:
        UserError: the file is missing, is not TOML, or has a key or value that does not fit.
    """
    values = completed(_read(path), path.name)
    family: type[Any] = VideoGPTRecipe if values.keys() & {"vqvae", "prior"} else MagvitRecipe
    built = _build(family, values, path.name, omit=("folder",))
    recipe: AnyRecipe = dataclasses.replace(built, folder=path.parent)
    _verify(recipe, path)
    return recipe


def load_sources(path: Path) -> tuple[DataSource, ...]:
    """The [[data]] sections of a recipe, or of a file that has nothing else.

    Raises:
        UserError: as `load_recipe`.
    """
    sources = _read(path).get("data", [])
    if not sources:
        raise UserError(f"{path.name}: name at least one folder of videos under [[data]].")
    return _convert(tuple[DataSource, ...], sources, f"{path.name}: data")


def sources_of(path: Path) -> tuple[DataSource, ...]:
    """Footage as it is named on the command line: a TOML file with [[data]] sections, a folder of
    videos or a single video.

    Raises:
        UserError: there is nothing of that name, or as `load_recipe`.
    """
    if path.suffix.lower() == ".toml":
        return load_sources(path)
    if not path.exists():
        raise UserError(f"There is no “{path}”. Name a folder of videos, a video or a TOML file.")
    return (DataSource(str(path.resolve()), split="declared"),)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"The recipe {path} is not valid TOML: {error}.") from error


def _verify(recipe: AnyRecipe, path: Path) -> None:
    tokenizer = recipe.tokenizer if isinstance(recipe, MagvitRecipe) else recipe.vqvae
    time, height, width = tokenizer.model.stride
    sizes = [recipe.size, *(leg.size for leg in tokenizer.legs)]
    if recipe.frames % time or any(size % height or size % width for size in sizes):
        raise UserError(
            f"{path.name}: frames = {recipe.frames} and the sizes {sizes} must divide by the "
            f"tokenizer's stride {time}, {height}, {width}."
        )
    if isinstance(recipe, MagvitRecipe):
        _verify_losses(recipe.tokenizer, path)
    if isinstance(recipe, VideoGPTRecipe) and any(leg.decoder_only for leg in recipe.vqvae.legs):
        raise UserError(f"{path.name}: vqvae.legs: a VQ-VAE has no leg of its decoder alone.")
    if not recipe.data:
        raise UserError(f"{path.name}: name at least one folder of videos under [[data]].")


def _verify_losses(training: TokenizerTraining, path: Path) -> None:
    if training.perceptual_network and not training.losses.perceptual:
        raise UserError(
            f"{path.name}: tokenizer.perceptual_network is named, but tokenizer.losses.perceptual "
            "is 0. Give it a weight (0.1 is published), or leave the network out."
        )
    sizes = _judged_sizes(training)
    if len(sizes) > 1:
        raise UserError(
            f"{path.name}: a discriminator fits one size of clips, but it would see those of "
            f"{sorted(sizes)}. Let tokenizer.adversarial.begin be the first step of the last leg."
        )


def _judged_sizes(training: TokenizerTraining) -> set[int]:
    """The sizes of clips that a discriminator sees."""
    if not training.adversarial.weight:
        return set()
    ends = itertools.accumulate(leg.steps for leg in training.legs)
    begin = training.adversarial.begin
    return {leg.size for leg, end in zip(training.legs, ends, strict=True) if end > begin}


def _build(cls: type[T], values: Any, where: str, omit: tuple[str, ...] = ()) -> T:
    """A dataclass from a TOML table, section by section."""
    if not isinstance(values, dict):
        raise UserError(f"{where} must be a section of keys, not {values!r}.")
    fields = {f.name: f for f in dataclasses.fields(cls) if f.name not in omit}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise UserError(f"{where}: there is no key “{key}”. Known: {', '.join(fields)}.")
    for name, one in fields.items():
        required = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise UserError(f"{where}: the key “{name}” is missing.")
    hints = getattr(cls, "hints", lambda _: get_type_hints(cls))(values)
    built = {key: _convert(hints[key], value, f"{where}: {key}") for key, value in values.items()}
    try:
        return cls(**built)
    except ValueError as error:
        raise UserError(f"{where}: {error}.") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise UserError(f"{where} must be a list, not {value!r}.")
        inner = get_args(hint)[0]
        return tuple(_convert(inner, item, where) for item in value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise UserError(f"{where} must be one of {get_args(hint)}, not {value!r}.")
        return value
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise UserError(f"{where} must be of type {hint.__name__}, not {value!r}.")
    return value
