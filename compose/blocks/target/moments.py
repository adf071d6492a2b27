"""Block ``moments``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Rewrites, Run, Site, Statistic
from compose.language.values import Expr


class Moments(Block):
    """Running mean and scale of a value, for every task; outputs as they stood after the last update's look.

    ``by`` int [batch] -> ``mean`` [batch], ``scale`` nonneg [batch], without gradient. Before every update, for every
    task k = ``by`` in its batch, with E the mean of y = ``of`` where ``where``:
    ``mean_k += rate (E[y] - mean_k)``, ``square_k += rate (E[y^2] - square_k)``,
    ``scale_k = sqrt(clip(square_k - mean_k^2, low^2, high^2))``; mean 0 and square 1 at first. With ``debias`` they
    begin as nothing: mean and square are those of what was seen, divided by the weight that it has by now (as Adam's);
    with a small rate, of all that was seen. ``of`` [batch time] or [batch time agent].

    ``rescales`` names an `affine` node, whose scale a and shift b, online and lagged, are then rewritten, so that
    ``scale_k n + mean_k`` of its result n stays what it was:
    ``a' = a scale/scale'``, ``b' = (scale b + mean - mean')/scale'``.
    What is observed (``of``, ``where``) may depend on this node's own outputs: they are those of before.

    PopArt (Hessel et al. 2019, Eq. 4-11) for each task. An optimizer's own statistics of a and b are left alone.
    """

    block: Literal["moments"]
    kin: ClassVar[tuple[str, ...]] = ("popart", "normalise", "normalize")
    phrase: ClassVar[str] = "running mean and scale of {of}, by {by}[, keeping what {rescales} gives]"
    by: Annotated[Port, "int batch"]
    """k, the task."""
    of: Annotated[Port, "batch time agent?"]
    """y; looked at before every update, and not read otherwise."""
    where: Annotated[Port, "bool batch time agent?"] = Expr("env.steps")
    """What of y counts; absent agents do unless it says."""
    rescales: Annotated[Port | None, "..."] = None
    """The `affine` node whose result these moments scale back."""
    rate: Annotated[float, Field(gt=0, le=1)] = 3e-4
    """Of the running means."""
    low: Annotated[float, Field(gt=0)] = 1e-4
    """The least scale."""
    high: Annotated[float, Field(gt=0)] = 1e6
    """The largest."""
    debias: bool = False
    """Do the first batches count in full, not as a correction of mean 0 and square 1?"""

    late: ClassVar[tuple[str, ...]] = ("of", "where", "rescales")
    rewrites: ClassVar[Rewrites] = Rewrites("rescales", ("scale", "shift"))
    watches: ClassVar[Literal["collection", "update"]] = "update"
    stopped: ClassVar[bool] = True

    def infer(self, site: Site) -> dict[str, Type]:
        site.indexes("by", "task")
        if self.low > self.high:
            site.fail("low", f"the least scale ({self.low:g}) is above the largest ({self.high:g})")
        return {"mean": Type(("batch",)), "scale": Type(("batch",), sign="nonneg")}

    def statistics(self, site: Site) -> dict[str, Statistic]:
        kept = {"mean": Statistic(("task",)), "square": Statistic(("task",), float(not self.debias))}
        return kept | ({"seen": Statistic(("task",))} if self.debias else {})

    def compute(self, run: Run, *, by: Any) -> Any:
        mean, scale = self._scaled({name: run.statistic(name) for name in self.statistics(run.node)})
        return {"mean": mean[by], "scale": scale[by]}

    def _scaled(self, kept: dict[str, Any]) -> tuple[Any, Any]:
        if not self.debias:
            mean, square = kept["mean"], kept["square"]
        else:  # before anything was seen 0 and 1
            new, weight = kept["seen"] == 0, kept["seen"].clamp(min=self.rate)
            mean, square = kept["mean"] / weight, (kept["square"] / weight).masked_fill(new, 1.0)
        variance = square - mean**2
        return mean, variance.clamp(self.low**2, self.high**2).sqrt()

    def observe(self, run: Run, *, by: Any, of: Any, where: Any) -> dict[str, Any]:
        import torch

        found, before = {}, run.statistic("mean")
        of, where = torch.broadcast_tensors(of.to(before.dtype), where)  # type: ignore[no-untyped-call]
        numbers = where.flatten(1).sum(1).to(of.dtype)
        count = before.new_zeros(before.shape).index_add(0, by, numbers)
        seen = {"seen": of * 0 + 1} if self.debias else {}
        for name, x in {"mean": of, "square": of**2, **seen}.items():
            old = run.statistic(name)
            total = old.new_zeros(old.shape).index_add(0, by, x.masked_fill(~where, 0.0).flatten(1).sum(1))
            found[name] = old + self.rate * (total / count.clamp(min=1) - old) * (count > 0)
        return found

    def rewritten(self, old: dict[str, Any], new: dict[str, Any], weights: dict[str, Any]) -> dict[str, Any]:
        """Scale and shift of the `affine` node under new statistics."""
        (mean, scale), (now, larger) = self._scaled(old), self._scaled(new)
        return {"scale": weights["scale"] * scale / larger, "shift": (scale * weights["shift"] + mean - now) / larger}
