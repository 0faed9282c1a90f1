"""The measuring job: a few short generations of a bundle, and what each of them took."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from core.assets import asset
from core.cards import ModelCard
from core.decoders import DECODERS
from core.estimates.probes import probes
from core.estimates.table import Point, load, measured, save, table_file, tables_folder
from core.estimates.work import work
from core.jobs import generate
from core.options import schema
from core.requests import GenerationFinished

SAMPLE = "samples/maze.mp4"


def run(bundle: Path) -> Generator[tuple[str, Point], None, None]:
    """The device and a point for each generation that was measured; all are kept in its table.

    Raises:
        UserError: the bundle cannot be read, or not be run on this device.
    """
    card = ModelCard.read(bundle)
    for number, request in enumerate(probes(bundle, card, asset(SAMPLE))):
        with closing(generate.run(request)) as updates:
            finished = next(update for update in updates if isinstance(update, GenerationFinished))
        if number == 0:
            continue  # it has warmed up
        usual = {option.name: option.default for option in schema(DECODERS[request.decoder])}
        point = measured(request, work(request, card, usual), finished)
        path = table_file(finished.device, tables_folder())
        save(load(finished.device, path).with_point(point), path)
        yield finished.device, point
