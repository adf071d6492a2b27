"""Block ``log_prob``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.reduce.take import taken
from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Run, Site


class LogProb(Block):
    """The logarithm of the probability of a choice: ``log p = x_index - log sum_k e^x_k``.

    ``logits`` [... Choice], ``index`` int [...] -> [...]. Absent choices have probability 0.
    """

    block: Literal["log_prob"]
    logits: Annotated[Port, "... Choice"]
    """x"""
    index: Annotated[Port, "int ..."]
    """What was chosen, counting from 0."""

    chooses: ClassVar[str] = "logits"

    def infer(self, site: Site) -> dict[str, Type]:
        if site.type("index").dtype != "int":
            site.fail("index", f"expected an index (int), got {site.type('index')}")
        site.indexes("index", site.bound["Choice"][0])
        return {"": Type(site.bound["..."])}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("logits", site.bound["Choice"][0]),)

    def orders(self, site: Site) -> Axes:
        return site.bound["Choice"]

    def compute(self, run: Run, *, logits: Any, index: Any) -> Any:
        present = run.present("logits", run.node.bound["Choice"][0])
        x = logits if present is None else logits.masked_fill(~present, -1e30)
        return taken(x.log_softmax(-1), index)
