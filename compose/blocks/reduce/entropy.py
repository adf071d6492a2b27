"""Blocks ``entropy`` and ``kl``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site

TINY = 1e-30
"""Below this a probability counts as this, inside the logarithm only; keeps values and gradients finite."""


class _Distribution(Block):
    block: str
    of: Annotated[Port, "..."]
    """p, probabilities (a softmax)."""
    over: AxisName
    """The axis of outcomes."""

    nonneg: ClassVar[tuple[str, ...]] = ("of",)

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(site.bound["..."]).without([site.axis(self.over, "of")])}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.axis(self.over, "of")),)

    def _total(self, run: Run, terms: Any) -> Any:
        axis = run.node.axis(self.over, "of")
        (dim,), present = run.dims("of", (axis,)), run.present("of", axis)
        return (terms if present is None else terms.masked_fill(~present, 0.0)).sum(dim)


class Entropy(_Distribution):
    """The entropy of a distribution in nats: ``-sum_k p_k log p_k``, with 0 log 0 = 0.

    ``of`` nonneg [...] -> [... without over]. Absent outcomes add nothing.
    """

    block: Literal["entropy"]
    phrase: ClassVar[str] = "entropy of {of} over {over}"

    def compute(self, run: Run, *, of: Any) -> Any:
        return self._total(run, -of * of.clamp(min=TINY).log())


class Kl(_Distribution):
    """The Kullback-Leibler divergence in nats: ``sum_k p_k (log p_k - log r_k)``, with 0 log 0 = 0.

    ``of`` (p) and ``to`` (r) nonneg [...] -> their joint axes without ``over``. Absent outcomes add nothing.
    """

    block: Literal["kl"]
    phrase: ClassVar[str] = "KL divergence over {over} of {of} from {to}"
    to: Annotated[Port, "..."]
    """r, the distribution compared with."""

    nonneg: ClassVar[tuple[str, ...]] = ("of", "to")

    def infer(self, site: Site) -> dict[str, Type]:
        site.axis(self.over, "to")
        return super().infer(site)

    def compute(self, run: Run, *, of: Any, to: Any) -> Any:
        return self._total(run, of * (of.clamp(min=TINY).log() - to.clamp(min=TINY).log()))
