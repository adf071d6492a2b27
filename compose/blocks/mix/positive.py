"""Block ``positive``."""

from collections.abc import Mapping
from math import inf
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.blocks.reduce.softmax import simplex_over
from compose.language.axes import Axes, Type
from compose.language.block import Block, Over, Port
from compose.language.operation import Count, Range, Run, Site


class Positive(Block):
    """Numbers that are not negative, so that what they weight is monotone (a sign type).

    ``of`` [...] -> nonneg [...]: ``|x|``, ``log(1 + e^x)``, the logistic function, or a softmax over the axis ``over``
    (REFIL: over the mixing axis). ``plus`` is added. ``count`` as in `softmax`.
    """

    block: Literal["positive"]
    phrase: ClassVar[str] = "{by} of {of}[ over {over}][, plus {plus}][, counting {count}]"
    kin: ClassVar[tuple[str, ...]] = ("hypernetwork", "hypernet", "qmix", "mixer")
    of: Annotated[Port, "..."]
    """Any numbers."""
    by: Literal["softmax", "abs", "softplus", "sigmoid"]
    """How they become positive."""
    over: Over | None = None
    """The axis of the softmax."""
    plus: Annotated[float, Field(ge=0)] = 0.0
    """Added to the result."""
    count: Literal["present", "slots", "all"] = "present"
    """What takes part in a softmax."""

    def infer(self, site: Site) -> dict[str, Type]:
        if (self.by == "softmax") != (self.over is not None):
            need = "needs" if self.by == "softmax" else "takes no"
            site.fail("by", f"by: {self.by} {need} 'over'")
        if self.over is not None and len(self.over) != 1:
            site.fail("over", "a softmax runs over one axis")
        self._over(site)
        return {"": Type(site.type("of").axes, sign="nonneg")}

    def _over(self, site: Site) -> Axes:
        return tuple(site.axis(a, "of") for a in self.over or ())

    def mixes(self, site: Site) -> Axes:
        return self._over(site)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return tuple(("of", a) for a in self._over(site)) if self.count != "all" else ()

    def counts(self) -> Count:
        return self.count

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return (self.plus, 1.0 + self.plus) if self.by in ("softmax", "sigmoid") else (self.plus, inf)

    def compute(self, run: Run, *, of: Any) -> Any:
        from torch.nn import functional as F

        if self.by == "softmax":
            y = simplex_over(run, of, self._over(run.node)[0], self.count, "softmax")
        else:
            y = {"abs": of.abs, "sigmoid": of.sigmoid, "softplus": lambda: F.softplus(of)}[self.by]()
        return y + self.plus if self.plus else y
