"""Block ``sample``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.choose.uniform import uniform_over
from compose.graph.align import align
from compose.language.axes import Axes, Type, join
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site


class Sample(Block):
    """An index drawn from the softmax of logits along an axis: ``P(k) = e^x_k / sum_j e^x_j``.

    ``logits`` [... over] -> int [batch time ...]: every episode, step and row draws its own, even where the logits are
    the same for all. No gradient passes through a choice; `log_prob` says how likely it was, with gradient. Absent
    choices are never drawn.
    """

    block: Literal["sample"]
    kin: ClassVar[tuple[str, ...]] = ("categorical", "multinomial")
    logits: Annotated[Port, "..."]
    """x"""
    over: AxisName
    """The axis that is chosen from."""
    drawn: Literal["update"] = "update"
    """When the draw is fresh: at every gradient update (and at every step where acting reads it)."""

    chooses: ClassVar[str] = "logits"

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(self._rows(site), "int", counts=site.axis(self.over, "logits").rstrip("'"))}

    def _rows(self, site: Site) -> Axes:
        axis = site.axis(self.over, "logits")
        if axis in ("batch", "time"):
            site.fail("over", f"every episode and step draws its own: '{axis}' cannot be chosen from")
        return join(("batch", "time"), [a for a in site.type("logits").axes if a != axis])

    def draws(self, site: Site) -> dict[str, Type]:
        return {"height": Type(self._rows(site))}

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        return uniform_over(self._rows(site), uniform, site)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("logits", site.axis(self.over, "logits")),)

    def orders(self, site: Site) -> Axes:
        return (site.axis(self.over, "logits"),)

    def compute(self, run: Run, *, logits: Any) -> Any:
        from compose.kernels.random import categorical

        axis = run.node.axis(self.over, "logits")
        present, x = run.present("logits", axis), logits.detach()
        x = x if present is None else x.masked_fill(~present, -1e30)
        chances = align(x, run.node.bound["..."], (*self._rows(run.node), axis)).softmax(-1)
        return categorical(chances, run.draw("height"))
