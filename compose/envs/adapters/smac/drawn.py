"""Games of the SMACv2 package (Ellis et al. 2023): its drawn teams and places behind the attributes of SMAC's class."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable
from typing import Any

from compose.envs.adapters.smac.package import missing, star_craft
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.task import Drawn

GIT = "pip install git+https://github.com/oxwhirl/smacv2.git"


class Drawing:
    """What :class:`~compose.envs.adapters.smac.game.Game` reads: a ``StarCraft2Env`` of SMACv2, whose battles its
    wrapper begins, since it draws them. Other methods of the wrapper are not asked: its ``get_avail_actions`` takes a
    list of all agents for a pair."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapper.env, name)

    def reset(self) -> None:
        """Draw a battle and begin it."""
        self._wrapper.reset()


def drawn_maker(where: str, scenario: Scenario) -> Callable[[int], Drawing]:
    """A function that makes games of a scenario whose teams are drawn, from a seed; the seed reaches the game alone.

    Args:
        where: The environment's name, for messages.
        scenario: One of ``terran_5_vs_5`` and its like.

    Raises:
        SpecError: If the package, pysc2, the game or its maps are not there.
    """
    kind = star_craft(where, "smacv2", GIT)
    home = pathlib.Path(os.environ.get("SC2PATH", "~/StarCraftII")).expanduser()
    if not (home / "Versions").is_dir():
        raise missing(where, "StarCraft II is not there", f"install it, or set SC2PATH to its folder; looked in {home}")
    if not (home / "Maps" / "SMAC_Maps").is_dir():
        raise missing(where, "SMACv2's maps are not there",
                      f"put the folder SMAC_Maps (from the releases of github.com/oxwhirl/smacv2) into {home / 'Maps'}")
    race = scenario.name.partition("_")[0]

    def make(seed: int) -> Drawing:
        wrapper = kind(
            capability_config=capabilities(scenario), map_name=f"10gen_{race}", seed=seed, conic_fov=False,
            use_unit_ranges=True, min_attack_range=2, action_mask=True,
        )
        wrapper.env.episode_limit = scenario.limit
        return Drawing(wrapper)

    return make


def capabilities(scenario: Scenario) -> dict[str, Any]:
    """What SMACv2 is told to draw, in the form of its configurations."""
    task, starts = scenario.tasks[0], scenario.starts
    team = task.allies[0]
    assert isinstance(team, Drawn)
    assert starts is not None
    whole = sum(team.weights.values())
    return {
        "n_units": task.size("allies"), "n_enemies": task.size("enemies"),
        "team_gen": {
            "dist_type": "weighted_teams", "unit_types": [kind.lower() for kind in team.weights],
            "exception_unit_types": [kind.lower() for kind in team.not_only],
            "weights": [weight / whole for weight in team.weights.values()], "observe": True,
        },
        "start_positions": {
            "dist_type": "surrounded_and_reflect", "p": starts.reflect / (starts.reflect + starts.surround),
            "n_enemies": task.size("enemies"), "map_x": 32, "map_y": 32,
        },
    }  # fmt: skip
