"""Block ``gru``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import Block, Port, Size
from compose.language.operation import Run, Site, Weight


class Gru(Block):
    """A gated recurrent unit over time (Cho et al. 2014, torch's variant), one state for every other leading index.

    ``r = s(Wr x + Ur h)``, ``z = s(Wz x + Uz h)``, ``n = tanh(Wn x + r (Un h))``, ``h' = (1 - z) n + z h`` (biases
    left out here). ``of`` [batch time ... In] -> [batch time ... to]. The state starts as zeros in every episode.
    Weights start from U(-1/sqrt(to), 1/sqrt(to)).
    """

    block: Literal["gru"]
    phrase: ClassVar[str] = "GRU over {of}, to {to}"
    kin: ClassVar[tuple[str, ...]] = ("lstm", "rnn", "recurrent", "gru_cell", "lstm_cell")
    of: Annotated[Port, "... In"]
    """The inputs, in time."""
    to: Size
    """Width of the state."""

    returns = "... to"
    ahead: ClassVar[float] = 0
    over_steps: ClassVar[bool] = True

    def infer(self, site: Site) -> dict[str, Type]:
        if site.bound["..."][:2] != ("batch", "time"):
            site.fail("of", f"a recurrence needs axes 'batch' and 'time', got {site.type('of')}")
        return super().infer(site)

    def learned(self, site: Site) -> dict[str, Weight]:
        to, fed = site.axes(self.to), site.bound["In"]
        shapes = {"input": (*to, *fed), "hidden": (*to, *to), "input_bias": to, "hidden_bias": to}
        return {name: Weight(("3", *axes), fan=to, bias=name.endswith("bias")) for name, axes in shapes.items()}

    def carries(self, site: Site) -> dict[str, Type]:
        lead = tuple(a for a in site.bound["..."] if a != "time")
        return {"h": Type((*lead, *site.axes(self.to)))}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def compute(self, run: Run, *, of: Any) -> Any:
        import torch

        names = ("input", "hidden", "input_bias", "hidden_bias")
        weights = [run.weight(n).flatten(0, 1) for n in names]
        if (alive := run.alive()) is not None:
            return _over_steps(of, *alive, weights)
        x = of.transpose(0, 1)
        flat = x.flatten(1, -2)
        before = run.state("h")
        start = flat.new_zeros((1, flat.shape[1], weights[1].shape[1])) if before is None \
            else before.flatten(0, -2).unsqueeze(0)
        y, last = torch.gru(flat, start, weights, True, 1, 0.0, True, False, False)
        rest = [x.shape[i] for i in range(1, len(run.node.bound["..."]))]
        run.carry("h", last.reshape(*rest, -1))
        return y.reshape(x.shape[0], *rest, -1).transpose(0, 1)


def _over_steps(of: Any, alive: Any, sequences: Any, weights: list[Any]) -> Any:
    """``of`` [step ... In] -> [step ... to]: at every time the first ``alive`` of all sequences go on."""
    from torch.nn import functional as F

    from compose.kernels.steps import gru

    flat = of.flatten(0, -2)
    rows = flat.shape[0] // of.shape[0]
    start = flat.new_zeros((sequences.shape[0] * rows, weights[1].shape[1]))
    states = gru(F.linear(flat, weights[0], weights[2]), alive * rows, start, weights[1], weights[3])[0]
    return states.unflatten(0, of.shape[:-1])
