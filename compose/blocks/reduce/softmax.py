"""Block ``softmax``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site


class Softmax(Block):
    """``e^x / sum e^x`` over one axis.

    ``of`` [...] -> nonneg [...]. ``count: present`` leaves absent rows out (they get 0), ``slots`` gives them the
    logit 0 (REFIL's official linear mixer), ``all`` their own logit.
    """

    block: Literal["softmax"]
    phrase: ClassVar[str] = "softmax of {of} over {over}[, counting {count}]"
    of: Annotated[Port, "..."]
    """Logits."""
    over: AxisName
    """The axis that sums to one."""
    count: Literal["present", "slots", "all"] = "present"
    """What takes part."""

    def infer(self, site: Site) -> dict[str, Type]:
        site.axis(self.over, "of")
        return {"": Type(site.type("of").axes, sign="nonneg")}

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"),)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.axis(self.over, "of")),) if self.count != "all" else ()

    def compute(self, run: Run, *, of: Any) -> Any:
        return softmax_over(run, of, run.node.axis(self.over, "of"), self.count)


def softmax_over(run: Run, of: Any, axis: str, count: str) -> Any:
    """The softmax of port ``of`` along an axis under a rule for absent rows."""
    (dim,) = run.dims("of", (axis,))
    present = run.present("of", axis) if count != "all" else None
    if present is None:
        return of.softmax(dim)
    if count == "slots":
        return of.masked_fill(~present, 0.0).softmax(dim)
    return of.masked_fill(~present, -1e30).softmax(dim).masked_fill(~present, 0.0)
