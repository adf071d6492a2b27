"""Random but valid episode batches for any entity schema: what tests and benchmarks feed to a model.

Everything that can go wrong with masks occurs: absent agents, agents and entities that die (a dead one sees only
itself, is seen by nobody and has one action left), unavailable actions, episodes of different lengths, true ends and
truncations. The numbers mean nothing.
"""

from __future__ import annotations

import torch
from tensordict import TensorDict
from torch import Tensor
from torch.nn.functional import one_hot

from compose.graph.schema import EntitySchema, Field, Side
from compose.kernels.random import bits, integers, key, uniform


def fake_batch(
    schema: EntitySchema, seed: int, *, batch: int = 4, time: int | None = None, dtype: torch.dtype = torch.float32,
    lengths: Tensor | None = None,
) -> TensorDict:
    """A batch of random episodes with every field of the schema, axes as declared.

    Episode 0 has as few agents as the schema allows, episode 1 has all; unless lengths are given, episode 0 has the
    full length and episode 1 is shorter. Absent rows are zero, and so is everything after an episode's end. The same
    arguments always give the same batch; one episode's numbers depend on the batch size.

    Args:
        schema: What to imitate.
        seed: Selects the batch.
        batch: Episodes.
        time: Time indices stored, one more than the most steps; default: the schema's limit + 1.
        dtype: Of the float fields.
        lengths: int64 [batch], the steps of every episode, 1 .. time - 1; drawn uniformly unless given.

    Raises:
        ValueError: If ``batch`` < 1, ``time`` < 2 or a length is impossible.
    """
    time = schema.sizes["time"] if time is None else time
    if batch < 1 or time < 2:
        raise ValueError(f"a batch needs at least 1 episode and 2 time indices, got {batch} and {time}")
    if lengths is not None and (lengths.shape != (batch,) or not ((lengths >= 1) & (lengths < time)).all()):
        raise ValueError(f"expected {batch} lengths of 1 to {time - 1} steps, got {lengths.tolist()}")
    made = _Episodes(schema, seed, batch, time, lengths).fields()
    in_order = {name: made[name].to(dtype) if field.dtype == "float" else made[name]
                for name, field in schema.fields.items()}
    all_batched = all("batch" in field.axes for field in schema.fields.values())
    return TensorDict(in_order, batch_size=[batch] if all_batched else [])


