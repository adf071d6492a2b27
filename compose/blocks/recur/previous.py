"""Block ``previous``."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from compose.graph.structure import shift
from compose.language.axes import Axes, Type, join
from compose.language.block import Block, Port
from compose.language.operation import Run, Site
from compose.language.values import AxesText


class Previous(Block):
    """The value of ``of`` one step earlier, ``start`` at the first step. The only block that shifts back in time.

    ``of`` [...] -> [...]. A loop may run through it; it then states its ``axes``, since they cannot be inferred.
    """

    block: Literal["previous"]
    phrase: ClassVar[str] = "{of} one step earlier[, {start} at first]"
    kin: ClassVar[tuple[str, ...]] = ("rnn", "recurrent", "delay", "lag", "shift", "memory")
    of: Annotated[Port, "..."]
    """What is delayed."""
    start: float = 0.0
    """The value before the first step."""
    axes: AxesText | None = None
    """Axes of the result; needed only in a loop."""

    delayed: ClassVar[bool] = True
    ahead: ClassVar[float] = 0
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        kind = Type(join(self.axes.split())) if self.axes is not None else site.type("of")
        if "time" not in kind.axes:
            site.fail("of", f"a delay needs an axis 'time', got {kind}")
        return {"": kind if self.start >= 0 else replace(kind, sign="any")}

    def carries(self, site: Site) -> dict[str, Type]:
        return {"previous": self.infer(site)[""].without(["time"])}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def compute(self, run: Run, *, of: Any) -> Any:
        return shift(run, of, run.node.type("of").axes.index("time"), self.start)
