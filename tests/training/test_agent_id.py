"""Every environment has ``env.agent_id``: in training, in acting, in a schema whose hash is as before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from compose.compiler.model import Model
from compose.envs import catalogue
from compose.envs.conformance import check
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema, standard_fields
from compose.kernels.random import key
from compose.language.load import load
from compose.training.actors import evaluating
from compose.training.policy import Policy
from compose.training.rollout import rollout, tensors
from tests.envs.lying.honest import SCHEMA, Honest

SPEC = """
compose: 1
name: numbered
summary: Values that differ by the agent's number.
extends: qmix_attention
networks:
  utility:
    inputs: {number: agent id}
    nodes:
      known: {block: concat, of: [z, number]}
      h:     {of: known}
graph:
  q:     {number: env.agent_id}
  q_bar: {number: env.agent_id}
"""


def built(folder: Path, schema: EntitySchema) -> Model:
    file = folder / "numbered.yaml"
    file.write_text(SPEC)
    return Model(build_graph(load(str(file)), schema))


@pytest.mark.parametrize("name", ["skirmish/3m", "group_matching/small"])
def test_agents_learn_by_their_numbers(name: str, tmp_path: Path) -> None:
    schema = catalogue.schema(name)
    model = built(tmp_path, schema)
    episodes = rollout(evaluating(model, key(0), {}), catalogue.make(name), torch.arange(4), 0)
    assert torch.equal(episodes["agent_id"], torch.eye(schema.agents))
    model.learn(tensors(episodes)).totals["main"].backward()
    gradient = model.weights["utility.h.input"].grad
    assert gradient is not None
    assert bool(gradient[..., -schema.agents :, :].any(-1).all())


def test_a_policy_knows_numbers_without_being_told(tmp_path: Path) -> None:
    env = catalogue.make("group_matching/small")
    policy = Policy(built(tmp_path, env.schema), env.schema, {})
    policy.reset(2)
    fields = env.reset(torch.arange(2), 0)
    assert "agent_id" not in fields
    told = policy.act(fields)
    policy.reset(2)
    assert torch.equal(torch.as_tensor(policy.act({**fields, "agent_id": torch.eye(env.schema.agents)})),
                       torch.as_tensor(told))


class Silent(Honest):
    """The same environment without a word of numbers."""

    def fields(self) -> dict[str, torch.Tensor]:
        return {name: x for name, x in super().fields().items() if name != "agent_id"}


def test_environments_may_give_numbers_or_not() -> None:
    silent = SCHEMA.model_copy(update={"fields": {**SCHEMA.fields, **standard_fields()}})
    assert not check(lambda: Honest(SCHEMA)).findings
    assert not check(lambda: Silent(silent)).findings
    assert {f.code for f in check(lambda: Silent(SCHEMA)).findings} == {"env.fields"}


def test_what_a_schema_leaves_out_does_not_change_its_hash() -> None:
    plain = catalogue.schema("skirmish/3m")
    assert plain.numbers_agents
    assert plain.hash == "b2978f31a9bda5f1c8ec3f13b85e9c70c679e1cd337851bd9bae560ce3c7f5d4"
    assert EntitySchema.model_validate_json(plain.model_dump_json(exclude={"fields": {"agent_id"}})) == plain
    own = catalogue.schema("gaussian_squeeze/20")
    assert not own.numbers_agents
    assert own.hash == "f1a84ebcf738ddcf5da7334a8e5defb51fec48c7fd3ff043723aae5c853347e5"
