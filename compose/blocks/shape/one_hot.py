"""Block ``one_hot``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Axes, Type
from compose.language.block import Block, Port, Size
from compose.language.operation import Range, Run, Site


class OneHot(Block):
    """An index as a row of zeros with a single one: ``y[..., k] = 1 if k == index else 0``.

    ``of`` int [...] -> nonneg [... as]. An index outside 0 .. as-1 is an error.
    """

    block: Literal["one_hot"]
    phrase: ClassVar[str] = "{of}, one-hot along {as}"
    kin: ClassVar[tuple[str, ...]] = ("onehot", "embedding")
    of: Annotated[Port, "int ..."]
    """The index, counting from 0."""
    as_: Size = Field(alias="as")
    """The axis that is indexed."""

    def infer(self, site: Site) -> dict[str, Type]:
        if len(site.axes(self.as_)) == 1:
            site.indexes("of", *site.axes(self.as_), new=True)
        return {"": Type((*site.bound["..."], *site.axes(self.as_)), sign="nonneg")}

    def orders(self, site: Site) -> Axes:
        return site.axes(self.as_)

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return 0.0, 1.0

    def compute(self, run: Run, *, of: Any) -> Any:
        from torch.nn import functional as F

        (axis,) = run.node.axes(self.as_)
        return F.one_hot(of, run.size(axis)).to(run.dtype)
