"""Block ``unflatten``."""

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, OneOrMore, Port, Size
from compose.language.operation import Kept, Run, Site


class Unflatten(Block):
    """One width as several axes, in row-major order: the reverse of ``flatten``.

    ``of`` [... axis ...] -> [... into ...], the new axes last, e.g. what a flat observation says of every unit,
    (batch time agent unit*trait) -> (batch time agent unit trait). Together they are as long as ``axis``.
    """

    block: Literal["unflatten"]
    phrase: ClassVar[str] = "{of} with {axis} as {into}"
    kin: ClassVar[tuple[str, ...]] = ("reshape", "view", "unfold")
    of: Annotated[Port, "any ..."]
    """What is taken apart."""
    axis: AxisName
    """The axis that is divided."""
    into: Annotated[tuple[Size, ...], OneOrMore]
    """The axes it becomes, slowest first."""

    aligned: ClassVar[bool] = False
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def _axes(self, site: Site) -> tuple[str, Axes]:
        return site.axis(self.axis, "of"), site.axes(*self.into)

    def infer(self, site: Site) -> dict[str, Type]:
        of, (axis, into) = site.type("of"), self._axes(site)
        left = of.without([axis])
        if axis in ("batch", "time") or site.has_presence(axis):
            site.fail("axis", f"'{axis}' cannot be taken apart")
        for i, new in enumerate(into):
            if new in left.axes or new in into[:i]:
                site.fail(f"into.{i}", f"axis '{new}' stands twice")
        have, sizes = site.size(axis), [site.size(a) for a in into]
        known = [s for s in sizes if s is not None]
        if have is not None and len(known) == len(sizes) and have != prod(known):
            site.fail("into", f"'{axis}' is {have} long; {' * '.join(into)} are {prod(known)}")
        return {"": replace(of, axes=(*left.axes, *into))}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, site.type("of").without([self._axes(site)[0]]).axes, output)

    def orders(self, site: Site) -> Axes:
        axis, into = self._axes(site)
        return (axis, *into)

    def compute(self, run: Run, *, of: Any) -> Any:
        axis, into = self._axes(run.node)
        rows = of.movedim(run.node.type("of").axes.index(axis), -1)
        return rows.unflatten(-1, tuple(run.size(a) for a in into)) if into else rows.squeeze(-1)
