"""From what agents observe to arrays: flat observations, masks, rewards, and the rows of entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.consistent import count
from compose.envs.adapters.declared import Adapter, Answers, Rows
from compose.envs.adapters.failing import failed
from compose.envs.adapters.games import Moment
from compose.envs.adapters.telling import Tell, check_actions
from compose.graph.schema import EntitySchema

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of one side: ``rows`` of the file, and which entity slots they are."""

    rows: Rows
    start: int
    slots: int


def blocks(adapter: Adapter, schema: EntitySchema) -> list[Block]:
    """The file's rows with the slots they fill: agents first, then the others, each in the file's order."""
    next_slot = {"agent": 0, "other": schema.agents}
    found = []
    for rows in adapter.rows:
        slots = count(rows, adapter, schema)
        found.append(Block(rows, next_slot[rows.of], slots))
        next_slot[rows.of] += slots
    return found


class Reader:
    """Checks and flattens what one episode's agents got."""

    def __init__(self, adapter: Answers, schema: EntitySchema, told: Sequence[Tell]) -> None:
        self._adapter, self._name = adapter, schema.name
        self._agents = adapter.agents or tuple(f"agent {i}" for i in range(schema.agents))
        check_actions(told, self._agents, schema)
        self._allowed = np.arange(schema.sizes.get("action", 0)) < np.array([one.count for one in told])[:, None]

    def observations(self, moment: Moment) -> Floats:
        """(agent observation); zero for agents that got none."""
        found = np.zeros((len(moment.live), self._adapter.observation.size), np.float32)
        for i, given in enumerate(moment.observation):
            if given is not None:
                flat = self._flat(given, i)
                found[i, : flat.size] = flat
        return found

    def available(self, moment: Moment, active: Flags) -> Flags:
        """(agent action), none of them of numbers; of agents that do not act, action 0 alone, which is never sent.

        Raises:
            SpecError: If a mask is missing, has another size or allows nothing.
        """
        found = self._allowed.copy()
        for i in range(len(found)):
            if not active[i]:
                found[i] = np.arange(found.shape[1]) == 0
            elif self._adapter.mask is not None:
                found[i] &= self._mask(moment, i)
                if not found[i].any():
                    raise self._wrong("mask", i, "allows no action")
        return found

    def reward(self, moment: Moment, agents: int) -> float:
        """The team's reward; ``agents`` took part in the episode so far.

        Raises:
            SpecError: If it is not finite, or rewards differ that should be the same.
        """
        given = moment.reward
        if not np.isfinite(given).all():
            raise failed("adapter.reward", self._name, f"a reward is not a number: {given}")
        match self._adapter.reward:
            case "mean":
                return float(np.sum(given)) / max(agents, 1)
            case "same":
                if given and max(given) - min(given) > 1e-6 * max(1.0, abs(given[0])):
                    raise failed("adapter.reward", self._name,
                                 f"the agents' rewards differ ({given}), but the file says that all get the same")
                return given[0] if given else 0.0
            case _:
                return float(np.sum(given))

    def success(self, moment: Moment) -> bool:
        """Whether the moment says so, or any agent's info."""
        key = self._adapter.success
        return moment.reached or (key is not None and any(bool(info.get(key, False)) for info in moment.info))

    def _flat(self, given: Any, i: int) -> Floats:
        key, size = self._adapter.observation.key, self._adapter.observation.size
        if isinstance(given, Mapping) != (key is not None):
            text = f"is a dict with {', '.join(map(str, given))}; say which with observation.key" \
                if isinstance(given, Mapping) else f"is no dict, so it has no '{key}'"
            raise self._wrong("observation", i, text)
        if key is not None and key not in given:
            raise self._wrong("observation", i, f"has no '{key}'; it has {', '.join(map(str, given))}")
        flat = np.asarray(given if key is None else given[key], np.float32).ravel()
        if flat.size > size or (flat.size < size and not self._adapter.observation.pad):
            raise self._wrong("observation", i, f"has {flat.size} numbers, not {size}")
        if not np.isfinite(flat).all():
            raise self._wrong("observation", i, "holds something that is not a finite number")
        return flat

    def _mask(self, moment: Moment, i: int) -> Flags:
        mask = self._adapter.mask
        assert mask is not None
        place: Any = moment.info[i] if mask.place == "info" else moment.observation[i]
        if not isinstance(place, Mapping) or mask.key not in place:
            told = ", ".join(map(str, place)) if isinstance(place, Mapping) and place else "nothing"
            raise self._wrong("mask", i, f"is not in its {mask.place}: no '{mask.key}' there, but {told}")
        flat = np.asarray(place[mask.key]).ravel()
        if flat.size > self._allowed.shape[1] or flat.size < self._allowed[i].sum():
            raise self._wrong("mask", i, f"has {flat.size} numbers for {self._allowed[i].sum()} actions")
        return np.pad(flat.astype(bool), (0, self._allowed.shape[1] - flat.size))

    def _wrong(self, what: str, i: int, text: str) -> Exception:
        return failed(f"adapter.{what}", self._name, f"the {what} of {self._agents[i]} {text}")


def among(sees: Flags, active: Flags, present: Flags) -> Flags:
    """``sees`` (batch agent entity) of those who are there: an agent always sees itself; who is gone sees nobody else,
    and nobody else sees it."""
    agents = active.shape[1]
    there = present.copy()
    there[:, :agents] &= active
    found: Flags = sees & active[:, :, None] & there[:, None, :]
    own = np.arange(agents)
    found[:, own, own] = present[:, :agents]
    return found


