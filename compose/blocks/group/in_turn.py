"""Block ``in_turn``."""

from typing import Annotated, Any, Literal

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port, Size
from compose.language.operation import Run, Site


class InTurn(Block):
    """Labels dealt out in turn: the i-th row that counts, from 0, gets ``i mod n``.

    ``where`` bool [... over] -> int [... over], 0 .. n - 1. Rows that do not count go on with the label before.
    """

    block: Literal["in_turn"]
    where: Annotated[Port, "bool ..."]
    """Who counts."""
    over: AxisName
    """The axis whose rows are labelled."""
    into: Size
    """n, as the axis that the labels index."""

    def infer(self, site: Site) -> dict[str, Type]:
        site.axis(self.over, "where")
        (into,) = site.axes(self.into)
        return {"": Type(site.type("where").axes, "int", counts=into.rstrip("'"))}

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "where"),)

    def orders(self, site: Site) -> Axes:
        return (site.axis(self.over, "where"),)

    def compute(self, run: Run, *, where: Any) -> Any:
        (axis,) = run.node.axes(self.into)
        (dim,) = run.dims("where", (run.node.axis(self.over, "where"),))
        return (where.cumsum(dim) - 1).clamp(min=0) % run.size(axis)
