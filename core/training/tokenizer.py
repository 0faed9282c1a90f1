"""Training of MAGVIT's tokenizers, 3D-VQ and 2D-VQ (arXiv 2212.05199, section 3.1).

Reconstruction and quantiser losses; a discriminator and a network that looks at pictures where the
recipe has them. Departs from MAGVIT unless `revive_every` is 0: the codebook starts on encoder
outputs, and codes that stay unused are put on encoder outputs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.clip import Frames
from core.models.tokenizers import TOKENIZERS
from core.models.tokenizers.vqgan3d import VQGAN3D
from core.pixels import as_video
from core.training import round_trip
from core.training.adversary import Adversary
from core.training.computing import Computing
from core.training.data import Crops, Cut, Footage
from core.training.inflating import inflate_learners
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.losses import quantize, reconstruction
from core.training.perceptual import Perceptual, chosen_perceptual
from core.training.phases import Losses
from core.training.processes import all_rows, all_sum, from_first
from core.training.recipe import MagvitRecipe

COUNTED_STEPS = 50
"""Over so many steps the share of used codes is counted where none are revived."""


class TokenizerPhase:
    """See `core.training.phases.Phase`."""

    name, stream = "tokenizer", 1

    def __init__(
        self, recipe: MagvitRecipe, start: VQGAN3D | None = None, computing: Computing | None = None
    ) -> None:
        computing = computing or Computing.of(recipe)
        training = self._training = recipe.tokenizer
        self.network, self.steps = training.network, training.steps
        crops = Crops(recipe.seed, self.stream, Cut.of(recipe), training)
        count = training.frames_per_clip
        self.examples = SomeFrames(crops, count) if count else crops
        torch.manual_seed(recipe.seed)
        self.learner = Learner(
            start or TOKENIZERS[training.network](training.model),
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            computing=computing,
            exact=("quantizer",),
        )
        self.learners = {self.name: self.learner}
        self._adversary: Adversary | None = None
        if training.adversarial.weight:
            shape = (count or recipe.frames, training.legs[-1].size, training.legs[-1].size)
            self._adversary = Adversary(training, shape, computing)
            self.learners["discriminator"] = self._adversary.learner
        self._perceptual: Perceptual | None = None
        if training.losses.perceptual:
            found = chosen_perceptual(training.perceptual_network, recipe.folder)
            self._perceptual = found.to(computing.device) if found else None
        if training.inflate and start is None:
            folder = (recipe.folder / training.inflate).resolve()
            inflate_learners(self.learners, folder, training.inflation, self.name)
        self._used = torch.zeros(
            self.trained.codebook_size, dtype=torch.int64, device=computing.device
        )
        began = start is not None or bool(training.inflate) or not training.revives_every
        self._placed = torch.tensor(began)  # have the codes a place to start from?
        self._rows: Tensor | None = None  # encoder outputs of the last batch

    @property
    def trained(self) -> VQGAN3D:
        average = self.learner.average
        assert isinstance(average, VQGAN3D)
        return average

    def losses(self, batch: Batch, step: int) -> Losses:
        video = as_video(batch["frames"]).contiguous(memory_format=torch.channels_last_3d)
        tokenizer = self.learner.copy.model
        assert isinstance(tokenizer, VQGAN3D)
        terms: dict[str, Tensor] = {}
        if self._training.leg_at(step).decoder_only:
            features = self._settled(tokenizer, video)
        else:
            features, terms = self._learning(tokenizer, video, step)
        decoded = tokenizer.decoder(features)
        terms = reconstruction(decoded, video, self._training.losses) | terms
        if self._perceptual is not None:
            distance = self._perceptual(decoded, video)
            terms["perceptual"] = self._training.losses.perceptual * distance
        error = (decoded.detach().float().clamp(0, 1) - video).pow(2).mean()
        figures = {
            "psnr": round_trip.decibels(error),
            "codes": (self._used > 0).float().mean(),
        }
        if self._adversary is None or not self._adversary.takes_part(step):
            return Losses({self.name: terms}, figures)
        terms |= self._adversary.tokenizer_terms(decoded)
        judged, logits = self._adversary.own_terms(video, decoded)
        return Losses({self.name: terms, "discriminator": judged}, figures | logits)

    def _learning(
        self, tokenizer: VQGAN3D, video: Tensor, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What the decoder reads while encoder and codebook learn, and the quantiser's losses."""
        features = tokenizer.encoder(video.to(tokenizer.encoder.conv_in.weight))
        if step < self._training.quantize_from:
            return features, {}
        self._rows = features.detach().float().movedim(1, -1).flatten(0, -2)
        if not self._placed:
            self._place_codes(torch.arange(len(self._used), device=self._used.device))
            self._placed.fill_(True)
        quantized = quantize(features, tokenizer.quantizer, self._training.losses)
        self._count(quantized.tokens)
        return quantized.features, quantized.terms

    def _count(self, tokens: Tensor) -> None:
        used = torch.bincount(tokens.flatten(), minlength=len(self._used))
        self._used += all_sum(used.to(self._used))

    @torch.no_grad()
    def _settled(self, tokenizer: VQGAN3D, video: Tensor) -> Tensor:
        """What the decoder reads while it learns alone: codes of the averaged encoder. They stay
        where they are, and those that are used are counted to the end."""
        self.learner.settle("encoder", "quantizer")
        self._rows = None
        tokens = tokenizer.encode(video)
        self._count(tokens)
        codes = tokenizer.quantizer.lookup(tokens)
        return codes.to(tokenizer.decoder.conv_in.weight)

    def held_out(self, batch: Batch) -> dict[str, Tensor]:
        return round_trip.errors(self.trained, batch)

    def shipped(self) -> nn.Module:
        return self.learner.shipped()

    @torch.no_grad()
    def pictures(self, network: nn.Module, batch: Batch) -> list[Frames]:
        assert isinstance(network, VQGAN3D)
        return round_trip.rows(network, batch)

    def after(self, step: int) -> None:
        """Every so often moves the codes that were not used since, and counts anew. In the last
        steps, when the rate falls, codes stay."""
        if self._adversary is not None:
            self._adversary.after()
        training = self._training
        since, every = step + 1 - training.quantize_from, training.revives_every or COUNTED_STEPS
        if self._rows is not None and since > 0 and since % every == 0:
            if training.revives_every and step < self.steps - training.optimiser.decay:
                self._place_codes((self._used == 0).nonzero().flatten())
            self._used.zero_()

    @torch.no_grad()
    def _place_codes(self, codes: Tensor) -> None:
        """Puts codes on random encoder outputs, a little apart where one is used twice."""
        assert self._rows is not None
        rows = all_rows(self._rows)
        chosen = rows[torch.randint(len(rows), (len(codes),), device=rows.device)]
        chosen = from_first(chosen + 0.01 * rows.std() * torch.randn_like(chosen))
        network, average = self.learner.network, self.trained
        assert isinstance(network, VQGAN3D)
        codebook = network.quantizer.codebook
        for target in (codebook, average.quantizer.codebook):
            target[codes] = chosen
        for moment in self.learner.moments(codebook):
            moment[codes] = 0

    def state(self) -> dict[str, Tensor]:
        beside = self._adversary.state() if self._adversary is not None else {}
        return {"used": self._used, "placed": self._placed} | beside

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._used, self._placed = (
            state[name].to(self._used.device, copy=True) for name in ("used", "placed")
        )
        if self._adversary is not None:
            self._adversary.load_state(state)


@dataclass(frozen=True)
class SomeFrames:
    """Examples of which `frames` evenly spaced frames are left, as 2D-VQ is trained on video."""

    crops: Crops
    frames: int

    def count(self, step: int) -> int:
        return self.crops.count(step)

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        frames = self.crops(footage, step, index)["frames"]
        chosen = torch.linspace(0, len(frames) - 1, self.frames).round().long()
        return {"frames": frames[chosen]}
