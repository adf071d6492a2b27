"""What an ``adapter:`` section and the schema around it must agree on."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.adapters.declared import Adapter, Rows
from compose.graph.contradictions import Problem
from compose.graph.schema import EntitySchema, Feature
from compose.language.diagnostics import did_you_mean


def problems(adapter: Adapter, schema: EntitySchema) -> Iterator[Problem]:
    """Each contradiction: where in the section, and what."""
    if adapter.id is not None and ":" in adapter.id:
        yield ("id",), f"'{adapter.id}' names a module, and files name no code to import. Give the part after the " \
                       "colon, and import the module from a plug-in"
    if adapter.api == "pettingzoo" and adapter.id is not None:
        yield ("id",), "PettingZoo has no registry: give the environment from Python, as PettingZoo(factory, path)"
    if schema.continuous and adapter.api == "gymnasium-vector":
        yield ("api",), "vector environments are played with choices only, and the schema's actions are continuous"
    if schema.continuous and adapter.mask is not None:
        yield ("mask",), "masks are of choices, and the schema's actions are continuous"
    if adapter.options and adapter.id is None:
        yield ("options",), "options go with an id"
    if adapter.agents is not None and adapter.api != "pettingzoo":
        yield ("agents",), "only PettingZoo's agents have names; leave it out"
    elif adapter.agents is not None and len(set(adapter.agents)) != schema.agents:
        yield ("agents",), f"the schema has {schema.agents} agent slots, but {len(set(adapter.agents))} names are given"
    if adapter.reward == "team" and adapter.api == "pettingzoo":
        yield ("reward",), "PettingZoo gives one reward for each agent: say sum, mean or same"
    if adapter.reward != "team" and adapter.api == "gymnasium-vector":
        yield ("reward",), "a vector environment gives one reward for each episode: say team"
    yield from _state(adapter)
    yield from _aimed(schema)
    size = adapter.observation.size
    if adapter.position is not None and adapter.position + 2 > size:
        yield ("position",), f"two numbers from {adapter.position} do not fit in {size}"
    for side, slots in (("agent", schema.agents), ("other", schema.others)):
        given = [rows for rows in adapter.rows if rows.of == side]
        open_ended = [rows for rows in given if rows.slots is None]
        total = sum(rows.slots or 0 for rows in given)
        if total + len(open_ended) > slots or (total < slots and not open_ended) or len(open_ended) > 1:
            yield ("rows",), f"rows of side {side} must fill its {slots} slots exactly"
    for i, rows in enumerate(adapter.rows):
        for place, text in _rows(rows, adapter, schema):
            yield ("rows", i, *place), text


def _state(adapter: Adapter) -> Iterator[Problem]:
    if adapter.state == "method" and adapter.api != "pettingzoo":
        yield ("state",), "only PettingZoo has a method for it; write joined or none"
    if (adapter.state == "method") != (adapter.state_size is not None):
        yield ("state",), "state_size goes with state: method, and only with it"


def _aimed(schema: EntitySchema) -> Iterator[Problem]:
    for group in schema.actions:
        slots = schema.agents if group.targets == "agent" else schema.others
        if group.targets and group.count != slots:
            yield ("api",), f"actions '{group.name}' are aimed at the {slots} slots of side {group.targets} one by " \
                            f"one, so there must be {slots} of them, not {group.count}"


def _rows(rows: Rows, adapter: Adapter, schema: EntitySchema) -> Iterator[Problem]:
    if rows.origin == "own" and rows.of == "other":
        yield ("from",), "only agents have observations of their own; say observed or state"
    if rows.origin == "observed" and rows.of == "agent":
        yield ("from",), "agents are read from their own observations (own) or from the state"
    if rows.origin == "state" and adapter.state != "method":
        yield ("from",), "rows from the state need state: method"
    if rows.visible == "self" and rows.of == "other":
        yield ("visible",), "'self' is for agents; say all or read"
    if (rows.visible == "read") != (rows.read is not None):
        yield ("read",) if rows.read else ("visible",), "'read' goes with visible: read, and only with it"
    known = {feature.name: feature for feature in schema.features}
    for name in rows.features:
        if name not in known:
            yield ("features", name), f"the schema has no feature '{name}'. {did_you_mean(name, known)}".rstrip(". ")
        elif rows.of not in known[name].of:
            yield ("features", name), f"the schema says that feature '{name}' is not of side {rows.of}"
        else:
            yield from _source(rows, name, known[name], adapter, schema)
    if rows.read is not None:
        last = rows.read.at + rows.read.each * (max(count(rows, adapter, schema) - (rows.of == "agent"), 1) - 1)
        if last >= adapter.observation.size:
            yield ("read",), f"its last number is {last}, but the observation has {adapter.observation.size}"


def _source(rows: Rows, name: str, feature: Feature, adapter: Adapter, schema: EntitySchema) -> Iterator[Problem]:
    source, at, slots = rows.features[name], ("features", name), count(rows, adapter, schema)
    whole = adapter.state_size if rows.origin == "state" else adapter.observation.size
    if source.value is not None and len(source.value) != feature.size:
        yield (*at, "value"), f"feature '{name}' has {feature.size} numbers, got {len(source.value)}"
    if source.slot and slots > feature.size:
        yield (*at, "slot"), f"feature '{name}' has {feature.size} numbers for {slots} slots"
    if source.at is not None and whole is not None:
        end = rows.first + rows.each * (slots - 1) + source.at + feature.size
        if end > whole:
            yield (*at, "at"), f"the last row's '{name}' ends at {end}, but there are only {whole} numbers"
    if source.relative_to is not None and rows.origin == "state":
        yield (*at, "relative_to"), "numbers of the state are relative to no observer"
    elif source.relative_to is not None and source.relative_to + feature.size > adapter.observation.size:
        yield (*at, "relative_to"), f"{feature.size} numbers from {source.relative_to} do not fit in the observation"


def count(rows: Rows, adapter: Adapter, schema: EntitySchema) -> int:
    """How many slots the entry stands for."""
    if rows.slots is not None:
        return rows.slots
    side = schema.agents if rows.of == "agent" else schema.others
    return max(side - sum(other.slots or 0 for other in adapter.rows if other.of == rows.of), 0)