class Given:
    """Entities as games give them, moment by moment."""

    def __init__(self, schema: EntitySchema) -> None:
        self._sizes = schema.sizes

    def begin(self, batch: int) -> None:
        """Episodes begin."""
        agents, entities, width = (self._sizes[axis] for axis in ("agent", "entity", "feature"))
        self._entities = np.zeros((batch, entities, width), np.float32)
        self._sees = np.zeros((batch, agents, entities), bool)

    def take(self, row: int, moment: Moment) -> None:
        """Keep what one episode's moment says."""
        assert moment.entities is not None
        self._entities[row], self._sees[row] = moment.entities, moment.visible

    def visible(self, observation: Floats, active: Flags, present: Flags) -> Flags:
        """(batch agent entity); see :func:`among`."""
        return among(self._sees, active, present)

    def entities(self, observation: Floats, state: Floats | None, active: Flags, visible: Flags) -> Floats:
        """(batch entity feature)."""
        return self._entities


class Layout:
    """Lays observations out as entities, for all episodes at once."""

    def __init__(self, adapter: Adapter, schema: EntitySchema) -> None:
        self._name, self._agents, self._entities = schema.name, schema.agents, schema.entities
        self._blocks = blocks(adapter, schema)
        starts = np.cumsum([0, *(feature.size for feature in schema.features)])
        self._places = {f.name: slice(int(s), int(s) + f.size) for f, s in zip(schema.features, starts, strict=False)}
        self._width = int(starts[-1])

    def begin(self, batch: int) -> None:
        """Episodes begin."""

    def take(self, row: int, moment: Moment) -> None:
        """All is in what agents observe."""

    def visible(self, observation: Floats, active: Flags, present: Flags) -> Flags:
        """(batch agent entity). An agent always sees itself; who is gone sees nobody else, and nobody else sees it."""
        agents, batch = self._agents, len(observation)
        sees = np.zeros((batch, agents, self._entities), bool)
        for block in self._blocks:
            for slot in range(block.start, block.start + block.slots):
                if block.rows.visible == "all":
                    sees[:, :, slot] = True
                elif block.rows.read is not None:
                    for observer, at in self._read_at(block, slot):
                        sees[:, observer, slot] = observation[:, observer, at] != block.rows.read.hidden
        return among(sees, active, present)

    def entities(self, observation: Floats, state: Floats | None, active: Flags, visible: Flags) -> Floats:
        """(batch entity feature). Rows of agents that are gone, and of what nobody sees, are zero.

        Raises:
            SpecError: If agents that see an entity disagree about it.
        """
        found = np.zeros((len(observation), self._entities, self._width), np.float32)
        for block in self._blocks:
            for k in range(block.slots):
                slot = block.start + k
                known = self._known(block, slot, active, visible)
                for name, place in self._places.items():
                    if name in block.rows.features:
                        value = self._value(block, k, name, observation, state, visible)
                        found[:, slot, place] = np.where(known, value, 0)
        return found

    def _known(self, block: Block, slot: int, active: Flags, visible: Flags) -> Flags:
        """(batch 1): whether there is anything to tell of the slot."""
        if block.rows.of == "agent":
            return active[:, slot : slot + 1]
        always = block.rows.origin == "state"
        return np.logical_or(visible[:, :, slot : slot + 1].any(1), always)

    def _read_at(self, block: Block, slot: int) -> Iterator[tuple[int, int]]:
        """Each agent but the one in the slot, and the number of its observation that says whether it sees the slot."""
        assert block.rows.read is not None
        for observer in range(self._agents):
            if observer != slot:
                mine = block.start <= observer < slot and block.rows.of == "agent"
                yield observer, block.rows.read.at + block.rows.read.each * (slot - block.start - mine)

    def _value(self, block: Block, k: int, name: str, observation: Floats, state: Floats | None,
               visible: Flags) -> Floats:
        """(batch size), or something that broadcasts to it."""
        rows, source, place = block.rows, block.rows.features[name], self._places[name]
        size = place.stop - place.start
        if source.value is not None:
            return np.array(source.value, np.float32)
        if source.at is None:
            return np.asarray(np.arange(size) == k, np.float32)
        begin = rows.first + rows.each * k + source.at
        part = slice(begin, begin + size)
        if rows.origin == "state":
            assert state is not None
            return state[:, part]
        told = observation[:, :, part]
        if source.relative_to is not None:
            told = told + observation[:, :, source.relative_to : source.relative_to + size]
        if rows.origin == "own":
            mine: Floats = told[:, block.start + k]
            return mine
        sees = visible[:, :, block.start + k]
        first = sees.argmax(1)
        chosen: Floats = np.take_along_axis(told, first[:, None, None], 1)[:, 0]
        far: Flags = np.abs(told - chosen[:, None]) > 1e-3 * (1 + np.abs(chosen[:, None]))
        differs = far.any(2) & sees
        if differs.any():
            b, other = (int(i) for i in np.argwhere(differs)[0])
            text = f"agents {int(first[b])} and {other} see entity {block.start + k}, but its '{name}' is " \
                   f"{chosen[b].tolist()} to one and {told[b, other].tolist()} to the other"
            raise failed("adapter.disagree", self._name, text,
                         "a row is the same for all who see it; if these numbers are relative, say relative_to")
        return chosen
