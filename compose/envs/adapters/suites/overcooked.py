"""Overcooked (package ``overcooked-ai``, Carroll et al. 2019), its five kitchens, as a family. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field as Limits

from compose.envs.adapters.declared import Answers, Observation
from compose.envs.adapters.suites.suite import Suite, flat, played
from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, Side

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

LAYERS = 26
"""Of the package's encoding of a state."""
MOVES = ("up", "down", "right", "left", "stay", "interact")
"""In the package's order."""
KINDS = ("pot", "onions", "dishes", "counter", "serving")
"""What a cell may be where nobody walks."""
SOUP = 20
"""What a soup is worth."""


class Kitchen(NamedTuple):
    """Sizes of a kitchen in cells, and how many of its cells next to the floor are what."""

    width: int
    height: int
    cells: tuple[int, ...]
    """In the order of ``KINDS``."""


KITCHENS = {
    "cramped_room": Kitchen(5, 4, (1, 2, 1, 5, 1)),
    "asymmetric_advantages": Kitchen(9, 5, (2, 2, 2, 12, 2)),
    "coordination_ring": Kitchen(5, 5, (2, 2, 1, 7, 1)),
    "forced_coordination": Kitchen(5, 5, (2, 2, 1, 7, 1)),
    "counter_circuit_o_1order": Kitchen(8, 5, (2, 2, 1, 16, 1)),
}


class Settings(Model):
    """What a name may change."""

    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 400
    """Steps after which an episode is cut off."""
    shaping: Annotated[float, Limits(ge=0, le=100)] = 0.0
    """The weight of the package's rewards for what comes before: an onion in a pot, a dish taken, a soup taken."""


class OvercookedFamily(Suite[Settings]):
    """The catalogue's entry."""

    family, package = "overcooked", "overcooked_ai_py"
    summary = "Overcooked: two cooks put onions into pots, wait, and serve soups, in each other's way."
    instances: ClassVar[dict[str, Settings]] = {name: Settings() for name in KITCHENS}

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """Two cooks, then the cells next to the floor by kind, each kind row by row."""
        kitchen, stand = KITCHENS[instance], sum(KITCHENS[instance].cells)
        cooks: tuple[Side, ...] = ("agent",)
        cells: tuple[Side, ...] = ("other",)
        return EntitySchema(
            name=f"overcooked/{instance}", summary=self.summary,
            note=f"The team's reward is {SOUP} for each soup that is served, and what `shaping` adds. All see all, and "
                 "nothing is drawn. A success is a step in which a soup is served. The field 'observation' is the "
                 "package's lossless encoding, flattened.",
            agents=2, entities=2 + stand,
            types=(EntityType(name="cook", side="agent", min=2, max=2),
                   *(EntityType(name=kind, side="other", min=n, max=n)
                     for kind, n in zip(KINDS, kitchen.cells, strict=True))),
            features=(
                Feature(name="type", size=1 + len(KINDS), kind="one_hot", what=", ".join(("cook", *KINDS))),
                Feature(name="place", size=2, kind="float", what="x and y in cells from the upper left, over 5."),
                Feature(name="faces", size=4, kind="one_hot", of=cooks, what="up, down, right, left"),
                Feature(name="holds", size=3, kind="one_hot", what="A cook, or a counter: onion, dish, soup."),
                Feature(name="onions", size=1, kind="float", of=cells, what="In the pot, over 3."),
                Feature(name="cooking", size=1, kind="float", of=cells, what="How much of the time is over; 1: ready."),
            ),
            actions=tuple(ActionGroup(name=name, count=1) for name in MOVES),
            limit=settings.limit, truncates=True, **flat(2, LAYERS * kitchen.width * kitchen.height),
        )  # fmt: skip

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Kitchens, which the package's ``OvercookedGridworld`` takes from state to state."""
        with self.needed(instance):
            from compose.envs.adapters.suites.overcooked_look import KitchenEnv, OvercookedLook

            answers = Answers(api="gymnasium", observation=Observation(size=schema.sizes["observation"]), reward="team",
                              state="joined", success="served")
            return played(schema, answers, lambda: KitchenEnv(instance, settings.limit, settings.shaping),
                          lambda env: OvercookedLook(env, schema, KINDS), device)


FAMILY = OvercookedFamily()
