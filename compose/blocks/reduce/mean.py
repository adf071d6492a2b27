"""Blocks ``mean`` and ``sum``."""

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import Block, Over, Port
from compose.language.operation import NEVER, Count, Parts, Piece, Range, Run, Site, hull


class _Reduction(Block):
    block: str
    of: Annotated[Port, "..."]
    """What is reduced."""
    where: Annotated[Port | None, "bool ..."] = None
    """Only these count; all if left out."""
    over: Over
    """The axis or axes that go."""
    count: Literal["present", "slots", "all"] = "present"
    """What counts: rows that are present; all slots, absent rows as zeros; all rows with their content."""

    bounds: ClassVar[dict[str, str]] = {"of": "where"}
    steps_in: ClassVar[tuple[str, int]] = ("where", 0)
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def _over(self, site: Site) -> Axes:
        return tuple(site.axis(a, "of") for a in self.over)

    def infer(self, site: Site) -> dict[str, Type]:
        of = site.type("of")
        return {"": Type(of.axes, sign=of.sign).without(self._over(site))}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return tuple(("of", a) for a in self._over(site)) if self.count != "all" else ()

    def counts(self) -> Count:
        return self.count

    def _allowed(self, run: Run, where: Any) -> Any:
        """Which elements count, broadcastable against ``of``; None if all do."""
        allowed = None if where is True else where
        for axis in self._over(run.node) if self.count != "all" else ():
            present = run.present("of", axis)
            if present is not None:
                allowed = present if allowed is None else allowed & present
        return allowed


class Mean(_Reduction):
    """The mean over axes of what counts.

    ``of`` [...] -> [... without over]. ``present``: sum over present rows / their number (0 if there is none);
    ``slots``: the same sum / number of slots; ``all``: sum over all rows / number of slots.
    """

    block: Literal["mean"]
    phrase: ClassVar[str] = "mean of {of} over {over}[ where {where}][, counting {count}]"
    kin: ClassVar[tuple[str, ...]] = ("average", "avg")

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return hull(ranges["of"], NEVER)

    def compute(self, run: Run, *, of: Any, where: Any = None) -> Any:
        import torch

        dims, allowed = run.dims("of", self._over(run.node)), self._allowed(run, where)
        if allowed is None:
            return of.mean(dims)
        total = of.masked_fill(~allowed, 0.0).sum(dims)
        counted = (None if where is True else where) if self.count == "slots" else allowed
        if counted is not None:
            rows = torch.broadcast_tensors(counted, of)[0]  # type: ignore[no-untyped-call]
            return total / rows.sum(dims).clamp(min=1)
        return total / prod(of.shape[dim] for dim in dims)

    def pieces(self, parts: Parts) -> Piece | None:
        of, factors, rows = parts.port("of"), [], 1
        if self.where is not None or not hasattr(of, "axes"):
            return None
        for axis in self._over(parts.node):
            present = parts.present("of", axis) if self.count != "all" else None
            if present is None:
                size = parts.node.size(axis)
                if size is None:  # batch, time: not known before a batch is there
                    return None
                rows *= size
            else:
                factors.append(parts.share(present, axis, "slots" if self.count == "slots" else "true"))
        out = tuple(a for a in of.axes if a not in self._over(parts.node))
        return parts.product((of, of.axes), *((x, x.axes) for x in factors), (1 / rows, ()), out=out)


class Sum(_Reduction):
    """The sum over axes of what counts. ``of`` [...] -> [... without over]; ``slots`` is the same as ``present``."""

    block: Literal["sum"]
    phrase: ClassVar[str] = "sum of {of} over {over}[ where {where}][, counting {count}]"

    def compute(self, run: Run, *, of: Any, where: Any = None) -> Any:
        dims, allowed = run.dims("of", self._over(run.node)), self._allowed(run, where)
        return (of if allowed is None else of.masked_fill(~allowed, 0.0)).sum(dims)
