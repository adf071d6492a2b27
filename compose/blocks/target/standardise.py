"""Block ``standardise``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.target.standardised import Steps, every_step, moments
from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site, Statistic
from compose.language.values import Expr


class Standardise(Block):
    """Standardised by everything that batches have held: ``y = (x - mean) / sqrt(variance)``, without gradient.

    ``of`` [batch time] -> [batch time]. Before every update the batch's own number n, mean m and unbiased variance v
    join what was seen, of number N (1e-4 at first), mean M (0) and variance V (1):
    ``V' = (V N + v n + (m - M)^2 N n / (N + n)) / (N + n)``, ``M' = M + (m - M) n / (N + n)``, ``N' = N + n`` (Chan et
    al. 1983); the batch is standardised by these. Running rewards of EPyMARL.
    """

    block: Literal["standardise"]
    kin: ClassVar[tuple[str, ...]] = ("running_mean_std", "normalize_reward", "standardize", "reward_norm")
    phrase: ClassVar[str] = "{of}, standardised by all that batches have held"
    of: Annotated[Port, "..."]
    """x, a reward."""
    where: Annotated[Port, "bool batch time"] = Expr("env.steps")
    """What of x counts."""
    steps: Steps = "taken"
    """Also steps that an episode of the batch does not have, as zeros: ``stored``."""

    stopped: ClassVar[bool] = True
    late: ClassVar[tuple[str, ...]] = ("where",)
    monotone: ClassVar[dict[str, int]] = {"of": 1}
    watches: ClassVar[Literal["collection", "update"]] = "update"

    def infer(self, site: Site) -> dict[str, Type]:
        every_step(site, "of")
        return super().infer(site)

    def statistics(self, site: Site) -> dict[str, Statistic]:
        return {"number": Statistic((), 1e-4), "mean": Statistic(()), "variance": Statistic((), 1.0)}

    def compute(self, run: Run, *, of: Any) -> Any:
        return ((of - run.statistic("mean")) / run.statistic("variance").sqrt()).detach()

    def observe(self, run: Run, *, of: Any, where: Any) -> dict[str, Any]:
        number, mean, variance = moments(of, where, self.steps)
        before, old = run.statistic("number"), run.statistic("mean")
        total, apart = before + number, mean - old
        squares = run.statistic("variance") * before + variance * number + apart.square() * before * number / total
        return {"number": total, "mean": old + apart * number / total, "variance": squares / total}
