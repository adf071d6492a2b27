"""Block ``take``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import Block, Port
from compose.language.operation import Range, Run, Site


class Take(Block):
    """The element of the last axis that an index names: ``y = x[..., index]``.

    ``of`` [... Choice], ``index`` int [...] -> [...]; the action value of the action taken, for instance.
    """

    block: Literal["take"]
    phrase: ClassVar[str] = "{of} at {index}"
    kin: ClassVar[tuple[str, ...]] = ("gather", "select", "index", "pick")
    of: Annotated[Port, "... Choice"]
    """What is picked from."""
    index: Annotated[Port, "int ..."]
    """Which one, counting from 0."""

    monotone: ClassVar[dict[str, int]] = {"of": 1}
    picks: ClassVar[dict[str, str]] = {"of": "index"}

    def infer(self, site: Site) -> dict[str, Type]:
        if site.type("index").dtype != "int":
            site.fail("index", f"expected an index (int), got {site.type('index')}")
        site.indexes("index", site.bound["Choice"][0])
        return {"": Type(site.bound["..."], site.type("of").dtype, site.type("of").sign)}

    def orders(self, site: Site) -> Axes:
        return site.bound["Choice"]

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return ranges["of"]

    def compute(self, run: Run, *, of: Any, index: Any) -> Any:
        return taken(of, index)


def taken(of: Any, index: Any) -> Any:
    """The elements of the last axis of ``of`` [... choice] that ``index`` [...] names; leading axes broadcast."""
    import torch

    rows, _ = torch.broadcast_tensors(index.unsqueeze(-1), of.narrow(-1, 0, 1))  # type: ignore[no-untyped-call]
    return of.expand(rows.shape[:-1] + of.shape[-1:]).gather(-1, rows).squeeze(-1)
