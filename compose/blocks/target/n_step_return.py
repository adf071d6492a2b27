"""Block ``n_step_return``."""

from collections.abc import Mapping
from math import inf
from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.target.discounted import discounted, errors
from compose.blocks.target.mc_return import of_episodes
from compose.blocks.target.standardised import Steps
from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site
from compose.language.quantities import Count
from compose.language.values import Expr


class NStepReturn(Block):
    """The n-step return (Sutton & Barto 2018, section 7.1), without gradient.

    ``G_t = r_t + discount r_{t+1} + ... + discount^(n-1) r_{t+n-1} + discount^n value_{t+n}``; an episode that stops
    before gives its rewards up to there and the ``value`` of the state in which it stopped, unless it terminated. 1
    step gives `td_target`. ``value`` [batch time ...], ``reward``, ``terminated`` and ``where`` [batch time] ->
    [batch time ...]; at steps that were not taken it is the value.

    ``steps: stored`` as EPyMARL: all run to the last step of the longest episode; rewards of steps that were not taken
    are 0, and so are values that stand there, but for that of the last state, which counts even if it terminated.
    """

    block: Literal["n_step_return"]
    kin: ClassVar[tuple[str, ...]] = ("nstep_return", "multi_step", "n_step")
    value: Annotated[Port, "..."]
    """What a state is worth, at every step."""
    reward: Annotated[Port, "..."]
    """r"""
    terminated: Annotated[Port, "bool ..."]
    """True where the transition ended the episode for good."""
    n: Count
    """So many rewards."""
    where: Annotated[Port, "bool ..."] = Expr("env.steps")
    """The steps that count: those that were taken."""
    discount: Annotated[Port, "..."] = Expr("0.99")
    """gamma, one number."""
    steps: Steps = "taken"
    """How far: to the end of each episode, or to that of the longest of the batch (``stored``)."""

    stopped: ClassVar[bool] = True
    within: ClassVar[Mapping[str, tuple[float, float]]] = {"discount": (0.0, 1.0)}
    ahead: ClassVar[float] = inf

    @property
    def steps_in(self) -> tuple[str, int] | None:  # type: ignore[override]
        """Nothing keeps what runs on within the steps of an episode."""
        return ("where", 1) if self.steps == "taken" else None

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": of_episodes(site, "value")}

    def mixes(self, site: Site) -> Axes:
        return ("time",) if self.steps == "taken" else ("batch", "time")

    def compute(self, run: Run, *, value: Any, reward: Any, terminated: Any, where: Any, discount: Any) -> Any:
        if self.steps == "stored":
            nothing = value.new_zeros(value.shape)
            where, reward = where | nothing.bool(), reward + nothing
            last = where.sum(1, keepdim=True).amax(0, keepdim=True)
            clock = where.new_ones(where.shape).cumsum(1) - 1
            value = value.masked_fill(~(where | (clock == last)), 0.0)
            reward, terminated, where = reward.masked_fill(~where, 0.0), terminated & False, clock < last
        error = errors(value, reward, terminated, discount)
        return (value + discounted(error.masked_fill(~where, 0.0), discount, self.n)).detach()
