"""Blocks ``gaussian_entropy``, ``gaussian_kl``, ``gaussian_log_prob`` and ``squashed_gaussian_log_prob``: closed forms,
number by number."""

from math import atanh, e, log, log1p, pi
from typing import Annotated, Any, ClassVar, Literal

from compose.language.block import Block, Port
from compose.language.operation import Run

LEAST = 1e-30
"""What a variance counts as that is the plain number 0."""

EDGE = 1e-6
"""How near to 1 the tanh of a number may come."""


def _least(variance: Any) -> Any:
    return max(variance, LEAST) if isinstance(variance, int | float) else variance


def _log(variance: Any) -> Any:
    variance = _least(variance)
    return log(variance) if isinstance(variance, int | float) else variance.log()


class GaussianEntropy(Block):
    """The entropy of a normal distribution in nats: ``log(2 pi e variance) / 2``. ``variance`` nonneg [...] -> [...].

    Of independent numbers (a diagonal covariance) the ``sum`` over their axis. A variance of 0 gives -infinity.
    """

    block: Literal["gaussian_entropy"]
    phrase: ClassVar[str] = "entropy of the normal distribution of variance {variance}"
    variance: Annotated[Port, "..."]
    """The variance."""

    nonneg: ClassVar[tuple[str, ...]] = ("variance",)
    monotone: ClassVar[dict[str, int]] = {"variance": 1}

    def compute(self, run: Run, *, variance: Any) -> Any:
        return (_log(variance) + log(2 * pi * e)) / 2


class GaussianKl(Block):
    """The Kullback-Leibler divergence of a normal distribution from another one, in nats:
    ``(log to_variance - log variance + (variance + (mean - to_mean)^2) / to_variance - 1) / 2``. All [...] -> [...].

    Of independent numbers (a diagonal covariance) the ``sum`` over their axis. Variances must be above 0.
    """

    block: Literal["gaussian_kl"]
    phrase: ClassVar[str] = "KL divergence of N({mean}, {variance}) from N({to_mean}, {to_variance})"
    mean: Annotated[Port, "..."]
    """Of the distribution."""
    variance: Annotated[Port, "..."]
    """Its variance."""
    to_mean: Annotated[Port, "..."]
    """Of the one compared with."""
    to_variance: Annotated[Port, "..."]
    """Its variance."""

    nonneg: ClassVar[tuple[str, ...]] = ("variance", "to_variance")

    def compute(self, run: Run, *, mean: Any, variance: Any, to_mean: Any, to_variance: Any) -> Any:
        far = (variance + (mean - to_mean) ** 2) / _least(to_variance)
        return (_log(to_variance) - _log(variance) + far - 1) / 2


class GaussianLogProb(Block):
    """The logarithm of a normal density: ``-((x - mean)^2 / variance + log(2 pi variance)) / 2``.

    ``of`` [...], ``mean`` [...], ``variance`` nonneg [...] -> [...]; of independent numbers the ``sum`` over their
    axis. Positive where the density is above 1. The variance must be above 0.
    """

    block: Literal["gaussian_log_prob"]
    phrase: ClassVar[str] = "log density of {of} under N({mean}, {variance})"
    kin: ClassVar[tuple[str, ...]] = ("normal_log_prob", "gaussian_nll")
    of: Annotated[Port, "..."]
    """x"""
    mean: Annotated[Port, "..."]
    """The mean."""
    variance: Annotated[Port, "..."]
    """The variance."""

    nonneg: ClassVar[tuple[str, ...]] = ("variance",)
    density: ClassVar[str] = "gaussian"

    def compute(self, run: Run, *, of: Any, mean: Any, variance: Any) -> Any:
        return -((of - mean) ** 2 / _least(variance) + _log(variance) + log(2 * pi)) / 2


class SquashedGaussianLogProb(GaussianLogProb):
    """The logarithm of the density of the tanh of a normal number: ``log N(u; mean, variance) - log(1 - x^2)`` with
    ``u = artanh x``.

    ``of`` [...], ``mean`` [...], ``variance`` nonneg [...] -> [...]; of independent numbers the ``sum`` over their
    axis. ``of`` is taken as within ``1 - 1e-6`` of 0, where float32 still tells numbers from 1. The variance must be
    above 0. Haarnoja et al. 2018, appendix C.
    """

    block: Literal["squashed_gaussian_log_prob"]  # type: ignore[assignment]
    phrase: ClassVar[str] = "log density of {of} under the tanh of N({mean}, {variance})"
    kin: ClassVar[tuple[str, ...]] = ("tanh_normal", "squashed_normal")
    density: ClassVar[str] = "squashed_gaussian"

    def compute(self, run: Run, *, of: Any, mean: Any, variance: Any) -> Any:
        if isinstance(of, int | float):
            x: Any = min(max(of, EDGE - 1), 1 - EDGE)
            drawn, slope = atanh(x), log1p(-x * x)
        else:
            x = of.clamp(EDGE - 1, 1 - EDGE)
            drawn, slope = x.atanh(), (-x * x).log1p()
        return super().compute(run, of=drawn, mean=mean, variance=variance) - slope
