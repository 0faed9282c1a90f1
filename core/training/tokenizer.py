"""Training of the 3D-VQ tokenizer: reconstruction and quantiser losses, dead codes revived.

Departs from MAGVIT: no discriminator and no perceptual loss; the codebook starts on encoder
outputs, and codes that stay unused are put on encoder outputs again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.training.data import Footage, draw_crops
from core.training.losses import quantize, reconstruction
from core.training.phases import Learner
from core.training.recipe import MagvitRecipe

_STREAM = 1  # keeps the random numbers of the two phases apart


class TokenizerPhase:
    """See `core.training.phases.Phase`."""

    name, network = "tokenizer", "vqgan3d"

    def __init__(
        self, recipe: MagvitRecipe, footage: Footage, start: VQGAN3D | None = None
    ) -> None:
        self._recipe, self._footage = recipe, footage
        self._training = recipe.tokenizer
        self.steps = self._training.steps
        torch.manual_seed(recipe.seed)
        self.learner = Learner(
            start or VQGAN3D(self._training.model),
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            precision=recipe.precision,
            exact=("quantizer",),
        )
        self._used = torch.zeros(self.trained.codebook_size, dtype=torch.int64)
        self._loaded = start is not None

    @property
    def trained(self) -> VQGAN3D:
        average = self.learner.average
        assert isinstance(average, VQGAN3D)
        return average

    def step(self, step: int) -> tuple[int, dict[str, float]]:
        rng = np.random.default_rng((self._recipe.seed, _STREAM, step))
        leg = self._training.leg_at(step)
        crops = draw_crops(self._footage, rng, leg.batch, leg.size, self._recipe)
        video = crops.contiguous(memory_format=torch.channels_last_3d)
        tokenizer = self.learner.copy.model
        assert isinstance(tokenizer, VQGAN3D)
        terms: dict[str, Tensor] = {}
        if leg.decoder_only:
            features = self._settled(tokenizer, video)
        else:
            features, terms = self._learning(tokenizer, video, step, rng)
        decoded = tokenizer.decoder(features)
        terms = reconstruction(decoded, video, self._training.losses) | terms
        norm = self.learner.learn(sum(terms.values(), torch.zeros(())), step)
        error = float((decoded.detach().float().clamp(0, 1) - video).pow(2).mean())
        figures = {name: float(term.detach()) for name, term in terms.items()}
        figures |= {"gradient": norm, "psnr": -10 * float(np.log10(max(error, 1e-10)))}
        return leg.batch, figures | {"codes": float((self._used > 0).float().mean())}

    def _learning(
        self, tokenizer: VQGAN3D, video: Tensor, step: int, rng: np.random.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What the decoder reads while encoder and codebook learn, and the quantiser's losses."""
        features = tokenizer.encoder(video.to(tokenizer.encoder.conv_in.weight))
        if step < self._training.quantize_from:
            return features, {}
        self._move_unused_codes(step, features, rng)
        quantized = quantize(features, tokenizer.quantizer, self._training.losses)
        self._used += torch.bincount(quantized.tokens.flatten(), minlength=len(self._used))
        return quantized.features, quantized.terms

    @torch.no_grad()
    def _settled(self, tokenizer: VQGAN3D, video: Tensor) -> Tensor:
        """What the decoder reads while it learns alone: codes of the averaged encoder."""
        self.learner.settle("encoder", "quantizer")
        codes = tokenizer.quantizer.lookup(tokenizer.encode(video))
        return codes.to(tokenizer.decoder.conv_in.weight)

    def _move_unused_codes(self, step: int, features: Tensor, rng: np.random.Generator) -> None:
        """Every so often moves the codes that were not used since, and counts anew.

        At first that is all of them, unless they were loaded; in the last steps, when the rate
        falls, codes stay.
        """
        since = step - self._training.quantize_from
        if since % self._training.revive_every == 0:
            begins = since == 0 and not self._loaded
            learns = since > 0 and step < self.steps - self._training.optimiser.decay
            if begins or learns:
                self._place_codes((self._used == 0).nonzero().flatten(), features, rng)
            self._used.zero_()

    @torch.no_grad()
    def _place_codes(self, codes: Tensor, features: Tensor, rng: np.random.Generator) -> None:
        """Puts codes on random encoder outputs, a little apart where one is used twice."""
        rows = features.detach().float().movedim(1, -1).flatten(0, -2)
        chosen = rows[torch.from_numpy(rng.integers(0, len(rows), len(codes)))]
        noise = torch.from_numpy(rng.standard_normal(chosen.shape, dtype=np.float32))
        chosen = chosen + 0.01 * rows.std() * noise
        network, average = self.learner.network, self.trained
        assert isinstance(network, VQGAN3D)
        codebook = network.quantizer.codebook
        for target in (codebook, average.quantizer.codebook):
            target[codes] = chosen
        for moment in self.learner.moments(codebook):
            moment[codes] = 0

    def state(self) -> dict[str, Tensor]:
        return self.learner.state() | {"used": self._used}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.learner.load_state(state)
        self._used = state["used"].clone()
