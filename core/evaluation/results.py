"""From the chunks of an evaluation to its figures, as plain JSON values. The order of the sums is
that of the clips, so that it does not matter who measured which chunk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from core.cards import ModelCard
from core.evaluation.request import EvaluateRequest
from core.evaluation.sets import Sets, Tree, deviation, mean
from core.evaluation.store import Store
from core.metrics.catalogue import PAIR_METRICS, SET_METRICS

Values = NDArray[np.float64]


class Results:
    """The figures of a whole store.

    Args:
        store: with all chunks.
    """

    def __init__(self, request: EvaluateRequest, card: ModelCard, store: Store) -> None:
        self._request, self._card = request, card
        self._names, self._parts = store.names(), store.small()
        self._labels = self._whole("clip/label")
        self._folds = np.arange(request.clips) * request.folds // request.clips
        self._sets = Sets(store, self._folds, self._labels, card.classes)

    def tree(self) -> Tree:
        """Everything, by what it belongs to."""
        return {
            "device": ", ".join(sorted({str(part) for part in self._parts["about/device"]})),
            "absent": self._absent(),
            "frame": self._pairs("frame"),
            "hole": self._pairs("hole"),
            "sets": self._sets.scores(),
            "recognised": self._recognised(),
            "speed": self._speed(),
            "classes": self._classes(),
            "prior": self._prior(),
            "tokens": self._tokens(),
        }

    def _absent(self) -> list[str]:
        """A line for each metric that was not measured."""
        measured = {name.split("/")[-1] for name in self._names if name.startswith("frame/")}
        measured |= {name.split("/")[1] for name in self._names if name.startswith("set/")}
        return [
            f"{metric.label}: no network given ({metric.needs})"
            for metric in (*PAIR_METRICS.values(), *SET_METRICS.values())
            if metric.name not in measured
        ]

    def _whole(self, name: str) -> NDArray:
        """An array over all clips."""
        return np.concatenate(self._parts[name])

    def _under(self, start: str) -> Iterator[tuple[str, list[str]]]:
        """Names of arrays that begin so, and what follows, split."""
        for name in self._names:
            if name.startswith(f"{start}/"):
                yield name, name.split("/")[1:]

    def _pairs(self, part: str) -> Tree:
        """task → way → metric → mean, its deviation over the folds, and the best sample."""
        found: Tree = {}
        for name, (task, way, metric) in self._under(part):
            values = self._whole(name)
            score = self._score(values.mean(axis=1))
            if values.shape[1] > 1:
                best = values.max(axis=1) if PAIR_METRICS[metric].rises else values.min(axis=1)
                score["best"] = self._score(best)["mean"]
            found.setdefault(task, {}).setdefault(way, {})[metric] = score
        return found

    def _score(self, values: Values) -> Tree:
        """NaN, "nothing to measure here", does not count."""
        parts = [mean(values[self._folds == fold]) for fold in range(self._request.folds)]
        return {"mean": mean(values), "deviation": deviation(parts)}

    def _prior(self) -> Tree:
        return {
            name: self._score(self._whole(path))
            for path, (name,) in self._under("clip")
            if name != "label"
        }

    def _recognised(self) -> Tree:
        """task → share of the clips whose class the judge tells; "real": of the real ones."""
        return {
            task: self._score(self._whole(name).mean(axis=1))
            for name, (task,) in self._under("told")
        }

    def _speed(self) -> Tree:
        tokens_of_clip = int(np.prod(self._grid()))
        found: Tree = {}
        for name, (task,) in self._under("seconds"):
            tokens_s, pixels_s, count = reduce(add, self._parts[name])
            found[task] = {
                "seconds_per_clip": float((tokens_s + pixels_s) / count),
                "tokens_per_second": float(tokens_of_clip * count / tokens_s),
            }
        return found

    def _grid(self) -> tuple[int, ...]:
        card = self._card
        sizes = (card.frames, card.height, card.width)
        return tuple(size // step for size, step in zip(sizes, card.stride, strict=True))

    def _tokens(self) -> Tree:
        """Codes in use, and the best that knowing these very tokens' frequencies can do."""
        counts = reduce(add, self._parts["tokens/counts"]).astype(np.float64)
        chance = counts / counts.sum()
        entropy = -float((chance * np.log(np.where(chance > 0, chance, 1))).sum())
        return {
            "codebook_usage": float((counts > 0).mean()),
            "codebook_perplexity": float(np.exp(entropy)),
            "unigram_cross_entropy": entropy,
            "unigram_accuracy": float(chance.max()),
        }

    def _classes(self) -> Tree:
        """class → number of clips, and task → metric → mean of the model, inside the hole."""
        found: Tree = {}
        for name, (task, way, metric) in self._under("hole"):
            if way != "model":
                continue
            values = self._whole(name).mean(axis=1)
            for label in np.unique(self._labels):
                known = label < len(self._card.classes)
                of_class = self._labels == label
                row = found.setdefault(
                    self._card.classes[label] if known else "unknown",
                    {"clips": int(of_class.sum()), "tasks": {}},
                )
                row["tasks"].setdefault(task, {})[metric] = mean(values[of_class])
        return found


def flat(tree: Tree) -> dict[str, float]:
    """The figures for a card, by name: TASK_METRIC_WAY inside the hole, and sets as a whole."""
    found = {
        f"tokenizer_{metric}": score["mean"]
        for metric, score in tree["frame"]["tokenizer"]["model"].items()
    }
    found |= {name: score["mean"] for name, score in tree["prior"].items()}
    for task, ways in tree["hole"].items():
        for way, metrics in ways.items():
            found |= {f"{task}_{m}_{way}": score["mean"] for m, score in metrics.items()}
    for task, ways in tree["sets"].items():
        for way, metrics in ways.items():
            found |= {f"{task}_{m}_{way}": score["full"] for m, score in metrics.items()}
    found |= {f"recognised_{task}": score["mean"] for task, score in tree["recognised"].items()}
    return {name: value for name, value in found.items() if value is not None} | tree["tokens"]
