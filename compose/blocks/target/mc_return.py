"""Block ``mc_return``."""

from math import inf
from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.target.discounted import discounted
from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site
from compose.language.values import Expr


class McReturn(Block):
    """The Monte-Carlo return ``R_t = sum_{s >= t} discount^(s - t) r_s``, without gradient.

    ``reward`` [batch time ...], ``where`` bool [batch time] -> [batch time ...]. The sum ends with the episode, also
    where the time limit ended it: nothing is bootstrapped.
    """

    block: Literal["mc_return"]
    reward: Annotated[Port, "..."]
    """r"""
    where: Annotated[Port, "bool ..."] = Expr("env.steps")
    """The steps that count: those that were taken."""
    discount: Annotated[Port, "..."] = Expr("0.99")
    """gamma, one number."""

    stopped: ClassVar[bool] = True
    ahead: ClassVar[float] = inf

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": of_episodes(site, "reward")}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def compute(self, run: Run, *, reward: Any, where: Any, discount: Any) -> Any:
        return discounted(reward.masked_fill(~where, 0.0), discount).detach()


def of_episodes(site: Site, port: str) -> Type:
    """The type of something that every step of an episode has; discount and lambda must be single numbers."""
    if site.bound["..."][:2] != ("batch", "time"):
        site.fail(port, f"expected axes 'batch' and 'time', got {site.type(port)}")
    for number in {"discount", "trace"} & set(site.types):
        if site.type(number).axes:
            site.fail(number, f"expected one number, got {site.type(number)}")
    return Type(site.bound["..."])
