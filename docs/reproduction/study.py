"""Train the variants of a study, measure all of them alike, and print a table.

    .venv/bin/python docs/reproduction/study.py docs/reproduction/objectives.toml [--seeds 0 1 2]

A study is a TOML file: a recipe that all variants share under [recipe], and a [[variant]] for each
row with what is different, under the same keys. Variants that name a [tokenizers.NAME] start from
that tokenizer, which is trained once. What is there already is not made again, so the same command
goes on where it was stopped. Everything lies in runs/reproduction/STUDY.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.training.recipe_text import as_toml

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "runs" / "reproduction"
FAMILIES = {False: ("tokenizer", "transformer"), True: ("vqvae", "prior")}
"""Sections of a recipe: MAGVIT's and VideoGPT's."""
Table = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """A row of the table.

    Attributes:
        recipe: what differs from the study's own.
        tokenizer: name of the tokenizer that it starts from; "" trains its own.
        decoding: further arguments of `maskreel evaluate`, such as the decoder.
        like: name of another variant whose model is measured, decoded in another way; "" trains.
    """

    name: str
    recipe: Table
    tokenizer: str = ""
    decoding: tuple[str, ...] = ()
    like: str = ""


@dataclass(frozen=True)
class Study:
    """Attributes:
    columns: heading → name of a figure in the report's `metrics`, or several whose mean is told.
    measure: arguments of `maskreel evaluate` that all variants share; measured: the footage.
    """

    name: str
    title: str
    recipe: Table
    tokenizers: Mapping[str, Table]
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    columns: Mapping[str, str | list[str]]
    measured: str
    measure: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Study:
        values = tomllib.loads(path.read_text("utf-8"))
        variants = tuple(
            Variant(**{"recipe": {}} | row | {"decoding": tuple(row.get("decoding", ()))})
            for row in values["variant"]
        )
        return cls(
            name=path.stem,
            title=values["title"],
            recipe=values["recipe"],
            tokenizers=values.get("tokenizers", {}),
            variants=variants,
            seeds=tuple(values.get("seeds", (0,))),
            columns=values["columns"],
            measured=values["measured"],
            measure=tuple(values.get("measure", ())),
        )

    @property
    def folder(self) -> Path:
        return RUNS / self.name


def merged(base: Table, over: Table) -> Table:
    """A copy of `base` in which the values of `over` stand, table by table."""
    found = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if both else value
    return found


def without(recipe: Table, part: str) -> Table:
    """The same recipe with no step of a part."""
    return merged(recipe, {part: {"steps": 0}})


def trained(study: Study, name: str, recipe: Table, seed: int) -> Path:
    """The bundle of a recipe, trained now if it is not there."""
    key = f"{slug(name)}-{seed}"
    bundle = study.folder / "models" / key
    if not (bundle / "card.json").exists():
        file = study.folder / f"{key}.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = merged(recipe, {"name": key, "seed": seed})
        file.write_text(as_toml(whole), "utf-8")
        run = study.folder / "runs" / key
        maskreel("train", file, "--run", run, "--models", bundle.parent, "--resume")
    return bundle


def measured(study: Study, variant: Variant, bundle: Path) -> Table:
    """The figures of a bundle, measured now if they are not known."""
    decoding = "-".join(variant.decoding)
    out = study.folder / "figures" / slug(f"{bundle.name} {decoding}")
    report = out / "report.json"
    if not report.exists():
        maskreel(
            "evaluate", bundle, ROOT / study.measured, *study.measure, *variant.decoding,
            "--out", out,
        )  # fmt: skip
    found: Table = json.loads(report.read_text("utf-8"))
    seconds = [speed["seconds_per_clip"] for speed in found["speed"].values()]
    return found["metrics"] | {"seconds": statistics.mean(seconds) if seconds else float("nan")}


def maskreel(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "core", *map(str, arguments)], cwd=ROOT, check=True)


def slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def bundle_of(study: Study, variant: Variant, seed: int) -> Path:
    """The trained model of a row."""
    if variant.like:
        other = next(one for one in study.variants if one.name == variant.like)
        return bundle_of(study, other, seed)
    recipe = merged(study.recipe, variant.recipe)
    if variant.tokenizer:
        first, second = FAMILIES["vqvae" in recipe]
        alone = merged(study.recipe, study.tokenizers[variant.tokenizer])
        start = trained(study, f"tokenizer {variant.tokenizer}", without(alone, second), 0)
        recipe = merged(recipe, study.tokenizers[variant.tokenizer])
        recipe = merged(recipe, {"start": str(start), first: {"legs": []}})
    return trained(study, variant.name, recipe, seed)


def rows(study: Study) -> Iterator[list[str]]:
    """A line for each variant: mean over the seeds, ± the deviation where there are several."""
    for variant in study.variants:
        bundles = [bundle_of(study, variant, seed) for seed in study.seeds]
        figures = [measured(study, variant, bundle) for bundle in bundles]
        told = (_told([_figure(one, names) for one in figures]) for names in study.columns.values())
        yield [variant.name, *told]


def _figure(figures: Table, names: str | list[str]) -> float | None:
    """Of one name, or the mean of several; None where one of them was not measured."""
    values = [figures.get(name) for name in ([names] if isinstance(names, str) else names)]
    known = [value for value in values if value is not None]
    return statistics.mean(known) if len(known) == len(values) else None


def _told(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    mean = statistics.mean(known)
    digits = 0 if abs(mean) >= 1000 else 1 if abs(mean) >= 100 else 2 if abs(mean) >= 10 else 3
    spread = f" ± {statistics.stdev(known):.{digits}f}" if len(known) > 1 else ""
    return f"{mean:.{digits}f}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", help="instead of those of the study")
    asked = parser.parse_args()
    study = Study.read(asked.study)
    if asked.seeds:
        study = Study(**study.__dict__ | {"seeds": tuple(asked.seeds)})
    lines = [[study.title, *study.columns], ["---"] * (len(study.columns) + 1), *rows(study)]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
    (study.folder / "table.md").write_text(text, "utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
