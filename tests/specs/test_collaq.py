"""CollaQ: without team mates in sight an agent's values are those of its own part, and only that."""

from __future__ import annotations

import json

import pytest
import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import SpecError
from compose.language.load import load
from tests.compiler.cases import episodes
from tests.specs.schemas import small_schema

SCHEMA = small_schema()
FIRST = SCHEMA.axes["observed_moves"] + SCHEMA.axes["observed_others"]
BLOCK = slice(FIRST, FIRST + SCHEMA.axes["observed_agents"])
"""Where observations speak of other agents."""


def model(name: str) -> Model:
    return Model(build_graph(load(name), SCHEMA), seed=3, dtype=torch.float64,
                 taps=("q", "q_alone", "q_together", "q_apart"))


@pytest.mark.parametrize("name", ["collaq", "collaq_official"])
def test_unseen_team_mates_add_nothing(name: str) -> None:
    fields = episodes()
    fields["observation"][..., BLOCK] = 0
    taps = model(name).learn(fields).taps
    assert torch.equal(taps["q_together"], taps["q_apart"])
    torch.testing.assert_close(taps["q"], taps["q_alone"], rtol=0, atol=1e-12)


def test_other_team_mates_change_one_part() -> None:
    of, fields = model("collaq"), episodes()
    before = of.learn(fields).taps
    fields["observation"][..., BLOCK] = fields["observation"][..., BLOCK].flip(-1)
    after = of.learn(fields).taps
    assert {name for name in before if not torch.equal(before[name], after[name])} == {"q", "q_together"}


def test_the_penalty_does_not_reach_the_part_that_is_alone() -> None:
    of = model("collaq")
    of.learn(episodes()).taps["q_apart"].square().sum().backward()
    reached = {name.partition(".")[0] for name, w in of.named_parameters() if w.grad is not None and w.grad.any()}
    assert reached == {"together"}


def test_an_environment_must_say_what_its_observations_are_made_of() -> None:
    silent = SCHEMA.model_copy(update={"axes": {"observation": 25, "state": 7}})
    with pytest.raises(SpecError, match="environment 'small' has no axis 'observed_moves'"):
        build_graph(load("collaq"), silent)


def test_parts_of_observations_are_together_as_long_as_they_are() -> None:
    data = SCHEMA.model_dump(mode="json")
    data["axes"]["observed_self"] += 1
    with pytest.raises(ValueError, match="observed_self are 26, and 'observation' is 25"):
        EntitySchema.model_validate_json(json.dumps(data))