class _Episodes:
    """The masks of the batch, and the fields made from them. ``alive`` and ``present`` (batch entity) are per slot."""

    def __init__(self, schema: EntitySchema, seed: int, batch: int, time: int, lengths: Tensor | None) -> None:
        self.schema, self.seed = schema, seed
        self.sizes = {**schema.sizes, "batch": batch, "time": time}
        self.length = self._lengths(batch, time) if lengths is None else lengths
        clock = torch.arange(time)
        self.recorded = clock <= self.length[:, None]
        self.steps = clock < self.length[:, None]
        self.present = torch.cat([self._presence("agent"), self._presence("other")], 1)
        death = 1 + self._below("death", 2 * time, batch, schema.entities)
        self.alive = self.present[:, None] & (clock[:, None] < death[:, None])

    def fields(self) -> dict[str, Tensor]:
        """Every field of the schema by name."""
        agents, recorded = self.schema.agents, self.recorded
        known = recorded[:, :, None]
        sight, here = self._sight(), (self.present[:, None, :agents] & known)[..., None]
        chosen = self._numbers() if self.schema.continuous else self._choices()
        last = chosen.pop("last").roll(1, 1) * here
        last[:, 0] = 0
        truncated = (self.length == self.sizes["time"] - 1) & self.schema.truncates
        ends = torch.arange(self.sizes["time"]) == self.length[:, None] - 1
        made = {
            "entities": self._entities() * known[..., None],
            "sight": sight,
            "visible": sight[:, :, :agents],
            "present": self.present[:, None] & known,
            "active": self.alive[:, :, :agents] & known,
            "last_action": last,
            **chosen,
            **self._rewards(),
            "terminated": ends & ~truncated[:, None],
            "steps": self.steps,
            "task": self._below("task", self.sizes["task"], len(recorded)),
            "truth_groups": self._truth_groups(),
            "agent_id": torch.eye(agents),
        }
        return {name: made[name] if name in made else self._any(name, field)
                for name, field in self.schema.fields.items()}

    def _rewards(self) -> dict[str, Tensor]:
        """What the team earns, and each agent: as the schema says if it does."""
        here = self.present[:, None, : self.schema.agents] & self.steps[..., None]
        each = self._signed("rewards", *here.shape) * here
        if self.schema.reward == "own":
            return {"reward": self._signed("reward", *self.steps.shape) * self.steps, "rewards": each}
        count = here.sum(2).clamp(min=1) if self.schema.reward == "mean" else 1
        return {"reward": each.sum(2) / count, "rewards": each}

    def _choices(self) -> dict[str, Tensor]:
        """What is available and chosen; ``last``: the latter as one-hots."""
        aim = self._action_entity()
        available = self._available(aim)
        action = self._action(available)
        return {"action_entity": aim, "available": available, "action": action,
                "last": one_hot(action, self.sizes["action"])}

    def _numbers(self) -> dict[str, Tensor]:
        """Actions that are numbers, -1 to 1."""
        axes = ("batch", "time", "agent", "part")
        action = self._signed("action", *(self.sizes[axis] for axis in axes)) * self.steps[:, :, None, None]
        return {"action": action, "last": action.clone()}

    def _lengths(self, batch: int, time: int) -> Tensor:
        """Steps of each episode, 1 .. time - 1."""
        length = 1 + self._below("length", time - 1, batch)
        length[0] = time - 1
        length[1:2] = length[1:2].clamp(max=max(1, time - 2))
        return length

    def _presence(self, side: Side) -> Tensor:
        """(batch slot) bool: a random number of filled slots, any of them."""
        fewest, most = self.schema.present_range(side)
        batch = self.sizes["batch"]
        count = fewest + self._below(f"{side}s", most - fewest + 1, batch)
        count[0], count[1:2] = fewest, most
        return self._order(f"{side} slots", batch, most) < count[:, None]

    def _sight(self) -> Tensor:
        """(batch time entity entity'): symmetric among the living; whatever is present sees itself."""
        batch, time, entities = self.sizes["batch"], self.sizes["time"], self.schema.entities
        half = (self._uniform("sight", batch, time, entities, entities) < 0.6).triu(1)
        near = (half | half.mT) & self.alive[..., None] & self.alive[..., None, :]
        itself = torch.eye(entities, dtype=torch.bool) & self.present[:, None, None]
        return (near | itself) & self.recorded[:, :, None, None]

    def _entities(self) -> Tensor:
        """(batch time entity feature); the dead keep their one-hot stretches only."""
        batch, time, entities, agents = *(self.sizes[axis] for axis in ("batch", "time", "entity")), self.schema.agents
        parts = []
        for feature in self.schema.features:
            shape, draw = (batch, time, entities), f"feature {feature.name}"
            if feature.kind == "one_hot":
                part = one_hot(self._below(draw, feature.size, *shape), feature.size).float()
            elif feature.kind == "bits":
                part = (self._uniform(draw, *shape, feature.size) < 0.5).float()
            else:
                part = self._signed(draw, *shape, feature.size)
            rows = self.present[:, None].expand(shape) if feature.kind == "one_hot" else self.alive
            of = torch.tensor(["agent" in feature.of] * agents + ["other" in feature.of] * (entities - agents))
            parts.append(part * (rows & of)[..., None])
        return torch.cat(parts, -1)

    def _available(self, aim: Tensor) -> Tensor:
        """(batch time agent action): of the living some, never one aimed at nobody; of others the first plain one."""
        batch, time, agents, actions = (self.sizes[axis] for axis in ("batch", "time", "agent", "action"))
        plain = torch.tensor([group.plain for group in self.schema.actions for _ in range(group.count)])
        idle = plain.nonzero()[:, 0] if plain.any() else torch.arange(actions)
        sure = one_hot(idle[self._below("sure", len(idle), batch, time, agents)], actions).bool()
        some = (self._uniform("available", batch, time, agents, actions) < 0.6) & (plain | aim.any(2))[:, None, None]
        alive = self.alive[:, :, : self.schema.agents, None]
        only = one_hot(idle[0], actions).bool()
        return torch.where(alive, some | sure, only) & self.recorded[:, :, None, None]

    def _action(self, available: Tensor) -> Tensor:
        """(batch time agent): an available one in every step taken, else 0."""
        liking = self._uniform("action", *available.shape) + available
        return liking.argmax(-1) * self.steps[:, :, None]

    def _action_entity(self) -> Tensor:
        """(batch action entity): each aimed action at another slot of its side, at nobody if that slot is empty."""
        agents, batch = self.schema.agents, self.sizes["batch"]
        aim = torch.zeros(batch, self.sizes["action"], self.schema.entities, dtype=torch.bool)
        first = 0
        for group in self.schema.actions:
            if group.targets is not None:
                slots = slice(0, agents) if group.targets == "agent" else slice(agents, None)
                order = self._order(f"aim {group.name}", batch, aim[:, :, slots].shape[2])
                aim[:, first : first + group.count, slots] = order[:, None] == torch.arange(group.count)[:, None]
            first += group.count
        return aim & self.present[:, None]

    def _truth_groups(self) -> Tensor:
        """(batch time agent entity): three groups that partition what is present."""
        group = self._below("groups", 3, *self.present.shape)
        same = (group[:, :, None] == group[:, None]) & self.present[:, :, None] & self.present[:, None]
        return same[:, None, : self.schema.agents] & self.recorded[:, :, None, None]

    def _any(self, name: str, field: Field) -> Tensor:
        """A field nothing is known of but axes and dtype; zero where its entities are absent or its time is over."""
        shape = [self.sizes[axis.removesuffix("'")] for axis in field.axes]
        if field.dtype == "float":
            made = self._signed(f"field {name}", *shape)
        else:
            made = self._below(f"field {name}", 2, *shape).to(torch.bool if field.dtype == "bool" else torch.int64)
        if field.axes[:1] != ("batch",):
            return made
        masks = {"time": self.recorded, "agent": self.present[:, : self.schema.agents], "entity": self.present}
        for place, axis in enumerate(field.axes):
            if (mask := masks.get(axis.removesuffix("'"))) is not None:
                made = made * mask.view(-1, *(mask.shape[1] if at == place else 1 for at in range(1, len(shape))))
        return made

    def _counters(self, shape: tuple[int, ...]) -> Tensor:
        return torch.arange(torch.Size(shape).numel()).view(shape)

    def _uniform(self, name: str, *shape: int) -> Tensor:
        return uniform(key(self.seed, "fake_batch", name), self._counters(shape))

    def _signed(self, name: str, *shape: int) -> Tensor:
        return 2 * self._uniform(name, *shape) - 1

    def _below(self, name: str, n: int, *shape: int) -> Tensor:
        return integers(key(self.seed, "fake_batch", name), self._counters(shape), n)

    def _order(self, name: str, batch: int, n: int) -> Tensor:
        """(batch n): a random permutation of 0 .. n - 1 for each episode."""
        return bits(key(self.seed, "fake_batch", name), self._counters((batch, n))).argsort(dim=1, stable=True)
