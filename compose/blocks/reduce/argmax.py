"""Blocks ``argmax``, ``max`` and ``min``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site


class _Best(Block):
    block: str
    of: Annotated[Port, "..."]
    """What is compared."""
    where: Annotated[Port | None, "bool ..."] = None
    """Only these may win; all if left out."""
    over: AxisName
    """The axis that is searched."""

    searches: ClassVar[dict[str, str]] = {"of": "where"}
    bounds: ClassVar[dict[str, str]] = {"of": "where"}
    steps_in: ClassVar[tuple[str, int]] = ("where", 0)

    def _over(self, site: Site) -> str:
        over = site.axis(self.over, "of")
        if site.size(over) == 0:
            site.fail("over", f"'{over}' has no rows in this environment, so there is none to choose")
        return over

    def _candidates(self, run: Run, of: Any, where: Any) -> Any:
        return of if where is None or where is True else of.masked_fill(~where, -1e30)


class Argmax(_Best):
    """Where the largest allowed element stands: ``of`` [...] -> int [... without over]; 0 if nothing is allowed."""

    block: Literal["argmax"]
    phrase: ClassVar[str] = "the {over} of the largest {of}[ where {where}]"

    def infer(self, site: Site) -> dict[str, Type]:
        over = self._over(site)
        return {"": Type(site.type("of").axes, "int", counts=over.rstrip("'")).without([over])}

    def orders(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"),)

    def compute(self, run: Run, *, of: Any, where: Any = None) -> Any:
        (dim,) = run.dims("of", (run.node.axis(self.over, "of"),))
        return self._candidates(run, of, where).argmax(dim)


class Max(_Best):
    """The largest allowed element: ``of`` [...] -> [... without over]; -1e30 if nothing is allowed."""

    block: Literal["max"]
    phrase: ClassVar[str] = "the largest {of} over {over}[ where {where}]"
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        of = site.type("of")
        return {"": Type(of.axes, sign="any").without([self._over(site)])}

    def compute(self, run: Run, *, of: Any, where: Any = None) -> Any:
        (dim,) = run.dims("of", (run.node.axis(self.over, "of"),))
        return self._candidates(run, of, where).amax(dim)


class Min(_Best):
    """The smallest allowed element: ``of`` [...] -> [... without over]; 1e30 if nothing is allowed."""

    block: Literal["min"]
    phrase: ClassVar[str] = "the smallest {of} over {over}[ where {where}]"
    searches: ClassVar[dict[str, str]] = {}
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        of = site.type("of")
        return {"": Type(of.axes, sign=of.sign).without([self._over(site)])}

    def compute(self, run: Run, *, of: Any, where: Any = None) -> Any:
        (dim,) = run.dims("of", (run.node.axis(self.over, "of"),))
        return (of if where is None or where is True else of.masked_fill(~where, 1e30)).amin(dim)
