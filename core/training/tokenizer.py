"""Training of the 3D-VQ tokenizer: reconstruction and quantiser losses, dead codes revived.

Departs from MAGVIT: no discriminator and no perceptual loss; the codebook starts on encoder
outputs, and codes that stay unused are put on encoder outputs again.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.pixels import as_video
from core.training.computing import Computing
from core.training.data import Crops, Cut
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.losses import quantize, reconstruction
from core.training.phases import Losses
from core.training.recipe import MagvitRecipe


class TokenizerPhase:
    """See `core.training.phases.Phase`."""

    name, network, stream = "tokenizer", "vqgan3d", 1

    def __init__(
        self, recipe: MagvitRecipe, start: VQGAN3D | None = None, computing: Computing | None = None
    ) -> None:
        computing = computing or Computing.of(recipe)
        self._training = recipe.tokenizer
        self.steps = self._training.steps
        self.examples = Crops(recipe.seed, self.stream, Cut.of(recipe), self._training)
        torch.manual_seed(recipe.seed)
        self.learner = Learner(
            start or VQGAN3D(self._training.model),
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            computing=computing,
            exact=("quantizer",),
            low_rank=recipe.lora,
        )
        self.learners = {self.name: self.learner}
        self._used = torch.zeros(
            self.trained.codebook_size, dtype=torch.int64, device=computing.device
        )
        self._placed = torch.tensor(start is not None)  # are the codes on encoder outputs?
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
        error = (decoded.detach().float().clamp(0, 1) - video).pow(2).mean()
        figures = {
            "psnr": -10 * error.clamp(min=1e-10).log10(),
            "codes": (self._used > 0).float().mean(),
        }
        return Losses({self.name: terms}, figures)

    def _learning(
        self, tokenizer: VQGAN3D, video: Tensor, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What the decoder reads while encoder and codebook learn, and the quantiser's losses."""
        features = tokenizer.encoder(video.to(tokenizer.encoder.conv_in.weight))
        if step < self._training.quantize_from:
            return features, {}
        self._rows = features.detach().float().movedim(1, -1).flatten(0, -2)
        if not self._placed:
            self._place_codes(torch.arange(len(self._used)))
            self._placed.fill_(True)
        quantized = quantize(features, tokenizer.quantizer, self._training.losses)
        used = torch.bincount(quantized.tokens.flatten(), minlength=len(self._used))
        self._used += used.to(self._used)
        return quantized.features, quantized.terms

    @torch.no_grad()
    def _settled(self, tokenizer: VQGAN3D, video: Tensor) -> Tensor:
        """What the decoder reads while it learns alone: codes of the averaged encoder."""
        self.learner.settle("encoder", "quantizer")
        codes = tokenizer.quantizer.lookup(tokenizer.encode(video))
        return codes.to(tokenizer.decoder.conv_in.weight)

    def after(self, step: int) -> None:
        """Every so often moves the codes that were not used since, and counts anew. In the last
        steps, when the rate falls, codes stay."""
        since = step + 1 - self._training.quantize_from
        if self._rows is not None and since > 0 and since % self._training.revive_every == 0:
            if step < self.steps - self._training.optimiser.decay:
                self._place_codes((self._used == 0).nonzero().flatten())
            self._used.zero_()

    @torch.no_grad()
    def _place_codes(self, codes: Tensor) -> None:
        """Puts codes on random encoder outputs, a little apart where one is used twice."""
        rows = self._rows
        assert rows is not None
        chosen = rows[torch.randint(len(rows), (len(codes),), device=rows.device)]
        chosen = chosen + 0.01 * rows.std() * torch.randn_like(chosen)
        network, average = self.learner.network, self.trained
        assert isinstance(network, VQGAN3D)
        codebook = network.quantizer.codebook
        for target in (codebook, average.quantizer.codebook):
            target[codes] = chosen
        for moment in self.learner.moments(codebook):
            moment[codes] = 0

    def state(self) -> dict[str, Tensor]:
        return {"used": self._used, "placed": self._placed}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._used, self._placed = state["used"].to(self._used).clone(), state["placed"].clone()
