"""Block ``layer_norm``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Axes
from compose.language.block import Block, Port
from compose.language.operation import Run, Site, Weight


class LayerNorm(Block):
    """Layer normalisation of the last axis (Ba et al. 2016): ``y = g (x - mean) / sqrt(var + eps) + b``.

    ``of`` [... In] -> [... In]; the variance is the biased one, as in torch.
    """

    block: Literal["layer_norm"]
    phrase: ClassVar[str] = "layer norm of {of}"
    kin: ClassVar[tuple[str, ...]] = ("layernorm", "norm")
    of: Annotated[Port, "... In"]
    """What is normalised."""
    eps: Annotated[float, Field(gt=0)] = 1e-5
    """Keeps the division finite."""

    returns = "... In"

    def learned(self, site: Site) -> dict[str, Weight]:
        return {"gain": Weight(site.bound["In"], "ones"), "bias": Weight(site.bound["In"], "zeros")}

    def mixes(self, site: Site) -> Axes:
        return site.bound["In"]

    def compute(self, run: Run, *, of: Any) -> Any:
        from torch.nn import functional as F

        width = run.size(run.node.bound["In"][0])
        return F.layer_norm(of, [width], run.weight("gain"), run.weight("bias"), self.eps)
