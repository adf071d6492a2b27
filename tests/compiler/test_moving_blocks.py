"""Blocks that move numbers in other ways than copies or own rows do: passes take them for what they declare."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from compose.blocks.shape.expand import Expand
from compose.blocks.shape.own import Own
from compose.compiler.passes import PASSES, copies, select, split
from compose.language.axes import Axes
from compose.language.block import Port
from compose.language.operation import Run, Site
from compose.language.registry import catalogue
from tests.compiler.tiny import differ, spec


class Turned(Expand):
    """For every index of the new axis the entities, turned by as many places."""

    block: Literal["lab/turned"]  # type: ignore[assignment]
    of: Annotated[Port, "any ..."]

    def mixes(self, site: Site) -> Axes:
        return ("entity",)

    def compute(self, run: Run, *, of: Any) -> Any:
        import torch

        made = super().compute(run, of=of)
        axes = self._axes(run.node)
        along, rows = (axes.index(a) for a in (str(self.along), "entity"))
        turned = [made.select(along, i).roll(i, rows - (along < rows)) for i in range(run.size(str(self.along)))]
        return torch.stack(turned, along)


class OwnTurned(Own):
    """Every agent's own row, its numbers in another order."""

    block: Literal["lab/own_turned"]  # type: ignore[assignment]
    of: Annotated[Port, "any ..."]

    def mixes(self, site: Site) -> Axes:
        return (site.type("of").axes[-1],)

    def compute(self, run: Run, *, of: Any) -> Any:
        return super().compute(run, of=of).roll(1, -1)


OWN_BLOCKS = {cls.tag(): cls for cls in (Turned, OwnTurned)}
for tag in OWN_BLOCKS:
    del catalogue()[tag]  # other tests look at all blocks that there are


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    for tag, cls in OWN_BLOCKS.items():
        monkeypatch.setitem(catalogue(), tag, cls)


SPECS = {
    "turned copies": spec("""
    c: {block: lab/turned, of: x, along: agent}
    l: {block: linear, of: c, to: wide, activation: relu}
    m: {block: mean, of: l * y, over: entity}""", "other: {of: square(m), mean: [agent, wide]}"),
    "turned numbers": spec("""
    c: {block: expand, of: x, along: agent}
    p: c * c
    o: {block: lab/own_turned, of: p}
    n: {block: linear, of: o * agents(x), to: scalar}""", "other: {of: square(n), mean: agent}"),
}


@pytest.mark.parametrize("text", SPECS.values(), ids=list(SPECS))
def test_other_ways_of_moving_are_left_alone(text: str) -> None:
    differ(text, (split, copies, select))
    differ(text, PASSES)
