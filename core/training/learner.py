"""A network that learns: its working copy, its optimiser and its moving average."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.training.precision import Precision, WorkingCopy
from core.training.recipe import Optimiser


class Learner:
    """A network, its working copy, its optimiser and its moving average (EMA).

    Attributes:
        average: the network whose weights are the moving average; the one to ship.
    """

    def __init__(
        self,
        network: nn.Module,
        optimiser: Optimiser,
        steps: int,
        *,
        ema: float,
        precision: Precision,
        exact: tuple[str, ...] = (),
    ) -> None:
        self.settings, self.steps, self.ema = optimiser, steps, ema
        self.network = network.train()
        self.copy = WorkingCopy(self.network, precision, exact)
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self._optimiser = torch.optim.AdamW(
            _parameter_groups(self.network, optimiser),
            lr=optimiser.rate,
            betas=optimiser.betas,
        )

    def update(self, step: int) -> float:
        """One optimiser step from the gradients that the copy's parameters have; their norm.

        Raises:
            UserError: the gradient is not a number. The weights stay as they were.
        """
        self.copy.hand_over_gradients()
        limit = self.settings.clip or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        if not norm.isfinite():
            raise UserError(
                f"Training stopped at step {step}: the gradient is not a number. The last "
                "checkpoint is good. Lower the rate, clip the gradient, or set "
                'precision = "float32", then go on from there.'
            )
        for group in self._optimiser.param_groups:
            group["lr"] = group["share"] * self.settings.rate_at(step, self.steps)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self.copy.load_weights()
        self._follow(step)
        return float(norm)

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        # A short memory at first, so that the average forgets the random start.
        decay = min(self.ema, (1 + step) / (10 + step))
        for ours, theirs in zip(self.average.parameters(), self.network.parameters(), strict=True):
            ours.lerp_(theirs, 1 - decay)
        buffers = zip(self.average.buffers(), self.network.buffers(), strict=True)
        for kept, current in buffers:
            kept.copy_(current)

    def settle(self, *parts: str) -> None:
        """Gives parts of the network their averaged weights, which they keep without gradients."""
        for part in parts:
            averaged = self.average.get_submodule(part).state_dict()
            self.network.get_submodule(part).load_state_dict(averaged)
        self.copy.load_weights()

    def moments(self, parameter: Tensor) -> list[Tensor]:
        """The optimiser's moving averages of a parameter; empty before the first step."""
        state = self._optimiser.state.get(parameter, {})
        return [state[name] for name in ("exp_avg", "exp_avg_sq") if name in state]

    def state(self) -> dict[str, Tensor]:
        state = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        state |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, values in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser.{index}.{name}": value for name, value in values.items()}
        return state

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.network.load_state_dict(_below("network.", state))
        self.average.load_state_dict(_below("average.", state))
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _below("optimiser.", state).items():
            index, key = name.split(".", 1)
            moments.setdefault(int(index), {})[key] = value
        whole = self._optimiser.state_dict()
        self._optimiser.load_state_dict({**whole, "state": moments})
        self.copy.load_weights()


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def _parameter_groups(network: nn.Module, optimiser: Optimiser) -> list[dict]:
    """Kernels, which are the weights of linear layers and convolutions; and all others.

    Each group's learning rate is its `share` of the optimiser's.
    """
    kernels = [
        module.weight
        for module in network.modules()
        if isinstance(module, nn.Linear | nn.Conv3d | nn.ConvTranspose3d)
    ]
    chosen = {id(weight) for weight in kernels}
    others = [p for p in network.parameters() if id(p) not in chosen]
    return [
        {"params": kernels, "weight_decay": optimiser.weight_decay, "share": 1.0},
        {"params": others, "weight_decay": 0.0, "share": optimiser.other_rate},
    ]
