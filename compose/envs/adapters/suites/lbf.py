"""Level-Based Foraging (package ``lbforaging``, Papoudakis et al. 2021) as a family. No torch here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field as Limits

from compose.envs.adapters.declared import Answers, Observation
from compose.envs.adapters.suites.suite import Instances, Suite, flat, played
from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

LISTED = (
    "2s-8x8-2p-2f-coop-v3", "8x8-2p-2f-coop-v3", "8x8-2p-2f-v3", "2s-10x10-3p-3f-v3", "10x10-3p-3f-v3",
    "15x15-3p-5f-v3", "15x15-4p-3f-v3", "15x15-4p-5f-v3",
)
HIGHEST = 6
"""What levels are divided by: the highest of a food, since three players of level 2 can always lift it."""
_NAME = re.compile(r"(2s-)?([5-9]|[1-9]\d)x\2-([2-9]|[1-9]\d)p-([1-9]|[1-9]\d)f(-coop)?-v3")


class Settings(Model):
    """What a name may change of one game."""

    sight: Annotated[int, Limits(ge=1, le=99)]
    """Cells that a player sees in every direction."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 50
    """Steps after which an episode is cut off."""
    penalty: Annotated[float, Limits(ge=0, le=1e3)] = 0.0
    """What each player loses that tries to lift a food that is too heavy."""


def parts(name: str) -> tuple[int, int, int, bool]:
    """Size, players, foods, and whether all must lift together."""
    found = _NAME.fullmatch(name)
    assert found is not None
    return int(found[2]), int(found[3]), int(found[4]), bool(found[5])


def _read(name: str) -> Settings | None:
    found = _NAME.fullmatch(name)
    return Settings(sight=2 if found[1] else int(found[2])) if found else None


class LbfFamily(Suite[Settings]):
    """The catalogue's entry."""

    family, package = "lbf", "lbforaging"
    summary = "Level-Based Foraging: players on a grid lift foods, together where one alone is too weak."
    instances: ClassVar[Instances[Settings]] = Instances(LISTED, _read)

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """Players, then foods, each in a slot of its own for the whole episode."""
        _, players, foods, _ = parts(instance)
        return EntitySchema(
            name=f"lbf/{instance}", summary=self.summary,
            note="The team's reward is the sum of the players'; all foods together are worth 1. Rows hold places on "
                 "the grid; where players see part of it, observations hold places within that. The package calls its "
                 "time limit an end; here it is a truncation. A lifted food is a row of zeros that nobody sees.",
            agents=players, entities=players + foods,
            types=(EntityType(name="player", side="agent", min=players, max=players),
                   EntityType(name="food", side="other", min=foods, max=foods)),
            features=(
                Feature(name="type", size=2, kind="one_hot", what="player, food"),
                Feature(name="place", size=2, kind="float", what="Row and column over the size of the grid."),
                Feature(name="level", size=1, kind="float", what=f"Level over {HIGHEST}."),
            ),
            actions=tuple(ActionGroup(name=name, count=1)
                          for name in ("stay", "north", "south", "west", "east", "lift")),
            limit=settings.limit, truncates=True,
            returns=(0.0 - settings.penalty * players * settings.limit, 1.0),
            **flat(players, 3 * (players + foods)),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Copies of ``ForagingEnv``."""
        with self.needed(instance):
            from compose.envs.adapters.suites.lbf_look import LbfLook, game

            size, players, foods, together = parts(instance)

            def factory() -> Any:
                return game(
                    players=players, min_player_level=1, max_player_level=2, min_food_level=1, max_food_level=None,
                    field_size=(size, size), max_num_food=foods, sight=settings.sight, force_coop=together,
                    max_episode_steps=settings.limit, penalty=settings.penalty,
                )

            answers = Answers(api="gymnasium", observation=Observation(size=schema.sizes["observation"]), reward="sum",
                              state="joined", at_limit="truncated")
            return played(schema, answers, factory, lambda env: LbfLook(env, schema, HIGHEST), device)


FAMILY = LbfFamily()
