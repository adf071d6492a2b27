"""Whole episodes, played side by side, as one batch of the schema's fields."""

from __future__ import annotations

from collections.abc import Collection

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.envs.guard import Broken, Watched
from compose.envs.interface import Environment, Fields
from compose.graph.fields import PLAYED
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds
from compose.training.actors import Actor, ModelActor
from compose.training.retry import again

CARRIED = "carried:"
"""What names begin with of what acting carried to the first step of a row."""
DTYPES = {"float": torch.float32, "bool": torch.bool, "int": torch.int64}
KEPT = ("present", "task")
"""Recorded whatever is asked for."""
_ALWAYS = (*KEPT, "available")
"""What this module and those who watch over environments read."""


def rollout(actor: Actor, env: Environment, episodes: Tensor, seed: Seeds,
            keep: Collection[str] | None = None) -> TensorDict:
    """Play one episode for each number in ``episodes`` and record it.

    T = limit steps make T + 1 time indices: index t holds what was seen before step t, the action taken there and the
    reward it gave. ``filled`` [batch time] says which indices were reached, the last observation included; everything
    else is zero. ``terminated`` marks a true end only, never the time limit. ``steps`` marks the indices at which a
    step was taken. ``episode`` [batch] holds the numbers.

    Args:
        actor: Chooses the actions.
        env: Fields come from here; it stops early when all episodes are over.
        episodes: int64 [batch].
        seed: The environment's seed, or one for each episode.
        keep: Fields of the environment to record beside ``present`` and ``task``; all unless told.

    Returns:
        The fields of the schema, with the axes it declares; batch size [].

    Raises:
        SpecError: ``env.*`` if the environment raises or gives something that is not as its schema says, unless it is
            :class:`~compose.training.retry.Retried` and the next attempt succeeds.
    """
    tried = 1
    env.wanted = fields_read(actor, keep)
    try:
        while True:
            try:
                return _played(actor, env, episodes, seed, keep)
            except Broken as fault:
                if not again(env, fault, tried):
                    raise
                tried += 1
    finally:
        env.wanted = None


@torch.no_grad()
def _played(actor: Actor, env: Environment, episodes: Tensor, seed: Seeds, keep: Collection[str] | None) -> TensorDict:
    schema, limit, batch = env.schema, env.schema.limit, episodes.shape[0]
    game = Watched(env, episodes, seed)
    fields, own = game.reset(), own_fields(schema, env.device)
    wanted = schema.fields if keep is None else {*keep, *KEPT} & set(schema.fields)
    record = {name: _blank(x, schema, name) for name, x in {**own, **fields}.items() if name in wanted}
    parts = (schema.sizes["part"],) if schema.continuous else ()
    kind = DTYPES[schema.fields["action"].dtype]
    record["action"] = torch.zeros(batch, limit + 1, schema.agents, *parts, dtype=kind, device=env.device)
    record["reward"] = torch.zeros(batch, limit + 1, device=env.device)
    if "rewards" in wanted and "rewards" in schema.fields:
        record["rewards"] = torch.zeros(batch, limit + 1, schema.agents, device=env.device)
    for name in ("terminated", "steps", "filled"):
        record[name] = torch.zeros(batch, limit + 1, dtype=torch.bool, device=env.device)
    success = torch.zeros(batch, dtype=torch.bool, device=env.device)
    alive = torch.ones_like(success)
    last = nothing_done(schema, batch, env.device)
    record["filled"][:, 0] = True
    _note(record, fields, schema, 0)
    for step in range(limit):
        record["steps"][:, step] = alive
        action = actor.choose(shown({**own, **fields}, last, schema), episodes, step)
        _keep(record, actor, step)
        after = game.step(action)
        record["action"][:, step] = action * alive.view(-1, *[1] * (action.dim() - 1))
        record["reward"][:, step] = after.reward * alive
        if "rewards" in record and after.rewards is not None:
            record["rewards"][:, step] = after.rewards * alive[:, None]
        record["terminated"][:, step] = after.terminated & alive
        success |= after.success & alive
        record["filled"][:, step + 1] = alive
        last, fields = as_last(action, fields["present"], schema), after.fields
        _note(record, fields, schema, step + 1)
        alive = alive & ~(after.terminated | after.truncated)
        if not bool(alive.any()):
            break
    if recorded(actor):  # also of the last observation: what the state is worth in which an episode stopped
        actor.choose(shown({**own, **fields}, last, schema), episodes, step + 1)
        _keep(record, actor, step + 1)
    game.finish(alive, record["reward"])
    for name, x in record.items():
        if name.startswith(PLAYED) or has_time(schema, name):
            x.masked_fill_(~record["filled"].reshape(batch, limit + 1, *[1] * (x.dim() - 2)), 0)
    record["last_action"] = last_actions(record["action"], record["filled"], record["present"], schema)
    return TensorDict({**record, "success": success, "episode": episodes.clone()}, batch_size=[])


