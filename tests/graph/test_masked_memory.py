"""A mask of now says nothing about the past: rows seen now have not been seen then."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
import torch

from compose.compiler.contract import check_block
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.axes import Axes
from compose.language.block import Block, Port
from compose.language.load import load_text
from compose.language.operation import Run, Site
from compose.language.registry import catalogue
from tests.compiler.cases import episodes, inline
from tests.specs.schemas import small_schema


class SeenSum(Block):
    """The sum of rows under a mask: of rows of now, or of all that they have been so far."""

    block: Literal["lab/seen_sum"]
    of: Annotated[Port, "... Row Width"]
    mask: Annotated[Port, "bool ... Reader Row"]
    past: bool = False
    """All that they have been so far."""
    returns = "... Reader Width"
    bounds: ClassVar[dict[str, str]] = {"of": "mask"}
    ahead: ClassVar[float] = 0

    def mixes(self, site: Site) -> Axes:
        return ("time",) if self.past else ()

    def compute(self, run: Run, *, of: Any, mask: Any) -> Any:
        rows = of.cumsum(1) if self.past else of
        return mask.to(rows.dtype) @ rows


del catalogue()["lab/seen_sum"]  # other tests look at all blocks that there are


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue(), "lab/seen_sum", SeenSum)


SPEC = """
compose: 1
name: seen
summary: Acts on sums of what is visible.
graph:
  s: {block: lab/seen_sum, of: env.entities, mask: env.visible, past: PAST}
  q: {block: linear, of: s, to: action}
act: {choose: greedy, values: q, where: env.available}
losses: {all: {of: square(q), mean: [agent, action]}}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""


@pytest.mark.parametrize("past", [False, True])
def test_what_a_mask_shows_now_was_not_seen_before(past: bool) -> None:
    text = SPEC.replace("PAST", str(past).lower())
    (proof,) = (p for p in prove(build_graph(load_text(text), small_schema())) if p.name == "decentralised")
    assert proof.outcome == ("not proved" if past else "proved")
    if not past:
        return
    model, fields = inline(text, small_schema(), ("q",)), episodes()
    fields["visible"][:, :2] = False
    other = {**fields, "entities": fields["entities"].clone()}
    other["entities"][:, :2] += 1
    one, two = (model.learn(x).taps["q"] for x in (fields, other))
    assert torch.equal(one[:, :2], two[:, :2])
    assert not torch.equal(one[:, 2], two[:, 2]), "what nobody saw at first reaches the third step"


def test_its_declarations_hold() -> None:
    sizes = {"time": 3, "entity": 4, "feature": 2, "agent": 3}
    node = {"block": "lab/seen_sum", "of": "batch time entity feature", "mask": "bool batch time agent entity",
            "past": True}
    assert "bounds:of" in check_block(SeenSum, node, sizes)
