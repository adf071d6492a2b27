"""What type checkers see of the public names and of the Python builder. Read by `make types` and never run: what is
wrong here carries the code of its error, and a mark that nothing needs is an error itself."""

from __future__ import annotations

from typing import assert_type

import compose
from compose import Model, Policy, RunResult, Spec, SpecBuilder, block, env


def public_names() -> None:
    assert_type(compose.load("refil"), Spec)
    assert_type(compose.compile("refil", "smac/3-8sz"), Model)
    assert_type(compose.load_policy("runs/a"), Policy)
    assert_type(compose.train("refil", "group_matching", updates=3), RunResult)
    assert_type(compose.__version__, str)
    compose.train("refil", "group_matching", updtes=3)  # type: ignore[call-arg]
    compose.trian  # type: ignore[attr-defined]  # noqa: B018


def blocks_and_settings() -> None:
    s = SpecBuilder("a", "A.")
    s.learner.replay.batch = 3
    s.learner.replay = {"batch": 3}
    s.networks.utility.nodes.x = block.linear(of=env.entities, to="embed", activation="relu")
    block.linear(of=env.entities, to=3, activation="rellu")  # type: ignore[arg-type]
    block.linear(off=env.entities, to=3)  # type: ignore[call-arg]
    block.linaer(of=env.entities)  # type: ignore[attr-defined]
    s.learner.rpelay  # type: ignore[attr-defined]  # noqa: B018
