"""Blocks ``softmax`` and ``sparsemax``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.graph.simplex import simplex
from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import By, Count, Parts, Piece, Range, Run, Site


class _Distribution(Block):
    block: str
    of: Annotated[Port, "..."]
    """Logits."""
    over: AxisName
    """The axis that sums to one."""
    count: Literal["present", "slots", "all"] = "present"
    """What takes part."""

    by: ClassVar[By]
    chooses: ClassVar[str] = "of"

    def infer(self, site: Site) -> dict[str, Type]:
        site.axis(self.over, "of")
        return {"": Type(site.type("of").axes, sign="nonneg")}

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"),)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.axis(self.over, "of")),) if self.count != "all" else ()

    def counts(self) -> Count:
        return self.count

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return 0.0, 1.0

    def compute(self, run: Run, *, of: Any) -> Any:
        return simplex_over(run, of, run.node.axis(self.over, "of"), self.count, self.by)

    def pieces(self, parts: Parts) -> Piece | None:
        of, axis = parts.port("of"), parts.node.axis(self.over, "of")
        present = parts.present("of", axis) if self.count != "all" else None
        if parts.node.size(axis) is None or (present is not None and self.count == "slots"):
            return None
        return parts.simplex(self.by, of, True if present is None else present, axis)


class Softmax(_Distribution):
    """``e^x / sum e^x`` over one axis.

    ``of`` [...] -> nonneg [...]. ``count: present`` leaves absent rows out (they get 0), ``slots`` gives them the
    logit 0 (REFIL's official linear mixer), ``all`` their own logit.
    """

    block: Literal["softmax"]
    phrase: ClassVar[str] = "softmax of {of} over {over}[, counting {count}]"
    by: ClassVar[By] = "softmax"


class Sparsemax(_Distribution):
    """The point of the simplex next to ``x``: ``max(x - tau, 0)``, tau such that it sums to one over an axis.

    Martins and Astudillo 2016. Exact zeros where x is small; one-hot where the largest leads by 1 or more.
    ``of`` [...] -> nonneg [...]. ``count`` as in `softmax`. The gradient is that of x on the support, less its mean.
    """

    block: Literal["sparsemax"]
    phrase: ClassVar[str] = "sparsemax of {of} over {over}[, counting {count}]"
    by: ClassVar[By] = "sparsemax"


def simplex_over(run: Run, of: Any, axis: str, count: str, by: By) -> Any:
    """Softmax or sparsemax of port ``of`` along an axis under a rule for absent rows."""
    (dim,) = run.dims("of", (axis,))
    present = run.present("of", axis) if count != "all" else None
    if count == "slots" and present is not None:
        return simplex(by, of.masked_fill(~present, 0.0), True, dim)
    return simplex(by, of, True if present is None else present, dim)
