"""Block ``affine``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site, Weight


class Affine(Block):
    """A learned scale and shift for every task: ``y = a_k x + b_k`` with k = ``by``, a = 1 and b = 0 at first.

    ``of`` [...], ``by`` int [...] -> [...]. With ``positive`` it is ``|a_k|``, so that y never falls when x
    rises and no greedy action changes. `moments` can rewrite the weights (PopArt, Hessel et al. 2019).
    """

    block: Literal["affine"]
    phrase: ClassVar[str] = "{of} scaled and shifted by {by}[, positive {positive}]"
    of: Annotated[Port, "..."]
    """x."""
    by: Annotated[Port, "int ..."]
    """k, whose scale and shift."""
    positive: bool = False
    """Keep scales from turning the order of values round."""

    def infer(self, site: Site) -> dict[str, Type]:
        site.indexes("by", "task")
        return super().infer(site)

    def learned(self, site: Site) -> dict[str, Weight]:
        return {"scale": Weight(("task",), "ones"), "shift": Weight(("task",), "zeros")}

    def monotone_in(self, site: Site) -> dict[str, int]:
        return {"of": 1} if self.positive else {}

    def compute(self, run: Run, *, of: Any, by: Any) -> Any:
        scale, shift = run.weight("scale")[by], run.weight("shift")[by]
        return of * (scale.abs() if self.positive else scale) + shift
