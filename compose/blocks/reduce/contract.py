"""Block ``contract``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Parts, Piece, Run, Site


class Contract(Block):
    """The sum of products over an axis that both operands have: ``y = sum_a x_a z_a`` (a dot product).

    ``of`` [...], ``with`` [...] -> their joint axes without ``over``. Absent rows add nothing.
    """

    block: Literal["contract"]
    kin: ClassVar[tuple[str, ...]] = ("matmul", "bmm", "einsum", "dot")
    phrase: ClassVar[str] = "sum over {over} of {of} times {with}"
    of: Annotated[Port, "..."]
    """x"""
    with_: Annotated[Port, "..."] = Field(alias="with")
    """z"""
    over: AxisName
    """The axis that is summed."""

    weighs: ClassVar[tuple[str, str]] = ("of", "with_")

    def infer(self, site: Site) -> dict[str, Type]:
        axis = site.axis(self.over, "of")
        site.axis(self.over, "with_")
        nonneg = site.type("of").sign == site.type("with_").sign == "nonneg"
        return {"": Type(site.bound["..."], sign="nonneg" if nonneg else "any").without([axis])}

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        pairs = (("of", "with_"), ("with_", "of"))
        return {port: 1 for port, other in pairs if site.type(other).sign == "nonneg"}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.axis(self.over, "of")),)

    def compute(self, run: Run, *, of: Any, with_: Any) -> Any:
        axis = run.node.axis(self.over, "of")
        (dim,), present, product = run.dims("of", (axis,)), run.present("of", axis), of * with_
        return (product if present is None else product.masked_fill(~present, 0.0)).sum(dim)

    def pieces(self, parts: Parts) -> Piece | None:
        of, other, over = parts.port("of"), parts.port("with_"), parts.node.axis(self.over, "of")
        present = parts.present("of", over)
        share = [] if present is None else [parts.share(present, over, "one")]
        factors = [(x, x.axes) for x in (of, other, *share)]
        return parts.product(*factors, out=tuple(a for a in parts.node.bound["..."] if a != over))
