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

    ``of`` [batch time], or [batch time agent], and ``where`` bool of these axes -> as ``of``, 0 where not. Mean and
    (unbiased) deviation are those where ``where``, of agents that are present; nothing is remembered. Rewards of
    MARLlib, advantages of PPO.
    """

    block: Literal["standardise_batch"]
    kin: ClassVar[tuple[str, ...]] = ("whiten", "batch_norm", "normalize_batch")
    phrase: ClassVar[str] = "{of}, standardised by its batch"
    of: Annotated[Port, "batch time agent?"]
    """x, a reward or an advantage."""
    where: Annotated[Port, "bool batch time agent?"] = Expr("env.steps")
    """What of x counts."""
    steps: Steps = "taken"
    """Also steps that an episode of the batch does not have, as zeros: ``stored``."""
    eps: PositiveFloat = 1e-5
    """Added to the denominator."""

    stopped: ClassVar[bool] = True
    steps_in: ClassVar[tuple[str, int]] = ("where", 0)

    def infer(self, site: Site) -> dict[str, Type]:
        every_step(site, "of", agents=True)
        if more := set(site.type("where").axes) - set(site.type("of").axes):
            site.fail("where", f"{site.type('of')} has no axis '{more.pop()}'")
        return {"": Type(site.type("of").axes)}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", "agent"),) if "agent" in site.type("of").axes else ()

    def mixes(self, site: Site) -> Axes:
        return site.type("of").axes

    def in_parts(self, site: Site) -> bool:
        return self.steps == "taken"

    def compute(self, run: Run, *, of: Any, where: Any) -> Any:
        present = run.present("of", "agent")
        where = where if present is None else where & present
        rows = None if present is None else where.any(1).sum()
        _, mean, variance = moments(of, where, self.steps, run.everywhere, rows)
        found = ((of - mean) / (variance.sqrt() + self.eps)).masked_fill(~where, 0.0).detach()
        return found if "agent" in run.node.type("of").axes else found.squeeze(-1)
