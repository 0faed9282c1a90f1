"""What the training loop asks of the thing that it trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor, nn

from core.clip import Frames
from core.training.learner import Learner
from core.training.loading import Batch, Examples

Figure = Tensor | float


@dataclass(frozen=True, eq=False)
class Losses:
    """What a part of a step's batch says.

    Attributes:
        terms: of each learner's loss by name, scalars, already weighted; their sum is minimised.
        figures: what else is worth a report, scalars.
    """

    terms: Mapping[str, Mapping[str, Tensor]]
    figures: Mapping[str, Figure] = field(default_factory=dict)


class Phase(Protocol):
    """One network being trained, with whatever learns beside it.

    Everything that a step does depends on its number, on the learners and on `state()`. The loop
    asks for the losses of each part of a step's batch, goes back through the sum of all terms,
    lets every learner take its step and then calls `after`.

    Attributes:
        name: of the recipe's section ("tokenizer", "prior"); names the checkpoints' folder.
        steps: how many there are.
        stream: a number of its own, which keeps its random numbers apart from other phases'.
        learners: by name; the first one trains the network that ships.
        examples: what a step sees.
    """

    name: str
    steps: int
    stream: int

    @property
    def learners(self) -> Mapping[str, Learner]: ...

    @property
    def examples(self) -> Examples: ...

    def losses(self, batch: Batch, step: int) -> Losses:
        """Of a part of the batch of 0-based step `step`, which is on the learners' device. torch's
        random numbers have been seeded for it."""
        ...

    def held_out(self, batch: Batch) -> Mapping[str, Tensor]:
        """How well the averaged network does on clips that it is not trained on: scalars. The first
        is "loss", by which the best checkpoint is chosen. Nothing of the phase changes."""
        ...

    def shipped(self) -> nn.Module:
        """The trained network as it ships; see `Learner.shipped`."""
        ...

    def pictures(self, network: nn.Module, batch: Batch) -> list[Frames]:
        """The clips of a batch, and what a network as `shipped` makes of them: uint8 videos
        (b, T, H, W, 3), the original first."""
        ...

    def after(self, step: int) -> None:
        """What follows once the weights have moved."""
        ...

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint holds beside the learners."""
        ...

    def load_state(self, state: Mapping[str, Tensor]) -> None: ...
