"""Entity schemas: what an environment offers, as data. A spec is checked against one before any tensor exists.

A schema is a frozen model that can be written in Python or as a YAML file (:func:`load_schema`); nothing is run to read
it. Agents are the first slots among the entities. T = ``limit`` steps make T + 1 stored time indices.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field as Limits
from pydantic import ValidationError, field_validator, model_validator

from compose.graph.fields import (
    KNOWN_FIELDS,
    Dtype,
    Field,
    Model,
    Scope,
    constant_field,
    same_field,
    standard_fields,
)
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean, dotted

__all__ = [
    "ActionGroup", "Dtype", "EntitySchema", "EntityType", "Feature", "Field", "Scope", "Side", "constant_field",
    "load_schema", "standard_fields",
]

Side = Literal["agent", "other"]
Count = Annotated[int, Limits(ge=0)]
Positive = Annotated[int, Limits(ge=1)]
Name = Annotated[str, Limits(min_length=1)]


class EntityType(Model):
    """A kind of entity on one side, and how many of it an episode may hold."""

    name: Name
    side: Side
    """``agent``: in an agent slot, acted for by the method. ``other``: everything else."""
    min: Count
    max: Count


class Feature(Model):
    """A stretch of the feature vector. Stretches follow each other in the order of the schema's list."""

    name: Name
    size: Positive
    kind: Literal["one_hot", "bits", "float"]
    """``one_hot``: at most one 1. ``bits``: independent zeros and ones. ``float``: numbers of order one."""
    of: tuple[Side, ...] = ("agent", "other")
    """Which sides have it; it is zero for the others."""
    what: str = ""


class ActionGroup(Model):
    """Consecutive actions of one meaning. Groups follow each other in the order of the schema's list."""

    name: Name
    count: Positive
    targets: Side | None = None
    """Which side the actions are aimed at, one entity each (field ``action_entity`` says which); None: at nothing."""

    @property
    def plain(self) -> bool:
        """True if the actions are aimed at no entity."""
        return self.targets is None


