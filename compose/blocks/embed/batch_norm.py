"""Block ``batch_norm``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Axes, Type
from compose.language.block import Block, Over, Port
from compose.language.operation import Count, Run, Site, Weight


class BatchNorm(Block):
    """Batch normalisation by the statistics of the batch itself: ``y = g (x - mean) / sqrt(var + eps) + b``.

    ``of`` [... In] -> [... In] (Ioffe and Szegedy 2015). Mean and (biased) variance of every number of ``In`` are
    taken over ``over``, for each index of all other axes: of one time step over the agents of all episodes, say. They
    are those of the batch wherever it is used, in target networks and while acting too; running means are not kept. So
    what an agent does depends on others and on the episodes beside its own: no method that acts on it is decentralised.

    ``present``: absent rows and steps that were not played count nowhere; ``slots``: as rows of zeros; ``all``: with
    their content. A single row, or none that counts, gives b.
    """

    block: Literal["batch_norm"]
    phrase: ClassVar[str] = "batch norm of {of} over {over}[ where {where}][, counting {count}]"
    kin: ClassVar[tuple[str, ...]] = ("batchnorm", "batchnorm1d", "bn")
    of: Annotated[Port, "... In"]
    """What is normalised."""
    where: Annotated[Port | None, "bool ..."] = None
    """Only these rows count; all if left out."""
    over: Over = Field(default=("batch", "agent"))
    """The axes of the rows; not ``time``, since an agent acts before later steps are known."""
    eps: Annotated[float, Field(gt=0)] = 1e-5
    """Keeps the division finite."""
    count: Literal["present", "slots", "all"] = "present"
    """What counts: rows that are present; all slots, absent rows as zeros; all rows with their content."""

    returns = "... In"

    def _over(self, site: Site) -> Axes:
        over = tuple(site.axis(a, "of") for a in self.over)
        wrong = next((a for a in over if a == "time" or a in site.bound["In"]), None)
        if wrong:
            site.fail("over", f"'{wrong}' cannot be averaged over: statistics are of every number, step by step")
        return over

    def infer(self, site: Site) -> dict[str, Type]:
        self._over(site)
        return super().infer(site)

    def learned(self, site: Site) -> dict[str, Weight]:
        return {"gain": Weight(site.bound["In"], "ones"), "bias": Weight(site.bound["In"], "zeros")}

    def mixes(self, site: Site) -> Axes:
        return self._over(site)

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return tuple(("of", a) for a in self._over(site) if a != "batch") if self.count != "all" else ()

    def counts(self) -> Count:
        return self.count

    def compute(self, run: Run, *, of: Any, where: Any = None) -> Any:
        import torch

        over, told = self._over(run.node), None if where is None or where is True else where.unsqueeze(-1)
        dims, allowed = run.dims("of", over), told
        for _, axis in self.counted(run.node):
            present = run.present("of", axis)
            if present is not None:
                allowed = present if allowed is None else allowed & present
        x = of if allowed is None else of.masked_fill(~allowed, 0.0)
        rows = told if self.count == "slots" else allowed
        shares = None
        if rows is not None:
            shares = torch.broadcast_tensors(rows, x)[0].to(of.dtype)  # type: ignore[no-untyped-call]
        number = None if shares is None else shares.sum(dims, keepdim=True).clamp(min=1)

        def mean(y: Any) -> Any:
            return y.mean(dims, keepdim=True) if number is None else (y * shares).sum(dims, keepdim=True) / number

        centred = x - mean(x)
        scaled = centred / (mean(centred**2) + self.eps) ** 0.5
        return scaled * run.weight("gain") + run.weight("bias")
