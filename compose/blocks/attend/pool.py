"""Block ``pool``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.attend.attention import both, both_pieces
from compose.graph.align import align
from compose.language.axes import Axes, Type, join
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Count, Kept, Of, Parts, Piece, Run, Site, operand
from compose.language.values import Expr


class Pool(Block):
    """The mean, sum or maximum of rows under a mask; a row of the mask for each reader.

    ``of`` [... In] with axis ``over``, ``mask`` bool [...] -> [... In] without ``over``, with the axes that the mask
    has beside it: under (batch time agent entity) every agent pools what it sees. A reader that sees nothing gets
    zeros.

    ``count: present`` takes only rows that are present and seen. ``slots`` counts the others as zeros (mean over all
    slots, max with 0), as REFIL's official poolings do. ``all`` takes every row with its content.
    """

    block: Literal["pool"]
    phrase: ClassVar[str] = "{by} of {of} over {over}[, seeing {mask}][, counting {count}]"
    kin: ClassVar[tuple[str, ...]] = ("mean_pool", "max_pool", "pooling", "avg_pool")
    of: Annotated[Port, "..."]
    """Rows to pool."""
    mask: Annotated[Port, "any ..."] = Expr("true")
    """True where a row counts."""
    over: AxisName
    """The axis that is pooled."""
    by: Literal["mean", "sum", "max"] = "mean"
    """How."""
    count: Literal["present", "slots", "all"] = "present"
    """What counts."""

    bounds: ClassVar[dict[str, str]] = {"of": "mask"}
    aligned: ClassVar[bool] = False

    def infer(self, site: Site) -> dict[str, Type]:
        of, mask = site.type("of"), site.type("mask")
        over = site.axis(self.over, "of")
        if self.by == "max" and site.size(over) == 0:
            site.fail("over", f"'{over}' has no rows in this environment, so none is the largest")
        if mask.dtype != "bool":
            site.fail("mask", f"expected a mask, got {mask}")
        return {"": Type(_together(of.axes, mask.axes), sign=of.sign).without([over])}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.axis(self.over, "of")),) if self.count != "all" else ()

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, operand(site, port, item).without([site.axis(self.over, "of")]).axes, output)

    def counts(self) -> Count:
        return self.count

    def compute(self, run: Run, *, of: Any, mask: Any) -> Any:
        node = run.node
        kind, seen, over = node.type("of"), node.type("mask"), node.axis(self.over, "of")
        axes = _together(kind.axes, seen.axes)
        rows = align(of, kind.axes, axes)
        allowed = both(align(mask, seen.axes, axes), run.present("of", over, axes))
        pooled = reduce_rows(rows, allowed, axes.index(over) - len(axes), self.by, slots=self.count != "present")
        if allowed is True or mask is True:
            kept = [a for a in axes if a != over]
            pooled = pooled.expand([-1 if a in kind.axes else run.size(a) for a in kept])
        return pooled

    def pieces(self, parts: Parts) -> Piece | None:
        node, of, mask = parts.node, parts.port("of"), parts.port("mask")
        over = node.axis(self.over, "of")
        rows = node.size(over)
        if self.by == "max" or rows is None or not hasattr(of, "axes"):
            return None
        present = parts.present("of", over) if self.count != "all" else None
        allowed = both_pieces(parts, mask, present)
        share_of: Of = "one" if self.by == "sum" else "true" if self.count == "present" else "slots"
        if allowed is not True and over not in allowed.axes:
            return None
        if allowed is True:
            share: Any = 1.0 if self.by == "sum" else 1 / rows
            axes: Axes = ()
        else:
            share = parts.share(allowed, over, share_of)
            axes = share.axes
        kind = node.type("of").axes
        out = tuple(a for a in _together(kind, node.type("mask").axes) if a != over)
        if not {*out} <= {*of.axes, *axes}:
            return None
        return parts.product((share, axes), (of, of.axes), out=out)


def _together(of: Axes, mask: Axes) -> Axes:
    """The axes of rows and mask together; the last one of the rows stays last, unless the mask has it too."""
    lead = join(of[:-1], mask)
    return lead if of[-1] in lead else (*lead, of[-1])


def reduce_rows(of: Any, allowed: Any, dim: int, by: str, *, slots: bool) -> Any:
    """Mean, sum or max along ``dim`` of allowed rows; with ``slots``, others count as zeros. Nothing allowed: zeros."""
    if allowed is True:
        return of.amax(dim) if by == "max" else of.mean(dim) if by == "mean" else of.sum(dim)
    if by == "max":
        if slots:
            return of.masked_fill(~allowed, 0.0).amax(dim)
        return of.masked_fill(~allowed, -1e30).amax(dim).masked_fill(~allowed.any(dim), 0.0)
    total = of.masked_fill(~allowed, 0.0).sum(dim)
    if by == "sum":
        return total
    return total / of.shape[dim] if slots else total / allowed.sum(dim).clamp(min=1)
