"""Block ``rename``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Kept, Run, Site


class Rename(Block):
    """The same numbers with one axis under another name: ``agent'`` for the second of a pair (ROMA's pairs of roles).

    ``of`` [... axis ...] -> [... to ...]. A name that is not the primed old one must be as long; presence goes along.
    """

    block: Literal["rename"]
    phrase: ClassVar[str] = "{of} with {axis} called {to}"
    of: Annotated[Port, "any ..."]
    """Any tensor."""
    axis: AxisName
    """The axis that is renamed."""
    to: AxisName
    """Its new name."""

    aligned: ClassVar[bool] = False
    passes_masks: ClassVar[bool] = True
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        axis, of = site.axis(self.axis, "of"), site.type("of")
        if axis in ("batch", "time") or self.to in ("batch", "time"):
            site.fail("axis", "'batch' and 'time' keep their names")
        if self.to in of.axes:
            site.fail("to", f"{of} already has an axis '{self.to}'")
        if self.to.rstrip("'") != axis.rstrip("'"):
            site.join(self.to, (axis,))
        return {"": of.renamed(axis, self.to)}

    def renames(self, site: Site) -> dict[str, str]:
        return {site.axis(self.axis, "of"): self.to}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, site.type("of").axes, output)

    def compute(self, run: Run, *, of: Any) -> Any:
        return of
