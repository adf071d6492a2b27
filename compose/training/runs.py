"""Policies from the folders of runs, and how well they play."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from compose.envs import catalogue
from compose.envs.interface import Environment
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.evaluate import Row, Score, measured, score
from compose.training.evaluate import evaluate as played
from compose.training.folder import find_run
from compose.training.policy import Policy, load_policy
from compose.training.records import About


@dataclass(frozen=True)
class Evaluation:
    """How well a policy plays."""

    rows: tuple[Row, ...]
    """One for each episode: ``episode``, ``return`` (undiscounted), ``length`` (steps), ``success``, ``task``, and
    what the environment measures."""

    @cached_property
    def score(self) -> Score:
        """Means over all episodes."""
        return score(self.rows)

    @cached_property
    def tasks(self) -> dict[str, Score]:
        """Means by task, in the order of their names."""
        names = sorted({row["task"] for row in self.rows})
        return {name: score([row for row in self.rows if row["task"] == name]) for name in names}

    @cached_property
    def measures(self) -> dict[str, float]:
        """Means of what the environment measures, over all episodes."""
        return measured(self.rows)

    def __str__(self) -> str:
        return f"{self.score} over {self.score.episodes} episodes"


def evaluate(run: str | Path, env: str | Environment | None = None, episodes: int = 256, *, seed: int | None = None,
             device: str = "cpu") -> Evaluation:
    """Play episodes with the newest weights of a run, as its spec evaluates; none of them was ever trained on.

    Args:
        run: Folder of a run, or of one of its checkpoints.
        env: Another environment, of the sizes that acting reads; the run's unless told.
        episodes: How many.
        seed: Of the episodes; the run's unless told, as while training.
        device: Where the policy and (if given by name) the environment live.

    Raises:
        SpecError: If there is no such run, it holds no checkpoint or is damaged; ``run.sizes`` if the environment has
            other sizes.
    """
    policy, trained = load_run(Path(run), device)
    here = env if isinstance(env, Environment) else catalogue.make(env or policy.schema.name, device=device)
    check_sizes(policy, here.schema, str(run))
    rows = played(policy.model, here, episodes, seed=trained if seed is None else seed, params=policy.params)
    return Evaluation(tuple(rows))


def load_run(path: Path, device: str) -> tuple[Policy, int]:
    """The policy of a run, or of one of its checkpoints, and the seed that the run was trained with.

    Raises:
        SpecError: If there is no such run, it holds no checkpoint, or it is a folder of several runs.
    """
    run, checkpoint = find_run(path)
    return load_policy(run.path, checkpoint=checkpoint, device=device), run.record("run.json", About).seed


def check_sizes(policy: Policy, played: EntitySchema, name: str, *, learning: bool = False) -> None:
    """Raises SpecError unless a policy, of the run ``name``, can act on another schema: it has the fields and the sizes
    that acting reads (or, while ``learning``, also losses)."""
    trained, graph = policy.schema, policy.model.graph
    roots = [*graph.acted(), *(graph.learned() if learning else ())]
    values = [value for node in graph.nodes(roots) for value in (*node.operands(), *node.values.values())]
    fields = dict.fromkeys([*policy.reads, *graph.fields(roots)])
    axes = {"agent", "entity", "action", *(part for value in values for axis in value.type.axes
                                           for part in re.findall(r"\w+", axis))} - {"time", "task"}
    problems = [f"{axis}: {size} there, {played.sizes.get(axis, 'none')} here" for axis, size in trained.sizes.items()
                if axis in axes and size != played.sizes.get(axis)]
    problems += [f"no field {field}" for field in fields if field not in played.fields]
    if problems:
        text = f"was trained in {trained.name}, which {played.name} is not like"
        hint = "`compose describe ENV` shows the sizes of an environment, and options that may change them"
        raise SpecError(Diagnostic("run.sizes", text, name, hint=hint, notes=("; ".join(problems),)))
