"""QMIX (EMP): how far messages reach, and what rounds share."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load, load_text
from tests.compiler.cases import episodes
from tests.specs.schemas import small_schema

AGENTS, ROCKS = 6, 6
SCHEMA = small_schema(AGENTS, ROCKS)
SILENT = """
compose: 1
name: silent
summary: No rounds at all.
extends: qmix_emp
axes: {round: null}
networks: {message: null, utility: {nodes: {rounds: null, z: {of: read}}}}
"""


def model(rounds: int) -> Model:
    loaded = load("qmix_emp", [f"axes.round={rounds}"]) if rounds else load_text(SILENT)
    return Model(build_graph(loaded, SCHEMA), seed=3, dtype=torch.float64, taps=("q",))


def in_a_row() -> dict[str, Tensor]:
    """Everybody sees itself, the next one, and a rock of its own."""
    fields = episodes(schema=SCHEMA)
    fields["present"][:] = True
    agent, entity = torch.arange(AGENTS)[:, None], torch.arange(AGENTS + ROCKS)
    sees = (entity == agent) | ((entity == agent + 1) & (entity < AGENTS)) | (entity == agent + AGENTS)
    fields["visible"][:] = sees
    fields["sight"][:, :, :AGENTS] = sees
    return fields


def reached(of: Model, fields: dict[str, Tensor], entity: int) -> set[int]:
    """The agents whose values change with what an entity is like."""
    before = of.learn(fields).taps["q"].detach()
    other = fields["entities"].clone()
    other[:, :, entity] += 1
    after = of.learn({**fields, "entities": other}).taps["q"].detach()
    return {int(a) for a in (before != after).flatten(3).any(-1).any(0).any(0).nonzero()}


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_a_message_travels_one_agent_a_round(rounds: int) -> None:
    of, fields = model(rounds), in_a_row()
    assert reached(of, fields, 5) == set(range(5 - rounds, 6)), "itself, and who is that far up the row"
    assert reached(of, fields, AGENTS + 5) == set(range(5 - rounds, 6)), "rocks are known to who sees them"


def test_who_sees_nobody_hears_nobody() -> None:
    of, fields = model(3), in_a_row()
    fields["visible"] &= torch.arange(AGENTS)[:, None] == torch.arange(AGENTS + ROCKS)
    assert reached(of, fields, 2) == {2}


def test_rounds_share_their_weights() -> None:
    shapes = [{name: tuple(w.shape) for name, w in model(rounds).named_parameters()} for rounds in (1, 3)]
    assert shapes[0] == shapes[1]
    size = {part: sum(prod(shape) for name, shape in shapes[0].items() if name.startswith(f"message.{part}"))
            for part in ("m", "next")}
    assert size == {"m": 65536, "next": 32896}, "as in the released network of this width"
    assert not any(name.startswith("message") for name, _ in model(0).named_parameters())
