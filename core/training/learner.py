"""A network that learns: its working copy, its optimiser and its moving average."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from core.errors import UserError
from core.training import processes
from core.training.batch_norm import share_batch_norms
from core.training.computing import Computing
from core.training.low_rank import add_adapters, hold_other_rows, merge_adapters
from core.training.precision import WorkingCopy
from core.training.recipe import Optimiser
from core.training.sharding import gathered, split_like


class Misfit(Exception):
    """A state is that of another network; the message says where they differ."""


class Learner:
    """A network, its working copy, its optimiser and its moving average (EMA).

    With several processes all of them hold the same weights and take the same steps.

    Args:
        exact: names of parts that stay in float32 in any case.
        splits: the network's `layers` may be split over the processes (FSDP); with adapters they
            are not.
        low_rank: rank of the adapters that learn instead of the weights; 0 for none.
        rows: of parameters, by name, that learn beside adapters.

    Attributes:
        average: the network whose weights are the moving average.
    """

    def __init__(
        self,
        network: nn.Module,
        optimiser: Optimiser,
        steps: int,
        *,
        ema: float,
        computing: Computing | None = None,
        exact: tuple[str, ...] = (),
        splits: bool = False,
        low_rank: int = 0,
        rows: Mapping[str, slice] | None = None,
    ) -> None:
        computing = computing or Computing()
        self.settings, self.steps, self.ema = optimiser, steps, ema
        self._low_rank, self._device, precision = low_rank, computing.device, computing.precision
        if low_rank:
            add_adapters(network, low_rank)
            for name in rows or {}:
                network.get_parameter(name).requires_grad_()
        share_batch_norms(network)
        self.network = network.to(computing.device).train()
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        sharding = computing.sharding if splits and not low_rank else None
        self._split = sharding is not None
        if sharding is not None:
            for whole in (self.network, self.average):
                sharding.split(whole, bf16=precision == "bf16")
            precision = "float32"  # of the pieces; they are put together in bf16
        self.copy = WorkingCopy(self.network, precision, exact)
        for name, learnt in (rows or {}).items() if low_rank else ():
            hold_other_rows(self.copy.model, name, learnt)
        computing.prepare(self.copy.model)
        self._optimiser = torch.optim.AdamW(
            _parameter_groups(self.network, optimiser),
            lr=optimiser.rate,
            betas=optimiser.betas,
        )

    def rate(self, step: int) -> float:
        """Learning rate of 0-based step `step`."""
        return self.settings.rate_at(step, self.steps)

    def update(self, step: int) -> float:
        """One optimiser step from the gradients that the copy's parameters have; their norm.

        Raises:
            UserError: the gradient is not a number. The weights stay as they were.
        """
        self.copy.hand_over_gradients()
        parameters = list(self.network.parameters())
        if not self._split:  # otherwise the backward pass has averaged them
            processes.average_gradients(parameters)
        limit = self.settings.clip or float("inf")
        norm = _whole(torch.nn.utils.clip_grad_norm_(parameters, limit))
        if not norm.isfinite():
            raise UserError(
                f"Training stopped at step {step}: the gradient is not a number. The last "
                "checkpoint is good. Lower the rate, clip the gradient, or set "
                'precision = "float32", then go on from there.'
            )
        for group in self._optimiser.param_groups:
            group["lr"] = group["share"] * self.rate(step)
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

    def shipped(self) -> nn.Module:
        """The averaged network as it is shipped: whole, without adapters, in evaluation mode. All
        processes must ask; where the network is split it is right in the first one alone."""
        if self._split:
            network = type(self.average)(self.average.config)
            weights = {k: gathered(v) for k, v in self.average.state_dict().items()}
            if processes.rank() == 0:
                network.load_state_dict(weights)
            return network.to(self._device).requires_grad_(False).eval()
        network = copy.deepcopy(self.average)
        if self._low_rank:
            merge_adapters(network)
        return network

    def state(self) -> dict[str, Tensor]:
        """All that a checkpoint needs, on the CPU of the first process; all processes must ask."""
        state = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        state |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, values in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser.{index}.{name}": value for name, value in values.items()}
        return {name: gathered(value) for name, value in state.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Takes over a state, whatever the number of processes that wrote it.

        Raises:
            Misfit: it is that of another network.
        """
        _fill(self.network, _below("network.", state))
        _fill(self.average, _below("average.", state))
        self._optimiser.load_state_dict(
            {**self._optimiser.state_dict(), "state": self._moments_of(state)}
        )
        self.copy.load_weights()

    def _moments_of(self, state: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
        groups = self._optimiser.param_groups
        parameters = [parameter for group in groups for parameter in group["params"]]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _below("optimiser.", state).items():
            index, key = name.split(".", 1)
            target = parameters[int(index)]
            moments.setdefault(int(index), {})[key] = (
                split_like(value, target) if value.shape == target.shape else value
            )
        return moments


def _whole(tensor: Tensor) -> Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


@torch.no_grad()
def _fill(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """`load_state_dict` for networks that may be split."""
    targets = network.state_dict()
    for name in sorted(targets.keys() | state.keys()):
        if name not in state or name not in targets:
            raise Misfit(f"{name} is {'not there' if name not in state else 'there as well'}")
        theirs, ours = tuple(state[name].shape), tuple(targets[name].shape)
        if theirs != ours:
            raise Misfit(f"{name} is {_sizes(theirs)} there and {_sizes(ours)} here")
        targets[name].copy_(split_like(state[name], targets[name]))


def _sizes(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "one number"


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
        and module.weight.requires_grad
    ]
    chosen = {id(weight) for weight in kernels}
    others = [p for p in network.parameters() if p.requires_grad and id(p) not in chosen]
    return [
        {"params": kernels, "weight_decay": optimiser.weight_decay, "share": 1.0},
        {"params": others, "weight_decay": 0.0, "share": optimiser.other_rate},
    ]
