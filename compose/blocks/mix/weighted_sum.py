"""Block ``weighted_sum``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site
from compose.language.values import Expr


class WeightedSum(Block):
    """``sum_f w_f q_f + offset`` with w >= 0 (REFIL's linear mixer, Qatten). Absent factors add nothing.

    ``of`` and ``weights`` [... over], ``offset`` [...] -> [...].
    """

    block: Literal["weighted_sum"]
    phrase: ClassVar[str] = "sum of {of} over {over}, weighted by {weights}[, plus {offset}]"
    of: Annotated[Port, "... Factor"]
    """Utilities to mix."""
    weights: Annotated[Port, "... Factor"]
    """Their weights, not negative."""
    offset: Annotated[Port, "..."] = Expr("0")
    """Added at the end, V(s)."""
    over: AxisName
    """The axis of factors."""

    nonneg: ClassVar[tuple[str, ...]] = ("weights",)
    monotone: ClassVar[dict[str, int]] = {"of": 1, "offset": 1}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.bound["Factor"][0]),)

    def infer(self, site: Site) -> dict[str, Type]:
        if site.axis(self.over, "of") != site.bound["Factor"][0]:
            site.fail("over", f"expected the last axis, '{site.bound['Factor'][0]}'")
        return {"": Type(site.bound["..."])}

    def compute(self, run: Run, *, of: Any, weights: Any, offset: Any) -> Any:
        present = run.present("of", run.node.bound["Factor"][0])
        product = of * weights
        if present is not None:
            product = product.masked_fill(~present, 0.0)
        return product.sum(-1) + offset
