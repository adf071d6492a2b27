"""Block ``linear``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.activation import Activation, activate
from compose.language.block import Block, Port, Sizes
from compose.language.operation import Parts, Piece, Run, Site, Weight


class Linear(Block):
    """An affine map of the last axis, then an activation: ``y = f(W x + b)``.

    ``of`` [... In] -> [... to]. ``to`` may be several axes (``[agent, mixing]``) or ``scalar`` for none.
    Weights start from U(-1/sqrt(In), 1/sqrt(In)), torch's default.
    """

    block: Literal["linear"]
    phrase: ClassVar[str] = "linear layer of {of} to {to}[, then {activation}]"
    kin: ClassVar[tuple[str, ...]] = ("dense", "fc", "mlp", "embedding", "conv", "conv2d", "cnn")
    of: Annotated[Port, "... In"]
    """What is mapped."""
    to: Sizes
    """The axes of the result."""
    activation: Activation = "none"
    """f, pointwise."""
    bias: bool = True
    """Whether b is there."""

    returns = "... to"

    def learned(self, site: Site) -> dict[str, Weight]:
        fan = site.bound["In"]
        out = site.axes(*self.to)
        weights = {"weight": Weight((*out, *fan), fan=fan)}
        return weights | ({"bias": Weight(out, fan=fan, bias=True)} if self.bias else {})

    def compute(self, run: Run, *, of: Any) -> Any:
        import torch
        from torch.nn import functional as F

        weight, bias = run.weight("weight"), run.weight("bias") if self.bias else None
        out = run.node.axes(*self.to)
        if len(out) == 1:
            y = F.linear(of, weight, bias)
        elif not out:
            y = of @ weight if bias is None else of @ weight + bias
        else:
            y = F.linear(of, weight.flatten(0, -2), None if bias is None else bias.flatten())
            y = torch.unflatten(y, -1, [run.size(a) for a in out])
        return activate(self.activation, y)

    def pieces(self, parts: Parts) -> Piece:
        of, weight = parts.port("of"), parts.weight("weight")
        (fed,), out = parts.node.bound["In"], parts.node.axes(*self.to)
        lead = tuple(a for a in of.axes if a != fed)
        labels = tuple("In" if a == fed else a for a in of.axes)
        y = parts.product((of, labels), (weight, (*out, "In")), out=(*lead, *out))
        if self.bias:
            y = parts.map("+", y, parts.named(parts.weight("bias"), out))
        return y if self.activation == "none" else parts.map(self.activation, y)
