"""Block ``lambda_return``."""

from collections.abc import Mapping
from math import inf
from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.target.discounted import discounted, errors
from compose.blocks.target.mc_return import of_episodes
from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site
from compose.language.values import Expr


class LambdaReturn(Block):
    """The lambda-return (Sutton & Barto 2018, section 12.1), without gradient.

    ``G_t = r_t + discount (1 - terminated_t) ((1 - trace) value_{t+1} + trace G_{t+1})``, where ``G`` of the state in
    which the episode stopped is its ``value`` (truncated episodes bootstrap). ``trace`` is lambda: 0 gives `td_target`,
    1 the `mc_return` of a terminated episode. ``value`` [batch time ...], ``reward``, ``terminated`` and ``where``
    [batch time] -> [batch time ...]; at steps that were not taken it is the value.
    """

    block: Literal["lambda_return"]
    kin: ClassVar[tuple[str, ...]] = ("td_lambda", "gae")
    value: Annotated[Port, "..."]
    """What a state is worth, at every step."""
    reward: Annotated[Port, "..."]
    """r"""
    terminated: Annotated[Port, "bool ..."]
    """True where the transition ended the episode for good."""
    where: Annotated[Port, "bool ..."] = Expr("env.steps")
    """The steps that count: those that were taken."""
    discount: Annotated[Port, "..."] = Expr("0.99")
    """gamma, one number."""
    trace: Annotated[Port, "..."] = Expr("0.8")
    """lambda, one number."""

    stopped: ClassVar[bool] = True
    within: ClassVar[Mapping[str, tuple[float, float]]] = {"discount": (0.0, 1.0), "trace": (0.0, 1.0)}
    ahead: ClassVar[float] = inf
    steps_in: ClassVar[tuple[str, int]] = ("where", 1)

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": of_episodes(site, "value")}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def compute(self, run: Run, *, value: Any, reward: Any, terminated: Any, where: Any, discount: Any,
                trace: Any) -> Any:
        error = errors(value, reward, terminated, discount)
        return (value + discounted(error.masked_fill(~where, 0.0), discount * trace)).detach()
