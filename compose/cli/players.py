"""Who plays: what ``--policy`` names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

if TYPE_CHECKING:
    from compose.envs.interface import Environment
    from compose.training.actors import Actor
    from compose.training.policy import Policy

RANDOM = "random"


@dataclass(frozen=True)
class Player:
    """Somebody who acts."""

    actor: Actor
    seed: int
    """Of the episodes."""
    label: str
    """What pictures call it."""
    policy: Policy | None = None
    """Of a run."""


def player(name: str, env: Environment, seed: int | None, device: str) -> Player:
    """At random, a script of the environment, or the policy of a run or of a checkpoint.

    Raises:
        SpecError: If it is none of them, or a run was trained with other sizes than the environment has.
    """
    from compose.training.actors import RandomActor, ScriptActor, evaluating
    from compose.training.evaluate import stream

    if name == RANDOM:
        return Player(RandomActor(stream(seed or 0)), seed or 0, name)
    if name in env.scripts:
        return Player(ScriptActor(env.scripts[name]), seed or 0, name)
    if "/" not in name and not Path(name).is_dir():
        raise _unknown(name, env)
    from compose.training.runs import check_sizes, load_run

    policy, trained = load_run(Path(name), device)
    check_sizes(policy, env.schema, name)
    chosen = trained if seed is None else seed
    return Player(evaluating(policy.model, stream(chosen), policy.params), chosen, policy.model.spec.name, policy)


def _unknown(name: str, env: Environment) -> SpecError:
    scripts = ", ".join(env.scripts)
    own = f"scripts of {env.schema.name}: {scripts}" if scripts else f"{env.schema.name} has no scripts"
    return SpecError(Diagnostic(
        "play.policy", f"no policy '{name}'", "--policy", hint=did_you_mean(name, (RANDOM, *env.scripts)),
        notes=(own, "others: random, or the folder of a run or of a checkpoint"),
    ))  # fmt: skip
