"""Block ``where``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import ALWAYS, Fills, Range, Run, Site, hull


class Where(Block):
    """One of two values, element by element: ``then`` where ``test`` is true, ``otherwise`` elsewhere.

    ``test`` bool [...], ``then`` and ``otherwise`` [...] -> [...]. Turns a mask into numbers (weighted QMIX's weights).
    """

    block: Literal["where"]
    kin: ClassVar[tuple[str, ...]] = ("if", "cond", "select")
    phrase: ClassVar[str] = "{then} where {test}, else {otherwise}"
    test: Annotated[Port, "bool ..."]
    """Which."""
    then: Annotated[Port, "..."]
    """Where it is true."""
    otherwise: Annotated[Port, "..."]
    """Where it is false."""

    fills: ClassVar[Fills] = Fills("then", "test", "otherwise")
    bounds: ClassVar[dict[str, str]] = {"then": "test"}
    monotone: ClassVar[dict[str, int]] = {"then": 1, "otherwise": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        nonneg = site.type("then").sign == site.type("otherwise").sign == "nonneg"
        return {"": Type(site.bound["..."], sign="nonneg" if nonneg else "any")}

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return hull(ranges["then"], ranges["otherwise"])

    def dead(self, ranges: Mapping[str, Range]) -> frozenset[str]:
        return super().dead(ranges) | ({"otherwise"} if ranges["test"] == ALWAYS else frozenset())

    def compute(self, run: Run, *, test: Any, then: Any, otherwise: Any) -> Any:
        import torch

        if isinstance(test, bool):  # has the axes of the mask that it stands for
            then, otherwise = (self._over(run, port, x) for port, x in (("then", then), ("otherwise", otherwise)))
            test = torch.full_like(otherwise if isinstance(then, int | float) else then, test, dtype=torch.bool)
        if isinstance(then, int | float):
            then = torch.full_like(test, then, dtype=run.dtype)
        return torch.where(test, then, otherwise).to(run.dtype)

    def _over(self, run: Run, port: str, x: Any) -> Any:
        """A tensor with all rows along the axes that only ``test`` has."""
        have = (*run.node.type(port).axes, "batch", "time")
        alone = [a in run.node.type("test").axes and a not in have for a in run.node.bound["..."]]
        if isinstance(x, int | float) or not any(alone):
            return x
        return x.expand([run.size(a) if mine else -1 for a, mine in zip(run.node.bound["..."], alone, strict=True)])
