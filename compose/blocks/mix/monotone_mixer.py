"""Block ``monotone_mixer``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.activation import Activation, activate
from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site


class MonotoneMixer(Block):
    """Two layers of generated weights, monotone in every factor (QMIX, Rashid et al. 2018).

    ``Q_tot = f(q w1 + b1) . w2 + v`` with w1, w2 >= 0 (sign types demand it). ``factors`` [... Factor],
    ``w1`` [... Factor Mixing], ``b1``, ``w2`` [... Mixing], ``v`` [...] -> [...]. Absent factors add nothing.
    """

    block: Literal["monotone_mixer"]
    phrase: ClassVar[str] = "monotone mixing of {factors} in two layers: {w1} and {b1}, {activation}, {w2} and {v}"
    kin: ClassVar[tuple[str, ...]] = ("hypernetwork", "hypernet", "qmix", "mixer")
    factors: Annotated[Port, "... Factor"]
    """Utilities to mix (agents; 2n imagined ones in REFIL; sub-teams in VAST)."""
    w1: Annotated[Port, "... Factor Mixing"]
    """First layer, not negative."""
    b1: Annotated[Port, "... Mixing"]
    """Offset of the first layer."""
    w2: Annotated[Port, "... Mixing"]
    """Second layer, not negative."""
    v: Annotated[Port, "..."]
    """Offset of the result, V(s)."""
    activation: Activation = "elu"
    """f; all choices are monotone."""

    returns = "..."
    nonneg: ClassVar[tuple[str, ...]] = ("w1", "w2")
    monotone: ClassVar[dict[str, int]] = {"factors": 1, "b1": 1, "v": 1}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("factors", site.bound["Factor"][0]),)

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(site.bound["..."])}

    def compute(self, run: Run, *, factors: Any, w1: Any, b1: Any, w2: Any, v: Any) -> Any:
        present = run.present("factors", run.node.bound["Factor"][0])
        if present is not None:
            factors = factors.masked_fill(~present, 0.0)
        hidden = (factors.unsqueeze(-2) @ w1).squeeze(-2) + b1
        return (activate(self.activation, hidden) * w2).sum(-1) + v
