"""Scenarios of VMAS (package ``vmas``, Bettini et al. 2022) as a family. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field as Limits

from compose.envs.adapters.suites.suite import Suite, flat
from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

RAYS = 12
"""Of a lidar, where there is one."""


class Scenario(NamedTuple):
    """What an entity schema needs to know of a scenario."""

    summary: str
    agents: int
    """Unless told."""
    others: tuple[str, ...]
    """Kinds of landmarks, one of each; the package's names of them begin so."""
    observation: int
    """Numbers that an agent observes, beside three for each of ``many``."""
    many: bool = False
    """There are as many landmarks as agents."""
    turns: bool = False
    """A landmark turns."""
    private: bool = False
    """Each landmark belongs to an agent, which alone sees it."""
    lidar: bool = False


SCENARIOS = {
    "balance": Scenario("Agents below a line carry a package on it to a goal, and must not let it fall.", 3,
                        ("goal", "package", "line"), 16, turns=True),
    "transport": Scenario("Agents push a package to a goal.", 4, ("goal", "package"), 11),
    "reverse_transport": Scenario("Agents in a package push it to a goal from within.", 4, ("goal", "package"), 10),
    "wheel": Scenario("Agents turn a line at a given speed.", 4, ("line",), 13, turns=True),
    "dispersion": Scenario("Agents eat as many foods as they are.", 4, ("food",), 4, many=True),
    "navigation": Scenario("Each agent goes to a goal of its own, and must not touch the others.", 4, ("goal",),
                           6 + RAYS, many=True, private=True, lidar=True),
}


class Settings(Model):
    """What a name may change."""

    agents: Annotated[int, Limits(ge=2, le=100)]
    """Agents."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 100
    """Steps after which an episode is truncated."""


class VmasFamily(Suite[Settings]):
    """The catalogue's entry."""

    family, package = "vmas", "vmas"
    summary = "VMAS: bodies with physics on a plane, all episodes computed together by torch."
    instances: ClassVar[dict[str, Settings]] = {
        name: Settings(agents=scenario.agents) for name, scenario in SCENARIOS.items()
    }

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """Agents, then landmarks."""
        told, agents = SCENARIOS[instance], settings.agents
        each = agents if told.many else 1
        features = [
            Feature(name="type", size=1 + len(told.others), kind="one_hot", what=", ".join(("agent", *told.others))),
            Feature(name="place", size=2, kind="float", what="x and y."),
            Feature(name="velocity", size=2, kind="float", what="Of x and y."),
        ]
        if told.turns:
            features += [Feature(name="turn", size=2, kind="float", of=("other",),
                                 what="Cosine and sine of twice the angle: bodies look the same from both ends."),
                         Feature(name="spin", size=1, kind="float", of=("other",), what="How fast it turns.")]
        if told.lidar:
            features.append(Feature(name="lidar", size=RAYS, kind="float", of=("agent",),
                                    what="How much nearer than its reach each ray finds something."))
        if instance in ("transport", "dispersion"):
            features.append(Feature(name="done", size=1, kind="bits", of=("other",),
                                    what="Whether a package is at the goal, or a food is eaten."))
        size = told.observation + (3 * each if told.many and not told.lidar else 0)
        sees = "itself and its goal" if told.private else "itself and all that is no agent"
        return EntitySchema(
            name=f"vmas/{instance}", summary=told.summary,
            note=f"The team's reward is the mean of the agents'. An agent sees {sees}, as its observation tells; rows "
                 "hold places, observations mostly differences of places. Each component of an agent's force is off, "
                 "full to the one side or full to the other.",
            agents=agents, entities=agents + each * len(told.others),
            types=(EntityType(name="agent", side="agent", min=agents, max=agents),
                   *(EntityType(name=name, side="other", min=each, max=each) for name in told.others)),
            features=tuple(features),
            actions=tuple(ActionGroup(name=f"{x} {y}".strip() or "stay", count=1)
                          for x in ("", "left", "right") for y in ("", "down", "up")),
            limit=settings.limit, truncates=True, **flat(agents, size),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """All episodes in one environment of the package."""
        with self.needed(instance):
            from compose.envs.adapters.suites.vmas_environment import VmasGames

            return VmasGames(schema, instance, device)


FAMILY = VmasFamily()
