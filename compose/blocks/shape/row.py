"""Block ``row``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Kept, Run, Site


class Row(Block):
    """One row of an axis: ``y = x[.., index, ..]``, the first agent's, say.

    ``of`` [... over ...] -> [... ...]. A row that is absent gives zeros (False of a mask).
    """

    block: Literal["row"]
    phrase: ClassVar[str] = "row {index} of {of} along {over}"
    kin: ClassVar[tuple[str, ...]] = ("select", "index", "slice", "narrow")
    of: Annotated[Port, "any ..."]
    """What it is taken from."""
    over: AxisName
    """The axis, which goes."""
    index: Annotated[int, Field(ge=0)]
    """Which row, counting from 0."""

    aligned: ClassVar[bool] = False
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        over, of = site.axis(self.over, "of"), site.type("of")
        if over in ("batch", "time"):
            site.fail("over", f"'{over}' has no row of its own")
        rows = site.size(over)
        if rows is not None and self.index >= rows:
            site.fail("index", f"'{over}' has {rows} rows, counted from 0")
        return {"": of.without([over])}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.axis(self.over, "of")),)

    def orders(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"),)

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        over = site.axis(self.over, "of")
        return {**self.follow(site, site.type("of").without([over]).axes, output), over: (Kept(None, row=self.index),)}

    def compute(self, run: Run, *, of: Any) -> Any:
        over, axes = run.node.axis(self.over, "of"), run.node.type("of").axes
        present = run.present("of", over, axes)
        shown = of if present is None else of.masked_fill(~present, 0)
        return shown.select(axes.index(over), self.index)
