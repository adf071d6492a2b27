"""Block ``min_max``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Axes, Type
from compose.language.block import Block, Over, Port
from compose.language.operation import Range, Run, Site


class MinMax(Block):
    """Numbers between 0 and 1 by the least and the most of them: ``y = (x - min) / (max - min + eps)``.

    ``of`` [...] -> nonneg [...]; min and max are over ``over``, for each index of the other axes, and gradients pass
    through them. Absent rows count nowhere and give 0; where all rows are alike, y is 0.
    """

    block: Literal["min_max"]
    phrase: ClassVar[str] = "{of} between its least and its most over {over}"
    kin: ClassVar[tuple[str, ...]] = ("minmax", "rescale")
    of: Annotated[Port, "..."]
    """x"""
    over: Over
    """The axes of what is compared."""
    eps: Annotated[float, Field(gt=0)] = 1e-12
    """Keeps the division finite."""

    def _over(self, site: Site) -> Axes:
        over = tuple(site.axis(a, "of") for a in self.over)
        if "time" in over:
            site.fail("over", "'time' cannot be compared: later steps are not known")
        return over

    def infer(self, site: Site) -> dict[str, Type]:
        self._over(site)
        return {"": Type(site.bound["..."], sign="nonneg")}

    def mixes(self, site: Site) -> Axes:
        return self._over(site)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return tuple(("of", a) for a in self._over(site))

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return 0.0, 1.0

    def compute(self, run: Run, *, of: Any) -> Any:
        dims, allowed = run.dims("of", self._over(run.node)), None
        for axis in self._over(run.node):
            present = run.present("of", axis)
            if present is not None:
                allowed = present if allowed is None else allowed & present
        low, high = (of, of) if allowed is None else (of.masked_fill(~allowed, big) for big in (1e30, -1e30))
        low, high = low.amin(dims, keepdim=True), high.amax(dims, keepdim=True)
        scaled = (of - low) / (high - low + self.eps)
        return scaled if allowed is None else scaled.masked_fill(~allowed, 0.0)
