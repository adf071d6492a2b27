"""Agents' own rewards: recorded only for who reads them, and learned from."""

from __future__ import annotations

import pytest
import torch

from compose.envs.catalogue import make, schema
from compose.graph.build import build_graph
from compose.graph.fields import KNOWN_FIELDS
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.training.build import build_model
from compose.training.learners import learner_for

NAME = "warehouse/16:limit=10"


@pytest.mark.parametrize(("spec", "reads"), [("iql", False), ("iql_own_rewards", True)])
def test_they_are_recorded_for_who_reads_them(spec: str, reads: bool) -> None:
    env = make(NAME)
    learner = learner_for(build_model(load(spec), env.schema), env, 0)
    learner.collect()
    stored = learner.replay.newest(1)
    assert ("rewards" in stored.keys()) == reads  # noqa: SIM118 (no mapping)
    if reads:
        assert torch.allclose(stored["rewards"].sum(-1), stored["reward"])
        assert (stored["rewards"] != stored["rewards"][..., :1]).any()


def test_an_environment_without_them_is_refused() -> None:
    with pytest.raises(SpecError, match="needs field 'rewards'; skirmish/3m has none"):
        build_graph(load("iql_own_rewards"), schema("skirmish/3m"))


def test_what_the_team_earns_is_said_of_rewards_that_are_there() -> None:
    plain = schema("skirmish/3m").model_dump()
    with pytest.raises(ValueError, match="the mean of what each agent earns needs a field 'rewards'"):
        EntitySchema.model_validate({**plain, "reward": "mean"})
    constant = KNOWN_FIELDS["rewards"].model_copy(update={"axes": ("agent",)})
    with pytest.raises(ValueError, match=r"'rewards' always has axes \[batch time agent\]"):
        EntitySchema.model_validate({**plain, "fields": {"rewards": constant.model_dump()}})
