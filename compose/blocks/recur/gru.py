"""Block ``gru``."""

from typing import Any, ClassVar, Literal

from compose.blocks.recur.recurrence import Recurrence
from compose.language.operation import Run


class Gru(Recurrence):
    """A gated recurrent unit over time (Cho et al. 2014, torch's variant), one state for every other leading index.

    ``r = s(Wr x + Ur h)``, ``z = s(Wz x + Uz h)``, ``n = tanh(Wn x + r (Un h))``, ``h' = (1 - z) n + z h`` (biases
    left out here). ``of`` [batch time ... In] -> [batch time ... to]. The state starts as zeros in every episode.
    Weights start from U(-1/sqrt(to), 1/sqrt(to)).
    """

    block: Literal["gru"]
    phrase: ClassVar[str] = "GRU over {of}, to {to}"
    kin: ClassVar[tuple[str, ...]] = ("rnn", "recurrent", "gru_cell")
    gates: ClassVar[int] = 3
    kept: ClassVar[tuple[str, ...]] = ("h",)
    over_steps: ClassVar[bool] = True

    def compute(self, run: Run, *, of: Any) -> Any:
        import torch

        weights = self.weights(run)
        if (alive := run.alive()) is not None:
            return _over_steps(of, run.state("h"), *alive, weights)
        return self.over_time(run, of, lambda x, start: torch.gru(x, start, weights, True, 1, 0.0, True, False, False))


def _over_steps(of: Any, before: Any, alive: Any, sequences: Any, weights: list[Any]) -> Any:
    """``of`` [step ... In] -> [step ... to]: at every time the first ``alive`` of all sequences go on. ``before``
    [step ... to]: what the episode of each step carried into its first, or None."""
    from torch.nn import functional as F

    from compose.kernels.steps import gru

    flat = of.flatten(0, -2)
    rows = flat.shape[0] // of.shape[0]
    count, width = sequences.shape[0] * rows, weights[1].shape[1]
    start = flat.new_zeros((count, width)) if before is None else before.flatten(0, -2)[:count]
    states = gru(F.linear(flat, weights[0], weights[2]), alive * rows, start, weights[1], weights[3])[0]
    return states.unflatten(0, of.shape[:-1])
