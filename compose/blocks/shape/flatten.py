"""Block ``flatten``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.graph.align import align
from compose.language.axes import Axes, Type
from compose.language.block import Block, Over, Port
from compose.language.operation import Kept, Run, Site


class Flatten(Block):
    """Several axes as one width, in row-major order: what a network without structure reads.

    ``of`` [... with axes] -> [... product], e.g. (batch time agent action) -> (batch time agent*action). Absent rows
    count as zeros. The result depends on the order and the number of slots, so nothing after it is permutation
    invariant.
    """

    block: Literal["flatten"]
    phrase: ClassVar[str] = "{of} with {axes} laid flat"
    of: Annotated[Port, "..."]
    """What is flattened."""
    axes: Over
    """The axes that become one, slowest first."""

    aligned: ClassVar[bool] = False
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def _flat(self, site: Site) -> Axes:
        axes = tuple(site.axis(a, "of") for a in self.axes)
        fixed = next((a for a in axes if a in ("batch", "time")), None)
        if fixed:
            site.fail("axes", f"'{fixed}' cannot be flattened")
        twice = next((a for a in axes if axes.count(a) > 1), None)
        if twice:
            site.fail("axes", f"axis '{twice}' stands twice")
        return axes

    def infer(self, site: Site) -> dict[str, Type]:
        of, flat = site.type("of"), self._flat(site)
        return {"": Type((*of.without(flat).axes, self._width(flat)), sign=of.sign)}

    def _width(self, flat: Axes) -> str:
        parts = [a if a.isidentifier() else f"({a})" for a in (a.rstrip("'") for a in flat)]
        return flat[0] if len(flat) == 1 else "*".join(parts)

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, site.type("of").without(self._flat(site)).axes, output)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return tuple(("of", a) for a in self._flat(site))

    def orders(self, site: Site) -> Axes:
        return (*self._flat(site), self._width(self._flat(site)))

    def compute(self, run: Run, *, of: Any) -> Any:
        kind, flat = run.node.type("of"), self._flat(run.node)
        axes = (*kind.without(flat).axes, *flat)
        x = align(of, kind.axes, axes)
        for axis in flat:
            present = run.present("of", axis, axes)
            if present is not None:
                x = x.masked_fill(~present, 0.0)
        return x.flatten(-len(flat))
