"""Pieces of episodes: collections of fixed length, each of which goes on where the last one stopped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.compiler.model import Model
from compose.envs.guard import Broken, Watched
from compose.envs.interface import Environment, Fields, Transition
from compose.training.actors import ModelActor
from compose.training.retry import again
from compose.training.rollout import KEPT, as_last, fields_read, nothing_done, own_fields, recorded, shown
from compose.training.stretches import Shown, Stretches, as_stored


@dataclass(frozen=True)
class Running:
    """The episodes that are being played, one in every environment; rows are environments."""

    episode: Tensor
    """Their numbers, int64 [batch]."""
    step: Tensor
    """Steps taken, int64 [batch]."""
    action: Tensor
    """What was done in them [batch limit agent ...]; from ``step`` on it means nothing."""
    last: Tensor
    """What was done last, as the field ``last_action`` has it."""
    returned: Tensor
    """Rewards so far, float64 [batch]."""
    success: Tensor
    """Was the goal reached? bool [batch]."""
    state: dict[str, Tensor] = field(default_factory=dict)
    """What acting carries to the next step, by name [batch ...]."""


@dataclass(frozen=True)
class Piece:
    """What one collection gave."""

    rows: TensorDict
    """Stretches of episodes, as :meth:`~compose.training.stretches.Stretches.batch` gives them."""
    ended: int
    """Episodes that ended in it."""
    sums: dict[str, float]
    """Over these: ``return``, ``length``, ``success``."""


class Pieces:
    """Plays ``count`` environments for ``horizon`` steps at a time. Where an episode ends, the next one begins.

    Episodes are numbered as they begin, those of one step by their places. An episode is the one that
    :func:`~compose.training.rollout.rollout` would play under its number: it is a function of (seed, number) and of the
    policy, however it is cut.

    If somebody else has played in the environment, or it is a new one, the running episodes are put back first, by
    what was done in them.
    """

    def __init__(self, env: Environment, count: int, horizon: int, seed: int) -> None:
        self.env, self.count, self.horizon, self.seed = env, count, horizon, seed
        self.running: Running | None = None
        self._fields: Fields = {}
        self._game: Watched | None = None
        self._wanted: Collection[str] | None = None

    @torch.no_grad()
    def play(self, actor: ModelActor, begun: int, keep: Collection[str]) -> Piece:
        """The next piece.

        Args:
            actor: Chooses the actions.
            begun: Episodes that were begun before, with those that the first piece begins.
            keep: Fields of the environment to record beside ``present`` and ``task``.

        Raises:
            SpecError: As :func:`~compose.training.rollout.rollout`.
        """
        tried = 1
        while True:
            try:
                return self._played(actor, begun, keep)
            except Broken as fault:
                self._game = None
                if not again(self.env, fault, tried):
                    raise
                tried += 1

    def _played(self, actor: ModelActor, begun: int, keep: Collection[str]) -> Piece:
        schema, own = self.env.schema, own_fields(self.env.schema, self.env.device)
        now, game = self._begin(actor, keep)
        now = replace(now, action=now.action.clone())
        wanted, played = {*keep, *KEPT, "last_action"} & set(schema.fields), Stretches(schema, self.count)
        actor.state = now.state
        start, fresh = actor.carried(now.step), actor.model.initial_state(self.count, actor.program)
        ended, sums = 0, dict.fromkeys(("return", "length", "success"), 0.0)
        row = torch.arange(self.count, device=self.env.device)
        fields = self._fields
        for _ in range(self.horizon):
            seen = {**fields, "last_action": now.last}
            action = actor.choose(shown({**own, **seen}, now.last, schema), now.episode, now.step)
            game.taken = now.step
            after = game.step(action)
            kept = as_stored(schema, seen, wanted) | recorded(actor)
            played.step({**kept, **_done(after, action, wanted), "episode": now.episode})
            now.action[row, now.step] = action
            now = replace(now, step=now.step + 1, last=as_last(action, fields["present"], schema),
                          returned=now.returned + after.reward, success=now.success | after.success)
            fields, over = after.fields, after.terminated | after.truncated
            game.finish(~over & (now.step >= schema.limit), now.returned[:, None])
            if not bool(over.any()):
                continue
            rows = over.nonzero()[:, 0]
            played.end(rows, self._last_seen(actor, own, fields, now, wanted, rows))
            ended += len(rows)
            for name, x in (("return", now.returned), ("length", now.step), ("success", now.success)):
                sums[name] += float(x[rows].sum())
            numbers = torch.arange(begun, begun + len(rows), device=self.env.device)
            begun += len(rows)
            fields = self._merged(fields, rows, game.restart(rows, numbers))
            now = _restarted(now, rows, numbers)
        rows = (now.step > 0).nonzero()[:, 0]
        played.end(rows, self._last_seen(actor, own, fields, now, wanted, rows))
        self.running, self._fields = replace(now, state=actor.state or {}), fields
        fixed = {name: x for name, x in {**own, **fields}.items()
                 if name in wanted and "batch" not in schema.fields[name].axes}
        made = played.batch(start or fresh, fresh)
        return Piece(TensorDict({**dict(made.items()), **fixed}, batch_size=[]), ended, sums)

    def _begin(self, actor: ModelActor, keep: Collection[str]) -> tuple[Running, Watched]:
        """The episodes as they stand, and the game in which they do."""
        undisturbed = self._game is not None and self.env.wanted is self._wanted
        if self.running is not None and self._game is not None and undisturbed:
            return self.running, self._game
        self._wanted = self.env.wanted = fields_read(actor, keep)
        now = self.running
        if now is None:
            now = self.first(actor.model, actor.program)
            self._game = Watched(self.env, now.episode, self.seed)
            self._fields = self._game.reset()
        else:
            self._game, self._fields = self._put_back(now)
        return now, self._game

    def first(self, model: Model, program: str) -> Running:
        """The first episodes, before their first step."""
        schema, device = self.env.schema, self.env.device
        numbers = torch.arange(self.count, device=device)
        parts = (schema.sizes["part"],) if schema.continuous else ()
        action = torch.zeros(self.count, schema.limit, schema.agents, *parts, device=device,
                             dtype=torch.float32 if schema.continuous else torch.int64)
        return Running(numbers, torch.zeros_like(numbers), action, nothing_done(schema, self.count, device),
                       torch.zeros(self.count, dtype=torch.float64, device=device),
                       torch.zeros(self.count, dtype=torch.bool, device=device),
                       model.initial_state(self.count, program))

    def _put_back(self, now: Running) -> tuple[Watched, Fields]:
        """Play the running episodes to where they stand, by what was done in them: each begins so late that all get
        there at once. Until then, its row does what is possible."""
        game, longest = Watched(self.env, now.episode, self.seed), int(now.step.max())
        wait, row = longest - now.step, torch.arange(self.count, device=self.env.device)
        game.taken, fields = now.step, game.reset()
        for time in range(longest + 1):
            rows = (wait == time).nonzero()[:, 0]
            if time > 0 and len(rows):
                fields = self._merged(fields, rows, game.restart(rows, now.episode[rows]))
            if time < longest:
                done = now.action[row, (time - wait).clamp(min=0)]
                if "available" in fields:
                    waits = (wait > time)[:, None]
                    done = torch.where(waits, fields["available"].to(torch.uint8).argmax(-1), done)
                fields = game.step(done).fields
        return game, fields

    def _merged(self, fields: Fields, rows: Tensor, new: Fields) -> Fields:
        known = self.env.schema.fields
        return {name: x.index_copy(0, rows, new[name].to(x.dtype)) if "batch" in known[name].axes else x
                for name, x in fields.items()}

    def _last_seen(self, actor: ModelActor, own: Fields, fields: Fields, now: Running, wanted: set[str],
                   rows: Tensor) -> Shown:
        """What is seen where stretches end; and what acting would record there."""
        seen, told = {**fields, "last_action": now.last}, dict[str, Tensor]()
        if recorded(actor):
            state = actor.state
            actor.choose(shown({**own, **seen}, now.last, self.env.schema), now.episode, now.step)
            told, actor.state = recorded(actor), state
        kept = as_stored(self.env.schema, seen, wanted) | told | {"episode": now.episode}
        return {name: x[rows] for name, x in kept.items()}


def _done(after: Transition, action: Tensor, wanted: set[str]) -> Shown:
    """What a step did."""
    own = {"rewards": after.rewards} if after.rewards is not None and "rewards" in wanted else {}
    return {"action": action, "reward": after.reward, "terminated": after.terminated, "success": after.success,
            "steps": torch.ones_like(after.terminated), **own}


def _restarted(now: Running, rows: Tensor, numbers: Tensor) -> Running:
    """With other episodes in some rows."""
    return replace(now, episode=now.episode.index_copy(0, rows, numbers), step=now.step.index_fill(0, rows, 0),
                   last=now.last.index_fill(0, rows, 0), returned=now.returned.index_fill(0, rows, 0),
                   success=now.success.index_fill(0, rows, False))
