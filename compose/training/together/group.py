"""Learners of one spec and environment that advance in step: the same number of episodes and of updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from compose.compiler.programs import learned
from compose.training.clocks import moving_params
from compose.training.learner import Batch, Learner
from compose.training.optim import Updated, refuse
from compose.training.rollout import part, rollout
from compose.training.together.actor import StackedActor, by_row
from compose.training.together.optim import Gradients, StackedOptimizers
from compose.training.together.stack import Stack, StackedProgram, stackable, stacked
from compose.training.together.workers import Workers


@dataclass(frozen=True)
class Pass:
    """What one pass gives for some of the seeds: losses [seed], gradients by optimizer, what each seed logs."""

    losses: dict[str, Tensor]
    grads: dict[str, Gradients]
    logged: list[dict[str, Tensor]]


class Group:
    """Collects for and updates several learners at once; what a learner would do alone is what happens to it here.

    Args:
        learners: With equal episodes and updates on their clocks.
        workers: Share out the passes.
        at_once: Seeds in one pass. One runs the learner's own program; several run stacked, where fields are filled up
            with unreached steps to the longest episode.
    """

    def __init__(self, learners: Sequence[Learner], workers: Workers, at_once: int) -> None:
        self.learners, self.workers = learners, workers
        first, schema = learners[0].model, learners[0].env.schema
        self.stack = Stack([one.model for one in learners])
        self.optimizers = StackedOptimizers([one.optimizers for one in learners], [one.seed for one in learners],
                                            self.stack.weights)
        self.act = StackedProgram(first.programs["act"], schema)
        self._learn = StackedProgram(stackable(first), schema) if at_once > 1 else None
        count = len(learners)
        self._parts = [range(at, min(at + at_once, count)) for at in range(0, count, at_once)]

    def collect(self, limit: int | None = None) -> None:
        """See :meth:`Learner.collect`; all episodes are one batch."""
        learners, env = self.learners, self.learners[0].env
        actor = StackedActor([one.model for one in learners], [one.seed for one in learners],
                             [one.epsilon() for one in learners],
                             [moving_params(one.model, one.clocks) for one in learners], self.act)
        numbers = learners[0].upcoming(limit)
        each = len(numbers)
        played = rollout(actor, env, numbers.repeat(len(learners)), by_row([one.stream for one in learners], each),
                         learners[0].keep)
        for row, one in enumerate(learners):
            one.store(part(played, env.schema, slice(row * each, (row + 1) * each)))

    def update(self) -> None:
        """See :meth:`Learner.update`.

        Raises:
            SpecError: ``train.not_finite`` with the seed, before any weight of that optimizer is changed.
        """
        batches = self.workers.map(lambda one: one.batch(), self.learners)
        for learner, batch in zip(self.learners, batches, strict=True):
            learner.model.refresh(batch.fields, batch.draws, batch.params)
        self.optimizers.pace([one.clocks.read() for one in self.learners])
        losses: list[dict[str, float]] = [{} for _ in self.learners]
        norms: list[dict[str, float]] = [{} for _ in self.learners]
        logged: list[dict[str, Tensor]] = []
        for turn in self.optimizers.turns:
            found = self.workers.map(partial(self._pass, batches, turn), self._parts)
            logged = logged or [row for one in found for row in one.logged]
            values = {name: torch.cat([one.losses[name] for one in found]).tolist() for name in found[0].losses}
            for row, learner in enumerate(self.learners):
                own = {name: numbers[row] for name, numbers in values.items()}
                refuse(own, "losses", "loss", f"seed {learner.seed}")
                losses[row] = own | losses[row]
            for name in turn:
                grads = _joined([one.grads[name] for one in found])
                for row, size in enumerate(self.optimizers.step(name, grads)):
                    norms[row][name] = size
        made = map(Updated, losses, norms, logged)
        for learner, one, batch in zip(self.learners, made, batches, strict=True):
            learner.updated(one, batch)

    def _pass(self, batches: Sequence[Batch], turn: Sequence[str], rows: range) -> Pass:
        """Losses and gradients of some seeds; the gradient of the sum over seeds holds that of each."""
        program, alone = self._learn, len(rows) == 1
        if alone or program is None:
            model, batch = self.learners[rows[0]].model, batches[rows[0]]
            leaves, made = dict(model.weights), model.learn(batch.fields, batch.draws, batch.params)
        else:
            cut = slice(rows.start, rows.stop)
            leaves = {name: torch.nn.Parameter(w.detach()[cut]) for name, w in self.stack.weights.items()}
            target = {name: x[cut] for name, x in self.stack.target.items()}
            given = self._given(program, [batches[row] for row in rows])
            kept = [learner.model.statistics for learner in self.learners[cut]]
            given["statistic"] = stacked(kept, program.program.needs("statistic"), next(iter(leaves.values())))
            made = learned(program({"weight": leaves, "target": target, **given}))
        grads: dict[str, Gradients] = {}
        for name in turn:
            names = list(self.optimizers.weights[name])
            found = torch.autograd.grad(made.totals[name].sum(), [leaves[w] for w in names], allow_unused=True,
                                        retain_graph=name != turn[-1])
            grads[name] = {w: g[None] if alone and g is not None else g for w, g in zip(names, found, strict=True)}
        logged = [{name: x if alone else x[row] for name, x in made.logged.items()} for row in range(len(rows))]
        return Pass({name: x.reshape(len(rows)) for name, x in made.losses.items()}, grads, logged)

    def _given(self, program: StackedProgram, batches: Sequence[Batch]) -> dict[str, dict[str, Tensor]]:
        """The inputs of one pass over several seeds, episodes filled up to the longest."""
        first, schema, needs = self.learners[0].model, self.learners[0].env.schema, program.program.needs
        fields = {}
        for name in needs("field"):
            rows = [batch.fields[name] for batch in batches]
            longest = max(x.shape[1] for x in rows) if "time" in schema.fields[name].axes else 0
            varies = name in program.fields
            fields[name] = torch.stack([_filled_up(x, longest) for x in rows]) if varies else rows[0]
        like = next(iter(first.weights.values()))
        draws = stacked([batch.draws for batch in batches], needs("draw"), like)
        return {"field": fields, "draw": draws, "param": stacked([b.params for b in batches], needs("param"), like)}


def _filled_up(x: Tensor, steps: int) -> Tensor:
    """Zeros at the end of the time axis, the second, up to ``steps``."""
    missing = steps - x.shape[1] if steps else 0
    return torch.cat([x, x.new_zeros(len(x), missing, *x.shape[2:])], 1) if missing > 0 else x


def _joined(parts: Sequence[Gradients]) -> Gradients:
    """Gradients of all seeds. Every part has them for the same weights."""
    joined: dict[str, Tensor | None] = {}
    for name in parts[0]:
        held = [x for one in parts if (x := one[name]) is not None]
        joined[name] = torch.cat(held) if held else None
    return joined
