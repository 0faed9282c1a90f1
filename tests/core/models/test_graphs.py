"""CUDA graphs, and what happens without."""

from __future__ import annotations

import logging

import pytest
import torch

from core.models.graphs import Graph


@pytest.fixture(autouse=True)
def _no_refusal_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Graph, "_refused", False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device refuses no graph")
def test_without_a_graph_the_function_is_called_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    x, y = torch.tensor([1.0]), torch.tensor([2.0])
    with caplog.at_level(logging.WARNING):
        graphs = [Graph(lambda a, b: a - b, (x, y)) for _ in range(3)]

    assert [graph(y, x).item() for graph in graphs] == [1.0] * 3
    assert len(caplog.records) == 1


@pytest.mark.gpu
def test_a_graph_answers_with_the_values_of_each_call() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    total = torch.zeros(1, device="cuda")

    def function(x: torch.Tensor) -> torch.Tensor:
        total.copy_(x)
        return total * 2

    with torch.inference_mode():
        graph = Graph(function, (torch.ones(1, device="cuda"),))
        results = [graph(torch.full((1,), value, device="cuda")).item() for value in (3.0, 4.0)]

    assert results == [6.0, 8.0]
    assert total.item() == 4.0
