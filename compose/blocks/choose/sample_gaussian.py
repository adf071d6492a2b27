"""Block ``sample_gaussian``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.choose.uniform import uniform_over
from compose.graph.align import align
from compose.language.axes import Axes, Type, join
from compose.language.block import Block, Port
from compose.language.operation import Run, Site


class SampleGaussian(Block):
    """A draw from a normal distribution: ``y = mean + sqrt(variance) n``, n from N(0, 1); gradients pass through both.

    ``mean`` [...], ``variance`` nonneg [...] -> [batch time ...]: every episode, step, row and number draws its own n,
    even where the distribution is the same for all; with ``drawn: episode`` the steps of an episode share them. A
    variance of 0 gives the mean, and an infinite gradient: keep it above (``maximum(variance, floor)``).
    Reparameterisation: Kingma and Welling 2014.
    """

    block: Literal["sample_gaussian"]
    phrase: ClassVar[str] = "draw from N({mean}, {variance})[, once an {drawn}]"
    kin: ClassVar[tuple[str, ...]] = ("gaussian", "normal", "reparameterize", "rsample", "noise")
    mean: Annotated[Port, "..."]
    """The mean."""
    variance: Annotated[Port, "..."]
    """The variance, not the deviation."""
    drawn: Literal["step", "episode"] = "step"
    """How long n holds: one step, or all steps of an episode. At every update all are drawn anew."""

    nonneg: ClassVar[tuple[str, ...]] = ("variance",)
    monotone: ClassVar[dict[str, int]] = {"mean": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(join(("batch", "time") if self.drawn == "step" else ("batch",), site.bound["..."]))}

    def _noise(self, site: Site) -> Axes:
        """The axes of n."""
        every = self.infer(site)[""].axes
        return every if self.drawn == "step" else tuple(a for a in every if a != "time")

    def draws(self, site: Site) -> dict[str, Type]:
        return {"noise": Type(self._noise(site))}

    def for_episodes(self) -> bool:
        return self.drawn == "episode"

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        from math import pi

        axes = self._noise(site)
        height, turn = (uniform_over(axes, uniform, site) for _ in range(2))
        return (-2 * (1 - height).log()).sqrt() * (2 * pi * turn).cos()  # Box and Muller 1958

    def compute(self, run: Run, *, mean: Any, variance: Any) -> Any:
        axes = self.infer(run.node)[""].axes
        noise = align(run.draw("noise"), self._noise(run.node), axes).to(run.dtype)
        have = run.node.bound["..."]
        centre, spread = (x if isinstance(x, int | float) else align(x, have, axes) for x in (mean, variance))
        return centre + (spread**0.5) * noise
