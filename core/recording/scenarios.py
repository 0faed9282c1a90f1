"""The places that are recorded: scenarios of the vizdoom package, and maps of Freedoom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One kind of place; its name is the class that a model learns.

    Attributes:
        config: the scenario's file among those of the vizdoom package.
        map: another map of the same file, e.g. "MAP12"; None keeps the configured one.
        shoots: aims at visible monsters and shoots; the weapon is in the picture then.
        peace_s: seconds before the first shot, where a kill ends the episode.
        gathers: categories of things, by ViZDoom's names, that are walked to before all else.
        avoids: names of things that are walked around.
        scattered: episodes begin anywhere that can be reached from the map's own start.
        skill: of the game, 1 (easy) to 5.
    """

    name: str
    config: str
    map: str | None = None
    shoots: bool = False
    peace_s: float = 0.0
    gathers: tuple[str, ...] = ()
    avoids: tuple[str, ...] = ()
    scattered: bool = True
    skill: int = 2


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "health_gathering_supreme",
            "health_gathering_supreme.cfg",
            gathers=("Health",),
            avoids=("Poison",),
        ),
        Scenario("health_gathering", "health_gathering.cfg", gathers=("Health",)),
        Scenario("my_way_home", "my_way_home.cfg", avoids=("GreenArmor",)),
        Scenario("basic", "basic.cfg", shoots=True, peace_s=15),
        Scenario("predict_position", "predict_position.cfg", shoots=True, peace_s=15),
        Scenario("take_cover", "take_cover.cfg"),
        Scenario(
            "deadly_corridor",
            "deadly_corridor.cfg",
            shoots=True,
            avoids=("GreenArmor",),
            scattered=False,
            skill=1,
        ),
        Scenario("defend_the_center", "defend_the_center.cfg", shoots=True),
        Scenario("defend_the_line", "defend_the_line.cfg", shoots=True),
        Scenario("deathmatch", "deathmatch.cfg", shoots=True, skill=1),
        Scenario("freedoom1_e1m1", "freedoom1.cfg", "E1M1", shoots=True, skill=1),
        Scenario("freedoom2_map01", "freedoom2.cfg", "MAP01", shoots=True, skill=1),
        Scenario("freedoom2_map12", "freedoom2.cfg", "MAP12", shoots=True, skill=1),
    )
}
