"""Block ``standardise_batch``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import PositiveFloat

from compose.blocks.target.standardised import Steps, every_step, moments
from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site
from compose.language.values import Expr


class StandardiseBatch(Block):
    """Standardised by the batch that it is in: ``y = (x - mean) / (deviation + eps)``, without gradient.

    ``of`` [batch time], ``where`` bool [batch time] -> [batch time], 0 where not. Mean and (unbiased) deviation are
    those where ``where``; nothing is remembered. Rewards of MARLlib.
    """

    block: Literal["standardise_batch"]
    kin: ClassVar[tuple[str, ...]] = ("whiten", "batch_norm", "normalize_batch")
    phrase: ClassVar[str] = "{of}, standardised by its batch"
    of: Annotated[Port, "batch time"]
    """x, a reward or an advantage."""
    where: Annotated[Port, "bool batch time"] = Expr("env.steps")
    """What of x counts."""
    steps: Steps = "taken"
    """Also steps that an episode of the batch does not have, as zeros: ``stored``."""
    eps: PositiveFloat = 1e-5
    """Added to the denominator."""

    returns: ClassVar[str] = "batch time"
    stopped: ClassVar[bool] = True
    steps_in: ClassVar[tuple[str, int]] = ("where", 0)

    def infer(self, site: Site) -> dict[str, Type]:
        every_step(site, "of")
        return super().infer(site)

    def mixes(self, site: Site) -> Axes:
        return ("batch", "time")

    def compute(self, run: Run, *, of: Any, where: Any) -> Any:
        _, mean, variance = moments(of, where, self.steps)
        return ((of - mean) / (variance.sqrt() + self.eps)).masked_fill(~where, 0.0).detach()
