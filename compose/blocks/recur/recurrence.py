"""What recurrences over time have in common."""

from typing import Annotated, Any, ClassVar

from compose.language.axes import Axes, Type
from compose.language.block import Block, Port, Size
from compose.language.operation import Run, Site, Weight


class Recurrence(Block):
    """Gates, each linear in the inputs and in the state: W [gate to In], U [gate to to] and their biases."""

    gates: ClassVar[int]
    """How many there are."""
    kept: ClassVar[tuple[str, ...]]
    """What is carried from step to step, the state first."""
    of: Annotated[Port, "... In"]
    """The inputs, in time."""
    to: Size
    """Width of the state."""

    returns = "... to"
    ahead: ClassVar[float] = 0

    def infer(self, site: Site) -> dict[str, Type]:
        if site.bound["..."][:2] != ("batch", "time"):
            site.fail("of", f"a recurrence needs axes 'batch' and 'time', got {site.type('of')}")
        return super().infer(site)

    def learned(self, site: Site) -> dict[str, Weight]:
        to, fed = site.axes(self.to), site.bound["In"]
        shapes = {"input": (*to, *fed), "hidden": (*to, *to), "input_bias": to, "hidden_bias": to}
        return {name: Weight((str(self.gates), *axes), fan=to, bias=name.endswith("bias"))
                for name, axes in shapes.items()}

    def carries(self, site: Site) -> dict[str, Type]:
        lead = tuple(a for a in site.bound["..."] if a != "time")
        return {name: Type((*lead, *site.axes(self.to))) for name in self.kept}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def weights(self, run: Run) -> list[Any]:
        """As torch has them, the gates below one another: W, U and their biases."""
        return [run.weight(name).flatten(0, 1) for name in ("input", "hidden", "input_bias", "hidden_bias")]

    def over_time(self, run: Run, of: Any, recurrence: Any) -> Any:
        """``of`` [batch time ... In] -> [batch time ... to] by ``recurrence`` of [time row In] and states [1 row to],
        which gives [time row to] and the states after the last step."""
        x = of.transpose(0, 1)
        flat = x.flatten(1, -2)
        before = [run.state(name) for name in self.kept]
        start = [flat.new_zeros((1, flat.shape[1], run.weight("hidden").shape[-1])) if state is None
                 else state.flatten(0, -2).unsqueeze(0) for state in before]
        found = recurrence(flat, *start)
        rest = [x.shape[i] for i in range(1, len(run.node.bound["..."]))]
        for number, name in enumerate(self.kept, 1):
            run.carry(name, found[number].reshape(*rest, -1))
        return found[0].reshape(x.shape[0], *rest, -1).transpose(0, 1)
