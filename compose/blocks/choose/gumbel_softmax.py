"""Block ``gumbel_softmax``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.blocks.choose.uniform import uniform_over
from compose.graph.align import align
from compose.language.axes import Axes, Type, join
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site


class GumbelSoftmax(Block):
    """A draw from the softmax of logits as a one-hot row that gradients pass through: ``y = softmax((x + g) / t)``,
    ``g = -log(-log u)`` (Jang et al. 2017).

    ``logits`` [... over] -> [batch time ... over]. With ``hard`` the result is 1 at the largest ``x + g``, 0 elsewhere,
    and the gradient is that of y (straight-through); without it is y. The index of the 1 is distributed as that of
    `sample`. Every episode, step and row draws its own. Absent choices get 0.
    """

    block: Literal["gumbel_softmax"]
    phrase: ClassVar[str] = "Gumbel-softmax of {logits} over {over}"
    kin: ClassVar[tuple[str, ...]] = ("gumbel", "concrete", "straight_through")
    logits: Annotated[Port, "..."]
    """x"""
    over: AxisName
    """The axis that is chosen from."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """t: near 0 rows are nearly one-hot, and their gradients large."""
    hard: bool = True
    """Whether rows are one-hot."""
    drawn: Literal["update"] = "update"
    """When the draw is fresh: at every gradient update (and at every step where acting reads it)."""

    chooses: ClassVar[str] = "logits"

    def infer(self, site: Site) -> dict[str, Type]:
        axis = site.axis(self.over, "logits")
        if axis in ("batch", "time"):
            site.fail("over", f"every episode and step draws its own: '{axis}' cannot be chosen from")
        return {"": Type(join(("batch", "time"), site.type("logits").axes), sign="nonneg")}

    def draws(self, site: Site) -> dict[str, Type]:
        return {"height": Type(self.infer(site)[""].axes)}

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        return uniform_over(self.infer(site)[""].axes, uniform, site)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("logits", site.axis(self.over, "logits")),)

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "logits"),)

    def orders(self, site: Site) -> Axes:
        return (site.axis(self.over, "logits"),)

    def compute(self, run: Run, *, logits: Any) -> Any:
        from torch import where, zeros_like

        axes, axis = self.infer(run.node)[""].axes, run.node.axis(self.over, "logits")
        dim, present = axes.index(axis), run.present("logits", axis)
        x = logits if present is None else logits.masked_fill(~present, -1e30)
        gumbel = -(-run.draw("height").to(x.dtype).clamp(1e-7, 1 - 1e-7).log()).log()
        found = align(x, run.node.bound["..."], axes) + gumbel
        y = (found / self.temperature).softmax(dim)
        if present is not None:
            y = where(align(present, run.node.bound["..."], axes), y, 0.0)
        if not self.hard:
            return y
        one = zeros_like(y).scatter(dim, found.argmax(dim, keepdim=True), 1.0)
        return one + y - y.detach()
