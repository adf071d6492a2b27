"""The on-policy learner with a horizon: collect a piece of every environment, update from them, forget them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.compiler.batch import look
from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.graph.fields import COUNTS, Field
from compose.language import learning
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.actors import ModelActor
from compose.training.clocks import moving_params
from compose.training.learner import Learner, same_kinds
from compose.training.on_policy import OnPolicyLearner
from compose.training.pieces import Pieces, Running
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.records import State
from compose.training.rollout import CARRIED, tensors
from compose.training.stretches import ENVIRONMENT

_OF_ROWS, _STATE = "row.", "state."
"""What names in a checkpoint begin with: of the piece that is learned from; of what acting carries."""


class PieceLearner(OnPolicyLearner):
    """``updates: N per horizon``: every environment goes on for ``horizon`` steps, with the weights as they are; then
    come N updates, from all of them or from one of ``minibatches`` parts; then the piece is forgotten.

    A row of a batch is a stretch of one episode, which begins with what acting carried there. Minibatches are of
    environments: all that was played in one is in the same part. ``episodes`` counts those that have ended.
    """

    pieced: ClassVar[bool] = True
    groups: ClassVar[tuple[str, ...]] = (*Learner.groups, "running")

    def __init__(self, model: Model, env: Environment, seed: int, ranks: Ranks = ALONE) -> None:
        super().__init__(model, env, seed, ranks)
        _refuse(env, self.settings)
        assert self.settings.horizon is not None
        self.pieces = Pieces(env, self.settings.environments, self.settings.horizon, self.stream)
        self.piece: TensorDict | None = None
        """What is learned from."""

    @property
    def each(self) -> int:
        """Steps of a piece, in all environments."""
        return self.settings.environments * self.pieces.horizon

    def due(self) -> int:
        return self.clocks.env_steps // self.each * self.settings.updates.updates - self.clocks.updates

    def collect(self, limit: int | None = None) -> None:
        """Play one piece, whatever the ``limit``. Exploration and moving params are read once, before."""
        actor = ModelActor(self.model, self.seed, self.epsilon(), moving_params(self.model, self.clocks),
                           sampled=self.model.spec.act.sampled, records=True)
        made = self.pieces.play(actor, self.clocks.episodes + self.settings.environments, self.keep)
        self.piece = made.rows
        self.observe(made.rows)
        self.clocks.env_steps += self.each
        self.clocks.episodes += made.ended
        if made.ended:
            self.interval.add({f"collected/{name}": x for name, x in made.sums.items()}, made.ended)

    @property
    def moment(self) -> int:
        """As of every learner; episodes may not end in a piece, so steps tell one from the next."""
        return self.clocks.env_steps

    @property
    def parted(self) -> int:
        """Environments."""
        return self.settings.environments

    def collected(self, part: Tensor | None = None) -> TensorDict:
        """The piece, or its rows of some environments, cut to the longest."""
        assert self.piece is not None
        if part is None:
            return self.piece
        rows = torch.isin(self.piece[ENVIRONMENT], part).nonzero()[:, 0]
        longest = int(self.piece["filled"][rows].sum(1).max())
        return TensorDict({name: self._cut(name, x, rows, longest) for name, x in tensors(self.piece).items()},
                          batch_size=[])

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """Also the running episodes; and the piece, if it is not learned from yet."""
        held, now = dict[str, Tensor](), self.pieces.running
        if now is not None:
            held = {name: getattr(now, name) for name in _PARTS}
            held |= {f"{_STATE}{name}": x for name, x in now.state.items()}
        if self.piece is not None and self.due() > 0:
            held |= {f"{_OF_ROWS}{name}": x for name, x in tensors(self.piece).items()}
        return {**super().tensors(), "running": held}

    def restore(self, tensors: dict[str, dict[str, Tensor]], state: State) -> None:
        """Go on from a checkpoint; see :meth:`Learner.restore`."""
        held = {name: x.to(self.env.device) for name, x in tensors["running"].items()}
        now, rows = self._running(held), _part(held, _OF_ROWS)
        if rows:
            self._check(rows)
        super().restore(tensors, state)
        self.pieces.running = now
        self.piece = TensorDict(rows, batch_size=[]) if rows else None
        if (now is None) != (self.clocks.env_steps == 0) or (self.due() > 0 and self.piece is None):
            raise ValueError("running: it is of another moment than the clocks")

    def _running(self, held: dict[str, Tensor]) -> Running | None:
        if not held:
            return None
        fresh = self.pieces.first(self.model, "play" if self.model.graph.recorded else "act")
        mine = {name: getattr(fresh, name) for name in _PARTS} | {f"{_STATE}{n}": x for n, x in fresh.state.items()}
        given = {name: x for name, x in held.items() if not name.startswith(_OF_ROWS)}
        if set(given) != set(mine):
            raise ValueError(f"running: expected {', '.join(sorted(mine))}")
        same_kinds(mine, given)
        if wrong := [name for name, x in mine.items() if x.shape != given[name].shape]:
            raise ValueError(f"{wrong[0]}: expected {list(mine[wrong[0]].shape)}, got {list(given[wrong[0]].shape)}")
        _within("step", given["step"], self.env.schema.limit)
        _within("action", given["action"], self.env.schema.sizes.get("action"))
        return replace(fresh, state=_part(given, _STATE), **{name: given[name] for name in _PARTS})

    @property
    def _known(self) -> Mapping[str, Field]:
        """Fields that rows may hold."""
        return (self.model.graph.stored or self.env.schema).fields

    def _check(self, rows: dict[str, Tensor]) -> None:
        """Raises ValueError, KeyError or SpecError unless these are rows of a piece."""
        model, batch, time = self.model, len(rows["filled"]), rows["filled"].shape[1]
        known = self._known
        look(model.graph, rows, {*model.programs["learn"].fields, "steps", *(rows.keys() & known.keys())}, model.device,
             model.dtype)
        fresh = model.initial_state(batch, "learn")
        own = {"filled": rows["steps"], ENVIRONMENT: torch.arange(batch), "episode": torch.arange(batch)}
        own |= {f"{CARRIED}{name}": x for name, x in fresh.items()}
        if wrong := [name for name, x in own.items() if rows[name].shape != x.shape or rows[name].dtype != x.dtype]:
            raise ValueError(f"{wrong[0]}: expected {own[wrong[0]].dtype} {list(own[wrong[0]].shape)}")
        _within(ENVIRONMENT, rows[ENVIRONMENT], self.settings.environments)
        for name in COUNTS.keys() & rows.keys():
            _within(name, rows[name], self.env.schema.sizes.get(COUNTS[name]))
        if time > self.env.schema.sizes["time"]:
            raise ValueError(f"filled: expected at most {self.env.schema.sizes['time']} steps")

    def _cut(self, name: str, x: Tensor, rows: Tensor, longest: int) -> Tensor:
        known = self._known
        axes = known[name].axes if name in known else ("batch", "time") if name == "filled" else ("batch",)
        if "batch" not in axes:
            return x
        return x[rows, :longest] if "time" in axes else x[rows]


_PARTS = [one.name for one in fields(Running) if one.name != "state"]


def _within(name: str, x: Tensor, most: int | None) -> None:
    if most is not None and not x.is_floating_point() and bool(((x < 0) | (x >= most)).any()):
        raise ValueError(f"{name}: expected 0 to {most - 1}")


def _part(held: dict[str, Tensor], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): x for name, x in held.items() if name.startswith(prefix)}


def _refuse(env: Environment, settings: learning.OnPolicyLearner) -> None:
    """Raises SpecError (``train.horizon``) if pieces cannot be played in an environment."""
    name, most = env.schema.name, env.at_once
    if not env.restarts:
        text = f"{name} begins its episodes together, and pieces need that one may begin while others go on"
        raise SpecError(Diagnostic("train.horizon", text, where="learner.horizon",
                                   hint="leave out horizon: updates: ... per N episodes"))
    if most is not None and most < settings.environments:
        raise SpecError(Diagnostic("train.horizon", f"{name} plays at most {most} episodes side by side",
                                   where="learner.environments", hint=f"environments: {most}"))
