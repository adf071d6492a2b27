"""Entity schemas: what an environment offers, as data. A spec is checked against one before any tensor exists.

A schema is a frozen model that can be written in Python or as a YAML file (:mod:`.schema_file`); nothing is run to read
it. Agents are the first slots among the entities. T = ``limit`` steps make T + 1 stored time indices.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field as Limits
from pydantic import ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from compose.graph.contradictions import Problem, contradictions
from compose.graph.fields import (
    AGENT_ID,
    KNOWN_FIELDS,
    OBSERVED,
    Dtype,
    Field,
    Model,
    Scope,
    constant_field,
    known_fields,
    numbers_field,
    same_field,
    standard_fields,
)
from compose.language.values import Label as Name
from compose.language.values import Name as Word
from compose.language.values import Prose

__all__ = [
    "OBSERVED", "ActionGroup", "Dtype", "EntitySchema", "EntityType", "Feature", "Field", "Scope", "Side",
    "constant_field", "standard_fields",
]

Side = Literal["agent", "other"]
Reduction = Literal["sum", "mean", "own"]
Count = Annotated[int, Limits(ge=0)]
Positive = Annotated[int, Limits(ge=1)]


class EntityType(Model):
    """A kind of entity on one side, and how many of it an episode may hold."""

    noun: ClassVar[str] = "a type"

    name: Name
    """Such as ``Zealot``."""
    side: Side
    """``agent``: in an agent slot, acted for by the method. ``other``: everything else."""
    min: Count
    """The fewest of it in an episode."""
    max: Count
    """The most."""


class Feature(Model):
    """A stretch of the feature vector. Stretches follow each other in the order of the schema's list."""

    noun: ClassVar[str] = "a feature"

    name: Name
    """Such as ``health``."""
    size: Positive
    """How many numbers."""
    kind: Literal["one_hot", "bits", "float"]
    """``one_hot``: at most one 1. ``bits``: independent zeros and ones. ``float``: numbers of order one."""
    of: tuple[Side, ...] = ("agent", "other")
    """Which sides have it; it is zero for the others."""
    what: Prose = ""
    """What they mean, and in which unit."""


class ActionGroup(Model):
    """Consecutive actions of one meaning. Groups follow each other in the order of the schema's list."""

    noun: ClassVar[str] = "a group of actions"

    name: Name
    """Such as ``move``."""
    count: Positive
    """How many actions; one for each target where they are aimed at somebody."""
    targets: Side | None = None
    """Which side the actions are aimed at, one entity each (field ``action_entity`` says which); None: at nothing."""
    kind: Literal["choices", "continuous"] = "choices"
    """``choices``: an agent takes one action of all groups. ``continuous``: an action is ``count`` numbers, beside
    those of the other groups. An environment has groups of one kind only."""
    low: float | None = None
    """The least that each number may be, of continuous ones."""
    high: float | None = None
    """The most."""

    @property
    def plain(self) -> bool:
        """True if the actions are aimed at no entity."""
        return self.targets is None


