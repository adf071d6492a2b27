"""Block ``random_label``."""

from typing import Annotated, Any, Literal

from compose.blocks.choose.uniform import uniform_over
from compose.graph.align import align
from compose.language.axes import Axes, Type, join
from compose.language.block import AxisName, Block, Port, Size
from compose.language.operation import Run, Site


class RandomLabel(Block):
    """A label for every row at random, all equally likely: uniform on ``0 .. min(n, rows that count) - 1``.

    ``where`` bool [... over] -> int [batch time ... over], fresh for every episode, step and row; 0 for rows that do
    not count.
    """

    block: Literal["random_label"]
    where: Annotated[Port, "bool ..."]
    """Who counts."""
    over: AxisName
    """The axis whose rows are labelled."""
    into: Size
    """n, as the axis that the labels index."""
    drawn: Literal["update"] = "update"
    """When the draw is fresh: at every gradient update (and at every step where acting reads it)."""

    def infer(self, site: Site) -> dict[str, Type]:
        site.axis(self.over, "where")
        (into,) = site.axes(self.into)
        return {"": Type(join(("batch", "time"), site.type("where").axes), "int", counts=into.rstrip("'"))}

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "where"),)

    def draws(self, site: Site) -> dict[str, Type]:
        return {"part": Type(self.infer(site)[""].axes)}

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        return uniform_over(self.infer(site)[""].axes, uniform, site)

    def compute(self, run: Run, *, where: Any) -> Any:
        node, (axis,), part = run.node, run.node.axes(self.into), run.draw("part")
        counts = align(where, node.bound["..."], self.infer(node)[""].axes)
        dim = self.infer(node)[""].axes.index(node.axis(self.over, "where"))
        labels = counts.sum(dim, keepdim=True).clamp(1, run.size(axis))
        return (part * labels).long().masked_fill(~counts, 0)
