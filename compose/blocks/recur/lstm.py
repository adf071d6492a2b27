"""Block ``lstm``."""

from typing import Any, ClassVar, Literal

from compose.blocks.recur.recurrence import Recurrence
from compose.language.operation import Run


class Lstm(Recurrence):
    """A long short-term memory over time (Hochreiter and Schmidhuber 1997, torch's variant), one state and one cell for
    every other leading index.

    ``i = s(Wi x + Ui h)``, ``f = s(Wf x + Uf h)``, ``g = tanh(Wg x + Ug h)``, ``o = s(Wo x + Uo h)``,
    ``c' = f c + i g``, ``h' = o tanh(c')`` (biases left out here). ``of`` [batch time ... In] -> [batch time ... to],
    the states h. State and cell start as zeros in every episode. Weights start from U(-1/sqrt(to), 1/sqrt(to)).
    """

    block: Literal["lstm"]
    phrase: ClassVar[str] = "LSTM over {of}, to {to}"
    kin: ClassVar[tuple[str, ...]] = ("lstm_cell", "rnn", "recurrent")
    gates: ClassVar[int] = 4
    kept: ClassVar[tuple[str, ...]] = ("h", "c")

    def compute(self, run: Run, *, of: Any) -> Any:
        import torch

        weights = self.weights(run)

        def lstm(x: Any, *start: Any) -> Any:
            return torch.lstm(x, start, weights, True, 1, 0.0, True, False, False)

        return self.over_time(run, of, lstm)
