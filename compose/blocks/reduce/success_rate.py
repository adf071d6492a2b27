"""Block ``success_rate``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site, Statistic


class SuccessRate(Block):
    """How often episodes of the same task have succeeded in training so far: ``c = successes / episodes``, 0 for none.

    ``of`` bool [batch], ``by`` int [batch] -> nonneg [batch]: the rate of each episode's task, without gradient. Every
    collected episode counts, exploration included. What it remembers, ``rate`` and ``episodes`` for each task, changes
    after collection only; a batch from the replay reads it as it stands.

    Prioritized Tasks Mining (AAMAS 2023), Eq. 3.
    """

    block: Literal["success_rate"]
    of: Annotated[Port, "bool batch"]
    """Did the episode succeed?"""
    by: Annotated[Port, "int batch"]
    """Its task."""
    forget: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Every new episode of a task multiplies the weight of its older ones by 1 - forget; 0: all count the same."""

    returns: ClassVar[str] = "batch"
    stopped: ClassVar[bool] = True

    def infer(self, site: Site) -> dict[str, Type]:
        site.indexes("by", "task")
        return super().infer(site)

    def statistics(self, site: Site) -> dict[str, Statistic]:
        return {"rate": Statistic(("task",)), "episodes": Statistic(("task",))}

    def compute(self, run: Run, *, of: Any, by: Any) -> Any:
        return run.statistic("rate")[by]

    def observe(self, run: Run, *, of: Any, by: Any) -> dict[str, Any]:
        rate, before = run.statistic("rate"), run.statistic("episodes")
        count = before.new_zeros(before.shape).index_add(0, by, of.new_ones(of.shape, dtype=before.dtype))
        won = before.new_zeros(before.shape).index_add(0, by, of.to(before.dtype))
        old = before * (1 - self.forget) ** count
        return {"rate": (rate * old + won) / (old + count).clamp(min=1e-30), "episodes": old + count}
