"""Block ``td_target``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site
from compose.language.values import Expr


class TdTarget(Block):
    """The one-step target ``y_t = r_t + discount (1 - terminated_t) value_{t+1}``, without gradient.

    ``value`` [batch time ...], ``reward`` and ``terminated`` [batch time] -> [batch time ...]. At the last stored step,
    which no transition leaves, it is the reward (``env.steps`` excludes it). A truncated episode is not terminated, so
    it bootstraps.
    """

    block: Literal["td_target"]
    phrase: ClassVar[str] = "{reward} + {discount} * the next {value}, up to {terminated}"
    value: Annotated[Port, "..."]
    """What the next state is worth, at every step."""
    reward: Annotated[Port, "..."]
    """r"""
    terminated: Annotated[Port, "bool ..."]
    """True where the transition ended the episode for good."""
    discount: Annotated[Port, "..."] = Expr("0.99")
    """gamma"""

    stopped: ClassVar[bool] = True
    ahead: ClassVar[float] = 1

    def infer(self, site: Site) -> dict[str, Type]:
        if site.bound["..."][:2] != ("batch", "time"):
            site.fail("value", f"expected axes 'batch' and 'time', got {site.type('value')}")
        if "time" not in site.type("value").axes:
            site.fail("value", f"the next step's value is wanted, so an axis 'time'; got {site.type('value')}")
        return {"": Type(site.bound["..."])}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def compute(self, run: Run, *, value: Any, reward: Any, terminated: Any, discount: Any) -> Any:
        import torch

        after = torch.cat([value.narrow(1, 1, value.shape[1] - 1), torch.zeros_like(value.narrow(1, 0, 1))], 1)
        return (reward + discount * after.masked_fill(terminated, 0.0)).detach()
