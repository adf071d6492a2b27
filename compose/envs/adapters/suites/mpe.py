"""The cooperative scenarios of MPE (package ``mpe2``, Lowe et al. 2017) as a family. No torch here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field as Limits

from compose.envs.adapters.declared import Answers, Observation
from compose.envs.adapters.suites.suite import Suite, flat, played
from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

MOVES = ("stay", "left", "right", "down", "up")
GOALS = 3
"""Landmarks that may be the goal where agents tell each other of it."""
WORDS = {"simple_spread_v3": 0, "simple_reference_v3": 10, "simple_speaker_listener_v4": 3}
"""How many words agents have."""
_NOTES = {
    "simple_spread_v3": "All see all. Beyond what is in observations, agents know how fast the others are. A success "
                        "is a step in which every landmark has an agent within 0.1.",
    "simple_reference_v3": "An agent sees itself and the landmarks, and has heard the other's last word. Beyond what "
                           "is in observations, it knows where on the plane it is.",
    "simple_speaker_listener_v4": "The speaker sees itself, and so the goal; the listener sees itself and the "
                                  "landmarks, and has heard the speaker's last word. Beyond what is in observations, "
                                  "it knows where on the plane it is. The speaker's 3 actions are words.",
}


class Settings(Model):
    """What a name may change."""

    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 25
    """Steps after which an episode is truncated."""


class Shared(Settings):
    """What a name may change where rewards are partly an agent's own."""

    local_ratio: Annotated[float, Limits(ge=0, le=1)] = 0.5
    """The weight of an agent's own reward beside the one that all share."""


class Spread(Shared):
    """What a name may change of simple_spread."""

    agents: Annotated[int, Limits(ge=1, le=100)] = 3
    """Agents, and as many landmarks."""
    continuous: bool = False
    """Actions are the package's 5 numbers from 0 to 1 (the first does nothing) in place of 5 choices."""


class MpeFamily(Suite[Settings]):
    """The catalogue's entry."""

    family, package = "mpe", "mpe2"
    summary = "MPE: particles on a plane cover landmarks, or tell each other where to go."
    instances: ClassVar[dict[str, Settings]] = {
        "simple_spread_v3": Spread(), "simple_reference_v3": Shared(), "simple_speaker_listener_v4": Settings(),
    }

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """Agents, then landmarks."""
        agents, words = (settings.agents, 0) if isinstance(settings, Spread) else (2, WORDS[instance])
        landmarks, speaker = (GOALS if words else agents), instance == "simple_speaker_listener_v4"
        kinds = ("speaker", "listener") if speaker else ("agent",)
        each = agents // len(kinds)
        features = [
            Feature(name="type", size=len(kinds) + 1, kind="one_hot", what=", ".join((*kinds, "landmark"))),
            Feature(name="place", size=2, kind="float", what="x and y; episodes begin within 1 of the middle."),
            Feature(name="velocity", size=2, kind="float", of=("agent",), what="Of x and y."),
        ]
        if words:
            features += [
                Feature(name="landmark", size=GOALS, kind="one_hot", of=("other",), what="Which landmark it is."),
                Feature(name="knows", size=GOALS, kind="one_hot", of=("agent",),
                        what="The landmark that it knows to be the goal of the other agent."),
                Feature(name="heard", size=words, kind="one_hot", of=("agent",), what="The other agent's last word."),
            ]
        free = isinstance(settings, Spread) and settings.continuous
        numbers: dict[str, Any] = {"kind": "continuous", "low": 0.0, "high": 1.0} if free else {}
        names = [f"{move} {word}" for word in range(words) for move in MOVES] if not speaker and words else MOVES
        size = {0: 6 * agents, 10: 21, 3: 11}[words]
        return EntitySchema(
            name=f"mpe/{instance}", summary=self.summary,
            note=f"The team's reward is the sum of the agents'. {_NOTES[instance]}",
            agents=agents, entities=agents + landmarks,
            types=(*(EntityType(name=kind, side="agent", min=each, max=each) for kind in kinds),
                   EntityType(name="landmark", side="other", min=landmarks, max=landmarks)),
            features=tuple(features), actions=tuple(ActionGroup(name=name, count=1, **numbers) for name in names),
            limit=settings.limit, truncates=True, **flat(agents, size),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Copies of the scenario's ``parallel_env``."""
        with self.needed(instance):
            from compose.envs.adapters.suites.mpe_look import MpeLook

            given: dict[str, Any] = {"max_cycles": settings.limit}
            given |= {"local_ratio": settings.local_ratio} if isinstance(settings, Shared) else {}
            given |= {"N": settings.agents, "continuous_actions": settings.continuous} \
                if isinstance(settings, Spread) else {}
            parallel: Any = import_module(f"mpe2.{instance}").parallel_env
            answers = Answers(api="pettingzoo", observation=Observation(size=schema.sizes["observation"], pad=True),
                              reward="sum", state="joined")
            return played(schema, answers, lambda: parallel(**given), lambda env: MpeLook(env, schema), device)


FAMILY = MpeFamily()
