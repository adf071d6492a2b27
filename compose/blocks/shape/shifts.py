"""Block ``shifts``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Kept, Run, Site


class Shifts(Block):
    """Every row beside all rows, one turn after the other: ``y[.., i, k, ..] = x[.., (i + k + 1) mod N, ..]``.

    ``of`` [... over ...] -> [... over as ...], both N long; the last turn gives every row itself. The ordered pairs
    of agents as ROMA's released code forms them. Absent rows are among them.
    """

    block: Literal["shifts"]
    phrase: ClassVar[str] = "{of}, its rows of {over} shifted by one to all, along {as}"
    kin: ClassVar[tuple[str, ...]] = ("roll", "cyclic")
    of: Annotated[Port, "..."]
    """x"""
    over: AxisName
    """The axis whose rows move."""
    as_: AxisName = Field(alias="as")
    """The axis of the turns, as long as ``over``."""

    aligned: ClassVar[bool] = False
    moves: ClassVar[bool] = True
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        of, over = site.type("of"), site.axis(self.over, "of")
        if over in ("batch", "time"):
            site.fail("over", f"rows of '{over}' cannot be shifted")
        if self.as_ in of.axes:
            site.fail("as_", f"{of} already has an axis '{self.as_}'")
        if site.size(self.as_) != site.size(over):
            site.fail("as_", f"'{self.as_}' has {site.size(self.as_)} rows, '{over}' has {site.size(over)}")
        dim = of.axes.index(over) + 1
        return {"": Type((*of.axes[:dim], self.as_, *of.axes[dim:]), of.dtype, of.sign)}

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"),)

    def orders(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"), self.as_)

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, site.type("of").axes, output)

    def compute(self, run: Run, *, of: Any) -> Any:
        import torch

        dim, rows = run.node.type("of").axes.index(run.node.axis(self.over, "of")), run.size(self.as_)
        return torch.stack([of.roll(-turn - 1, dim) for turn in range(rows)], dim + 1)