def fields_read(actor: Actor, keep: Collection[str] | None) -> Collection[str] | None:
    """The fields that the environment has to give; None: all."""
    reads: Collection[str] | None = getattr(actor, "reads", None)
    return None if keep is None or reads is None else {*keep, *reads, *_ALWAYS}


def tensors(episodes: TensorDict) -> dict[str, Tensor]:
    """The fields as a plain dict."""
    return {str(name): episodes[name] for name in episodes.keys()}  # noqa: SIM118 (no mapping)


def carried(rows: TensorDict) -> dict[str, Tensor] | None:
    """What acting carried to the first step of each row, by name; None where every row begins an episode."""
    found = {name.removeprefix(CARRIED): x for name, x in tensors(rows).items() if name.startswith(CARRIED)}
    return found or None


def part(episodes: TensorDict, schema: EntitySchema, rows: slice) -> TensorDict:
    """Some of the episodes; fields without a batch axis stay whole."""
    whole = {name for name, field in schema.fields.items() if "batch" not in field.axes}
    return TensorDict({name: x if name in whole else x[rows] for name, x in tensors(episodes).items()}, batch_size=[])


def own_fields(schema: EntitySchema, device: torch.device) -> dict[str, Tensor]:
    """Fields that are known without asking the environment: ``agent_id`` [agent id], unless it gives its own."""
    return {"agent_id": torch.eye(schema.agents, device=device)} if schema.numbers_agents else {}


def one_hot_actions(action: Tensor, present: Tensor, actions: int) -> Tensor:
    """One-hot actions, float32 [... agent action]; zero for absent agents.

    Args:
        action: int64 [... agent].
        present: bool [... entity], agents first.
        actions: Number of actions.
    """
    hot = torch.nn.functional.one_hot(action, actions).to(torch.float32)
    return hot * present[..., : action.shape[-1], None]


def as_last(action: Tensor, present: Tensor, schema: EntitySchema) -> Tensor:
    """What was done, as the next step knows it: one-hot actions [... agent action], or numbers [... agent part] from -1
    to 1; zero for absent agents."""
    if not schema.continuous:
        return one_hot_actions(action, present, schema.sizes["action"])
    return action.clamp(-1.0, 1.0) * present[..., : schema.agents, None]


def nothing_done(schema: EntitySchema, batch: int, device: torch.device) -> Tensor:
    """``last_action`` before the first step [batch agent action], or [batch agent part]."""
    return torch.zeros(batch, schema.agents, schema.sizes[schema.fields["last_action"].axes[-1]], device=device)


def last_actions(action: Tensor, filled: Tensor, present: Tensor, schema: EntitySchema) -> Tensor:
    """The field ``last_action`` [batch time agent action], or [batch time agent part], of recorded episodes."""
    done = as_last(action[:, :-1], present[:, :-1], schema)
    shifted = torch.zeros(*action.shape[:2], *done.shape[2:], device=action.device)
    shifted[:, 1:] = done
    return shifted * filled[:, :, None, None]


def recorded(actor: Actor) -> dict[str, Tensor]:
    """What an actor has recorded of the step just chosen, by the names of the fields."""
    found = actor.recorded if isinstance(actor, ModelActor) else {}
    return {f"{PLAYED}{name}": x for name, x in found.items()}


def _keep(record: Fields, actor: Actor, step: int) -> None:
    """Note what was recorded of a step."""
    for name, x in recorded(actor).items():
        if name not in record:
            axes = (*record["filled"].shape, *x.shape[1:])
            kind = torch.float32 if x.is_floating_point() else x.dtype
            record[name] = torch.zeros(axes, dtype=kind, device=x.device)
        record[name][:, step] = x


def has_time(schema: EntitySchema, name: str) -> bool:
    return name == "filled" or "time" in schema.fields[name].axes


def _blank(x: Tensor, schema: EntitySchema, name: str) -> Tensor:
    dtype = DTYPES[schema.fields[name].dtype]
    if not has_time(schema, name):
        return x.to(dtype).clone()
    return torch.zeros(x.shape[0], schema.limit + 1, *x.shape[1:], dtype=dtype, device=x.device)


def _note(record: Fields, fields: Fields, schema: EntitySchema, step: int) -> None:
    for name, x in fields.items():
        if name in record and has_time(schema, name):
            record[name][:, step] = x


def shown(fields: Fields, last_action: Tensor, schema: EntitySchema) -> dict[str, Tensor]:
    """The fields as a model that acts takes them: a time axis of length 1 where the schema has one."""
    known = {name: x for name, x in {**fields, "last_action": last_action}.items() if name in schema.fields}
    return {name: x.unsqueeze(1) if has_time(schema, name) else x for name, x in known.items()}
