"""The fields an environment may offer to a spec as ``env.NAME``: axes, dtype and what each agent may know of them.

Axes are written in the order of the tensor. A prime marks the second copy of an axis: ``entity'``.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from compose.language.values import Prose

Dtype = Literal["float", "bool", "int"]
Scope = Literal["local", "row", "public", "global"]
Fact = Annotated[str, StringConstraints(pattern=r"^(shown|present|available|steps)( [a-z][a-z0-9_]*'?)+$")]
"""What is certain where a mask is true, and the axes that it speaks of: ``shown entity agent`` (the second may know of
the first), ``present entity``, ``available agent action``, ``steps batch time``."""


OBSERVED = ("observed_moves", "observed_others", "observed_agents", "observed_self")
"""Axes by which an environment says what its flat ``observation`` is made of, in this order: how the agent may move,
numbers about every other entity, about every other agent, about itself. ``split`` divides it so."""

SPOKEN = {"shown": 2, "present": 1, "available": 2, "steps": 2}
"""How many axes each fact speaks of."""


class Model(BaseModel):
    """Base of all schema data: frozen, strict about types, no unknown keys, all numbers finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True, allow_inf_nan=False)


class Field(Model):
    """One tensor of the episode batch."""

    noun: ClassVar[str] = "a field"

    axes: tuple[str, ...]
    """Axis names in the order of the tensor's dimensions."""
    dtype: Dtype
    """Kind of number; ``float`` takes the precision of the model."""
    scope: Scope
    """``local``: indexed by agent, row a holds only what agent a may know when it acts. ``row``: indexed by entity (or
    by agent alone), row e is about e only, so an agent that sees e may know it. ``public``: every agent knows all
    of it. ``global``: anything else."""
    what: Prose
    """One sentence: what it holds, in which units, and what absent rows hold."""
    after: bool = False
    """Does it come after the action of its step, so that nobody can act on it?"""
    ordered: bool | None = None
    """Do its numbers depend on the order of agents and entities otherwise than row by row? None: they do if it has axes
    of the environment's own, whose meaning nobody knows."""
    holds: tuple[Fact, ...] = ()
    """Of a mask: what is certain where it is true."""

    @property
    def facts(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is certain where it is true: what, and of which axes."""
        return [(what, tuple(axes)) for what, *axes in (fact.split() for fact in self.holds)]

    @property
    def declared(self) -> dict[str, Any]:
        """What proofs may rest on beside axes, dtype and scope."""
        return {"after": self.after, "ordered": self.ordered, "holds": self.holds}

    @property
    def index(self) -> str | None:
        """The axis whose rows the scope speaks of; None for a global field or where it is missing."""
        wanted = {"local": ("agent",), "row": ("entity", "agent"), "public": (), "global": ()}[self.scope]
        return next((axis for axis in wanted if axis in self.axes), None)


def _field(axes: str, dtype: Dtype, scope: Scope, what: str, *holds: Fact, after: bool = False,
           ordered: bool = False) -> Field:
    names = tuple(axes.split())
    return Field(axes=names, dtype=dtype, scope=scope, what=what, after=after, ordered=ordered, holds=holds)


_STANDARD = {
    "entities": _field("batch time entity feature", "float", "row", "Features of every entity; absent rows are zero."),
    "visible": _field("batch time agent entity", "bool", "local", "True where the agent may see the entity.",
                      "shown entity agent", "present entity"),
    "sight": _field(
        "batch time entity entity'", "bool", "global",
        "True where the first entity sees the second; rows of agents equal `visible`.",
        "shown entity' entity", "present entity'",
    ),
    "present": _field("batch time entity", "bool", "row", "True where the slot holds an entity; dead ones stay.",
                      "present entity"),
    "available": _field(
        "batch time agent action", "bool", "local",
        "True where the agent may take the action; at least one per agent, absent agents included.",
        "available agent action",
    ),
    "action": _field("batch time agent", "int", "global", "The action taken in this step; nobody acts on it.",
                     after=True),
    "last_action": _field(
        "batch time agent action", "float", "row",
        "One-hot action of the previous step; zero in the first step and for absent agents.",
    ),
    "reward": _field("batch time", "float", "global", "Team reward of this step's joint action.", after=True),
    "terminated": _field(
        "batch time", "bool", "global",
        "True where this step truly ended the episode; a truncation by the time limit stays False.", after=True,
    ),
    "steps": _field(
        "batch time", "bool", "global",
        "True where a step was taken: recorded and not after a true end; False in the last index, which has no next.",
        "steps batch time", after=True,
    ),
    "active": _field("batch time agent", "bool", "local", "True where the agent is present and can act (is alive).",
                     "present agent"),
    "task": _field("batch", "int", "global", "Index of the episode's task in the schema's list of tasks."),
    "success": _field("batch", "bool", "global", "True if the episode reached the environment's goal.", after=True),
}

_OPTIONAL = {
    "rewards": _field("batch time agent", "float", "global",
                      "What each agent earned by this step's joint action; absent agents earn zero.", after=True),
    "state": _field("batch time state", "float", "global", "The environment's own flat state vector.", ordered=True),
    "observation": _field("batch time agent observation", "float", "local", "The agent's own flat observation vector.",
                          ordered=True),
    "position": _field("batch time agent xy", "float", "local", "The agent's position."),
    "agent_id": _field("agent id", "float", "local", "One-hot index of the agent.", ordered=True),
    "truth_groups": _field(
        "batch time agent entity", "bool", "global", "True where the entity belongs to the agent's group of the task.",
    ),
    "action_entity": _field(
        "batch action entity", "bool", "public", "True where the action is aimed at the entity; fixed for an episode.",
    ),
}

AGENT_ID = _OPTIONAL["agent_id"].model_copy(update={"what": "One-hot index of the agent; every environment has it."})
"""What a schema that says nothing of ``agent_id`` offers: known without asking the environment."""

_NUMBERS = {
    "action": _field("batch time agent part", "float", "global",
                     "The numbers chosen in this step, of which -1 and 1 are the bounds; nobody acts on it.",
                     after=True),
    "last_action": _field(
        "batch time agent part", "float", "row",
        "What the agent did in the previous step, -1 and 1 being bounds; zero in the first step and for absent agents.",
    ),
}
"""What is otherwise where actions are numbers, not choices."""
_CHOICES = ("available", "action_entity")
"""Fields that speak of choices, which are not there then."""

COUNTS = {"action": "action", "task": "task"}
"""Fields that hold indices, and the axis that they index."""

KNOWN_FIELDS = {**_STANDARD, **_OPTIONAL}
"""Every field name whose meaning is fixed: an environment that offers it, offers exactly this. Optional ones may lack
batch and time, and are then the same in every episode (:func:`constant_field`)."""

LEAD = ("batch", "time")
PLAYED = "played."
"""What the names of fields begin with that acting records."""


def played_field(axes: tuple[str, ...], dtype: Dtype, what: str) -> Field:
    """A field that acting records: nobody acts on it."""
    return Field(axes=axes, dtype=dtype, scope="global", what=what, after=True, ordered=False)


def known_fields(continuous: bool) -> dict[str, Field]:
    """Every field name whose meaning is fixed, where actions are choices or (``continuous``) numbers."""
    if not continuous:
        return KNOWN_FIELDS
    return {name: numbers_field(name, field) for name, field in KNOWN_FIELDS.items() if name not in _CHOICES}


def numbers_field(name: str, field: Field) -> Field:
    """The standard field of this name where actions are numbers; others as they are."""
    return _NUMBERS.get(name, field)


def same_field(known: Field, name: str, field: Field) -> bool:
    """Is it the ``known`` field of this name, or a constant form of it?"""
    whole = name in _STANDARD or known.after
    axes = known.axes if whole else tuple(a for a in known.axes if a not in LEAD or a in field.axes)
    return (field.axes, field.dtype, field.scope) == (axes, known.dtype, known.scope)


def standard_fields(*optional: str, **others: Field) -> dict[str, Field]:
    """The fields every environment offers, then the named optional ones, then the environment's own.

    ``standard_fields("state", "position")``. ``agent_id`` is known without asking the environment, unless it is named:
    then the environment gives it.

    Raises:
        KeyError: If a name in ``optional`` is not an optional field.
    """
    return {**_STANDARD, "agent_id": AGENT_ID, **{name: _OPTIONAL[name] for name in optional}, **others}


def constant_field(name: str, what: str) -> Field:
    """A known field that is the same in every episode and at every step: it is stored once, without these axes."""
    known = KNOWN_FIELDS[name]
    return known.model_copy(update={"axes": tuple(a for a in known.axes if a not in LEAD), "what": what})
