"""Networks that wait for the weights of a file: no memory is taken, no first weights are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class _NothingDrawn(TorchFunctionMode):
    """Leaves out drawing. On tensors without memory, that loads torch's compiler: over a second."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.randn:
            func = torch.empty
        if func in (nn.init.normal_, Tensor.normal_):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def unfilled(network: Callable[[Any], Any], config: Any) -> Any:
    """A network on the meta device."""
    with torch.device("meta"), _NothingDrawn():
        return network(config)
