"""Entities drawn into groups: shares uniform on the simplex for any number of parts, and pairs of who is present."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.graph.node import Node
from tests.compiler.cases import episodes, inline
from tests.specs.schemas import small_schema

SCHEMA = small_schema(3, 2)


def drawn(parts: int) -> Model:
    """Values that read one partition of who is there at first; its outputs can be asked for."""
    return inline(f"""
compose: 1
name: partition
summary: Reads a partition.
graph:
  groups: {{block: random_partition, of: first(env.present), parts: {parts}}}
  own: {{block: pool, of: env.entities, mask: groups.within, over: entity}}
  other: {{block: pool, of: env.entities, mask: groups.across, over: entity}}
  q: {{block: linear, of: own + other, to: action}}
act: {{choose: greedy, values: q, where: env.available}}
losses: {{all: {{of: square(q), mean: [agent, action]}}}}
learner: {{kind: replay, optimizers: {{main: {{kind: adam}}}}}}
""", SCHEMA, ("groups.within", "groups.across", "groups.label"))


def groups(model: Model) -> Node:
    return next(node for node in model.graph.nodes() if node.name == "groups")


@pytest.mark.parametrize("cuts", [[0.2, 0.5, 0.9], [0.9, 0.2, 0.5], [0.5, 0.9, 0.2]])
def test_cuts_in_any_order_part_the_unit_interval(cuts: list[float]) -> None:
    """A part begins at the cut below it; a cut itself belongs to the part above."""
    node = groups(drawn(4))
    made = iter(([cuts], [[0.1, 0.2, 0.45, 0.7, 0.95]]))

    def uniform(columns: int) -> Tensor:
        found = torch.tensor(next(made))
        assert found.shape == (1, columns)
        return found

    assert node.op.sample("label", uniform, node).tolist() == [[0, 1, 1, 2, 3]]


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_shares_are_uniform_on_the_simplex(parts: int) -> None:
    """Every part is as likely as another, and two entities share one as often as under Dirichlet(1, .., 1):
    E sum p_i^2 = 2 / (parts + 1)."""
    label = drawn(parts).draw("learn", 0, 0, torch.arange(4000))["groups.label"]
    counts = torch.bincount(label.flatten(), minlength=parts) / label.numel()
    assert (counts - 1 / parts).abs().max() < 0.02
    together = (label[:, 0] == label[:, 1]).double().mean()
    assert abs(float(together) - 2 / (parts + 1)) < 0.03


def test_both_masks_hold_for_present_pairs_only_and_cover_them() -> None:
    model, fields = drawn(3), episodes(0, SCHEMA, batch=8)
    taps = model.learn(fields, model.draw("learn", 0, 0, torch.arange(8))).taps
    within, across, label = (taps[f"groups.{name}"] for name in ("within", "across", "label"))
    present, n = fields["present"][:, 0], SCHEMA.agents
    pair = present[:, :n, None] & present[:, None]
    assert not pair.all()
    assert not (within & across).any()
    assert torch.equal(within | across, pair)
    assert torch.equal(within, pair & (label[:, :n, None] == label[:, None]))
