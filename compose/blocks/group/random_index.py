"""Block ``random_index``."""

from typing import Any, Literal

from compose.blocks.choose.uniform import uniform_over
from compose.language.axes import Axes, Type
from compose.language.block import Block, Size
from compose.language.operation import Run, Site


class RandomIndex(Block):
    """An index at random, the same for all agents: uniform on ``0 .. n - 1``.

    -> int [batch] with ``drawn: episode``, one for all steps of an episode, also while acting; int [batch time] with
    ``drawn: step``. At every update all are drawn anew: what an episode was played with, acting may `record`.
    """

    block: Literal["random_index"]
    into: Size
    """n, as the axis that is indexed."""
    drawn: Literal["step", "episode"] = "episode"
    """How long it holds."""

    def _axes(self) -> Axes:
        return ("batch",) if self.drawn == "episode" else ("batch", "time")

    def infer(self, site: Site) -> dict[str, Type]:
        (into,) = site.axes(self.into)
        return {"": Type(self._axes(), "int", counts=into.rstrip("'"))}

    def draws(self, site: Site) -> dict[str, Type]:
        return {"part": Type(self._axes())}

    def for_episodes(self) -> bool:
        return self.drawn == "episode"

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        return uniform_over(self._axes(), uniform, site)

    def compute(self, run: Run) -> Any:
        (into,) = run.node.axes(self.into)
        return (run.draw("part") * run.size(into)).long()
