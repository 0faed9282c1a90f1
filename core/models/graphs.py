"""A function on tensors of fixed shapes as a CUDA graph: one launch instead of hundreds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Function = Callable[..., Tensor]

WARM_UPS = 3
"""Runs before a capture, in which libraries choose their kernels and take their workspace."""

log = logging.getLogger(__name__)


class Graph:
    """Replays `function` on new values of its arguments.

    Running the function twice on the same arguments must be the same as running it once. Where a
    graph cannot be made the function is called as it is, and that is logged once.

    Args:
        arguments: tensors with the shapes of all later ones.
    """

    _refused = False

    def __init__(self, function: Function, arguments: Sequence[Tensor]) -> None:
        self._function = function
        self._arguments = [argument.clone() for argument in arguments]
        self._graph: torch.cuda.CUDAGraph | None = None
        if Graph._refused:
            return
        try:
            self._capture()
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            Graph._refused = True
            log.warning("Decoding without a CUDA graph, so slower: %s", error)

    def __call__(self, *arguments: Tensor) -> Tensor:
        """The result; the next call may overwrite it."""
        if self._graph is None:
            return self._function(*arguments)
        for held, argument in zip(self._arguments, arguments, strict=True):
            held.copy_(argument)
        self._graph.replay()
        return self._result

    def _capture(self) -> None:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                self._function(*self._arguments)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._result = self._function(*self._arguments)
        self._graph = graph