class EntitySchema(Model):
    """What one environment offers."""

    name: Name
    """As the catalogue knows it: ``smac/3-8sz``."""
    summary: str
    note: str = ""
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
    features: tuple[Feature, ...]
    actions: tuple[ActionGroup, ...]
    limit: Positive
    """T, the most steps in an episode; T + 1 time indices are stored."""
    truncates: bool
    """True: a time limit is a truncation and values bootstrap through it. False: it is stored as a true end."""
    tasks: tuple[str, ...] = ("default",)
    axes: dict[str, Positive] = Limits(default_factory=dict)
    """Sizes of further axes that fields of this environment have, such as ``state``."""
    fields: dict[str, Field] = Limits(default_factory=standard_fields)
    """``env.NAME``; the standard ones are filled in."""

    @field_validator("fields")
    @classmethod
    def _fill_in(cls, fields: dict[str, Field]) -> dict[str, Field]:
        for name, field in fields.items():
            known = KNOWN_FIELDS.get(name)
            if known is not None and not same_field(name, field):
                raise ValueError(
                    f"'{name}' always has axes [{' '.join(known.axes)}], dtype {known.dtype} and scope {known.scope}"
                )
        return {**standard_fields(), **fields}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._wrong_counts(), *self._repeated_names(), *self._wrong_axes()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

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
            "action": sum(group.count for group in self.actions),
            "plain": sum(group.count for group in self.actions if group.plain),
            "feature": sum(feature.size for feature in self.features),
            "time": self.limit + 1,
            "task": len(self.tasks),
            "id": self.agents,
            "xy": 2,
            **self.axes,
        }

    def presence(self, axis: str) -> str | None:
        """The field that says which slots of ``axis`` are filled, or None if all always are."""
        return "present" if axis in ("agent", "entity") else None

    def present_range(self, side: Side) -> tuple[int, int]:
        """The fewest and the most entities of a side in any episode."""
        most, fewest = (self.agents, self.fewest_agents) if side == "agent" else (self.others, self.fewest_others)
        return (most if fewest is None else fewest, most)

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of everything in the schema, as hexadecimal digits."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _wrong_counts(self) -> list[str]:
        if self.entities < self.agents:
            return [f"entities ({self.entities}) must be at least agents ({self.agents}): agents are entities"]
        problems = [f"{name} must not be empty" for name in ("features", "actions", "tasks") if not getattr(self, name)]
        sides: tuple[Side, ...] = ("agent", "other")
        for side in sides:
            fewest, most = self.present_range(side)
            types = [kind for kind in self.types if kind.side == side]
            if fewest > most:
                problems.append(f"fewest_{side}s ({fewest}) exceeds the {most} {side} slots")
            if sum(kind.min for kind in types) > most or sum(kind.max for kind in types) < most:
                problems.append(f"types of side {side} cannot fill its {most} slots exactly")
            problems += [f"type {t.name} has min {t.min} > max {t.max}" for t in types if t.min > t.max]
            problems += [f"actions '{g.name}' target side {side}, which has no slots"
                         for g in self.actions if g.targets == side and not most]
        return problems

    def _repeated_names(self) -> list[str]:
        lists: dict[str, list[str]] = {
            "types": [f"{kind.name} ({kind.side})" for kind in self.types],
            "features": [feature.name for feature in self.features],
            "actions": [group.name for group in self.actions],
            "tasks": list(self.tasks),
        }
        return [f"{where} name '{name}' twice" for where, names in lists.items()
                for name, times in Counter(names).items() if times > 1]

    def _wrong_axes(self) -> list[str]:
        own = self.model_copy(update={"axes": {}}).sizes
        known = {**self.sizes, "batch": 0}
        problems = [f"axes.{axis} is given by the schema itself" for axis in self.axes if axis in {**own, "batch": 0}]
        for name, field in self.fields.items():
            problems += [f"fields.{name}: no size for axis '{axis}'. {did_you_mean(axis, known)}".removesuffix(". ")
                         for axis in field.axes if axis.removesuffix("'") not in known]
            if len(set(field.axes)) < len(field.axes):
                problems.append(f"fields.{name}: an axis occurs twice; mark the second copy with a prime")
            if field.scope != "global" and field.index is None:
                row = "agent" if field.scope == "local" else "entity"
                problems.append(f"fields.{name}: scope {field.scope} needs axis {row}")
        return problems


def load_schema(path: str | Path) -> EntitySchema:
    """Read a schema from a YAML file.

    Raises:
        SpecError: If the file cannot be read, is not YAML, or does not hold a valid schema (one diagnostic a problem).
    """
    data = _read(Path(path))
    try:
        return EntitySchema.model_validate_json(json.dumps(data))  # JSON mode: strict, yet lists may become tuples
    except ValidationError as error:
        raise SpecError(*(_diagnostic(path, problem) for problem in error.errors(include_url=False))) from None
    except (TypeError, ValueError) as error:
        raise SpecError(Diagnostic("schema", f"only plain values are allowed: {error}", where=str(path))) from None


def _read(path: Path) -> Any:
    """The plain data of a YAML file."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot read the schema: {error.strerror}"
    except UnicodeDecodeError:
        message = "not a UTF-8 text file"
    except yaml.YAMLError as error:
        message = f"not valid YAML: {' '.join(str(error).split())}"
    raise SpecError(Diagnostic("schema", message, where=str(path)))


def _diagnostic(path: str | Path, problem: Any) -> Diagnostic:
    """Pydantic's error as ours: what is wrong at which key."""
    message, hint = problem["msg"].removeprefix("Value error, "), ""
    key = problem["loc"][-1] if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        parts: dict[str, type[Model]] = {
            "types": EntityType, "features": Feature, "actions": ActionGroup, "fields": Field,
        }
        owner = parts.get(str(problem["loc"][0]), EntitySchema) if len(problem["loc"]) > 1 else EntitySchema
        message, hint = f"unknown key '{key}'", did_you_mean(key, owner.model_fields)
    elif problem["type"] == "missing":
        message = f"missing key '{key}'"
    where = dotted(problem["loc"])
    return Diagnostic("schema", message, where=f"{path}: {where}" if where else str(path), hint=hint)
