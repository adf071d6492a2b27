"""Block ``expand``."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from compose.graph.align import align
from compose.language.axes import Axes, Type, join, leads
from compose.language.block import Block, Port, Size
from compose.language.operation import Kept, Run, Site


class Expand(Block):
    """The same numbers for every index of a new axis: every agent's own copy of the entities, say.

    ``of`` [...] -> [... with along], the new axis right after batch and time. Copies share memory.
    """

    block: Literal["expand"]
    phrase: ClassVar[str] = "{of}, repeated along {along}"
    kin: ClassVar[tuple[str, ...]] = ("broadcast", "repeat", "tile")
    of: Annotated[Port, "any ..."]
    """What is repeated."""
    along: Size
    """The new axis."""

    aligned: ClassVar[bool] = False
    passes_masks: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def _axes(self, site: Site) -> Axes:
        have, new = site.type("of").axes, site.axes(self.along)
        if len(new) != 1 or new[0] in have:
            site.fail("along", f"expected an axis that {site.type('of')} does not have, got '{self.along}'")
        return join([a for a in have if leads(a)], new, have)

    def infer(self, site: Site) -> dict[str, Type]:
        of = site.type("of")
        if not of.axes:
            site.fail("of", "a number needs no copies: it broadcasts")
        return {"": replace(of, axes=self._axes(site))}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, site.type("of").axes, output)

    def compute(self, run: Run, *, of: Any) -> Any:
        have, axes = run.node.type("of").axes, self._axes(run.node)
        return align(of, have, axes).expand([-1 if a in have else run.size(a) for a in axes])