class EntitySchema(Model):
    """What one environment offers."""

    noun: ClassVar[str] = "a schema"

    name: Name
    """As the catalogue knows it: ``smac/3-8sz``."""
    summary: Prose
    """One sentence."""
    note: Prose = ""
    """What a reader must know before comparing numbers, such as "the task list is our proposal"."""
    agents: Positive
    """Agent slots: the most agents in any episode."""
    entities: Positive
    """Entity slots, agents included; agents come first."""
    fewest_agents: Positive | None = None
    """The fewest agents present in any episode; None: all slots are always filled."""
    fewest_others: Count | None = None
    """The same for entities that are not agents."""
    types: tuple[EntityType, ...]
    """The kinds of entities."""
    features: tuple[Feature, ...]
    """Stretches of the feature vector, in order."""
    actions: tuple[ActionGroup, ...]
    """Groups of actions, in order."""
    limit: Positive
    """T, the most steps in an episode; T + 1 time indices are stored."""
    truncates: bool
    """True: a time limit is a truncation and values bootstrap through it. False: it is stored as a true end."""
    reward: Reduction = "own"
    """What the team's reward is: the ``sum`` or the ``mean`` of what the agents who are present earn (the field
    ``rewards``), or the environment's ``own``."""
    returns: tuple[float, float] | None = None
    """The least and the most that the rewards of one episode can add up to; None: nobody says."""
    tasks: tuple[Name, ...] = ("default",)
    """Names of the tasks that episodes may have; the field ``task`` counts in this order."""
    version: Prose = ""
    """Changes whenever the environment's rules do; schemas without rules of their own have none."""
    axes: dict[Word, Positive] = Limits(default_factory=dict)
    """Sizes of further axes that fields of this environment have, such as ``state``."""
    fields: dict[Word, Field] = Limits(default_factory=standard_fields, validate_default=True)
    """``env.NAME``; the standard ones are filled in."""

    @field_validator("fields")
    @classmethod
    def _fill_in(cls, fields: dict[Word, Field], info: ValidationInfo) -> dict[str, Field]:
        plain, continuous = standard_fields(), _continuous(info.data.get("actions", ()))
        known, standard = known_fields(continuous), plain
        if continuous:  # who wrote `standard_fields` meant what is standard here
            standard = {name: numbers_field(name, field) for name, field in plain.items() if name in known}
            fields = {name: standard.get(name, field) if field == plain.get(name) else field
                      for name, field in fields.items() if name in standard or field != plain.get(name)}
        for name, field in fields.items():
            if name in known and not same_field(known[name], name, field):
                given = known[name]
                text = f"'{name}' always has axes [{' '.join(given.axes)}], dtype {given.dtype} and scope {given.scope}"
                raise _contradiction([(("fields", name), text)])
            if name in KNOWN_FIELDS and name not in known:
                raise _contradiction([(("fields", name), f"actions are numbers here: there is no '{name}'")])
        filled = {name: field.model_copy(update=known[name].declared) if name in known else field
                  for name, field in fields.items()}
        return {**standard, **filled}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := contradictions(self):
            raise _contradiction(problems)
        return self

    @property
    def continuous(self) -> bool:
        """Are actions numbers, not choices?"""
        return _continuous(self.actions)

    @property
    def others(self) -> int:
        """Entity slots that are not agents'."""
        return self.entities - self.agents

    @property
    def sizes(self) -> dict[str, int]:
        """Size of every axis this schema gives: agent, entity, action, feature, time (T + 1), and so on."""
        return {
            "agent": self.agents,
            "entity": self.entities,
            "other": self.others,
            **self._action_sizes,
            "feature": sum(feature.size for feature in self.features),
            "time": self.limit + 1,
            "task": len(self.tasks),
            "id": self.agents,
            "xy": 2,
            **self.axes,
        }

    @property
    def _action_sizes(self) -> dict[str, int]:
        total = sum(group.count for group in self.actions)
        if self.continuous:
            return {"part": total}
        return {"action": total, "plain": sum(group.count for group in self.actions if group.plain)}

    def presence(self, axis: str) -> str | None:
        """The field that says which slots of ``axis`` are filled, or None if all always are."""
        return "present" if axis in ("agent", "entity") else None

    def present_range(self, side: Side) -> tuple[int, int]:
        """The fewest and the most entities of a side in any episode."""
        most, fewest = (self.agents, self.fewest_agents) if side == "agent" else (self.others, self.fewest_others)
        return (most if fewest is None else fewest, most)

    @property
    def numbers_agents(self) -> bool:
        """Is ``agent_id`` the identity that needs no asking, so that the environment does not give it?"""
        return self.fields["agent_id"] == AGENT_ID

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of everything in the schema, as hexadecimal digits."""
        unsaid = {name for name in ("version", "returns") if not getattr(self, name)}
        unsaid |= {"reward"} if self.reward == "own" else set()
        content = self.model_dump(mode="json", exclude=unsaid)
        for group in content["actions"] if not self.continuous else ():
            del group["kind"], group["low"], group["high"]
        content["axes"] = {axis: size for axis, size in self.axes.items() if axis not in OBSERVED}
        known = known_fields(self.continuous)
        for name, field in self.fields.items():
            unsaid = set(field.declared) if name in known else {k for k, v in field.declared.items() if not v}
            content["fields"][name] = {k: v for k, v in content["fields"][name].items() if k not in unsaid}
        if self.numbers_agents:
            del content["fields"]["agent_id"]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _continuous(actions: tuple[ActionGroup, ...]) -> bool:
    return any(group.kind == "continuous" for group in actions)


def _contradiction(problems: list[Problem]) -> PydanticCustomError:
    text = "; ".join(message for _, message in problems)
    return PydanticCustomError("schema", "{text}", {"text": text, "problems": problems})
