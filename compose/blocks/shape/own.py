"""Block ``own``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Kept, Run, Site


class Own(Block):
    """Every agent's own row among its copy of the entities: ``y[..., a] = x[..., a, a]`` (agents are entities).

    ``of`` [... agent entity ...] -> [... agent ...]; instead of ``entity`` the second axis may be ``agent'``.
    """

    block: Literal["own"]
    phrase: ClassVar[str] = "every agent's own row of {of}"
    of: Annotated[Port, "any ..."]
    """For every agent, a row about every entity."""

    aligned: ClassVar[bool] = False
    itself: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def _second(self, site: Site) -> str:
        of = site.type("of")
        second = next((a for a in ("entity", "agent'") if a in of.axes), None)
        if second is None or "agent" not in of.axes:
            site.fail("of", f"expected axes 'agent' and 'entity', got {of}")
        return second

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without([self._second(site)])}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return self.follow(site, site.type("of").without([self._second(site)]).axes, output)

    def compute(self, run: Run, *, of: Any) -> Any:
        axes, second = run.node.type("of").axes, self._second(run.node)
        kept = [a for a in axes if a != second]
        first, other = axes.index("agent"), axes.index(second)
        rows = of.narrow(other, 0, run.size("agent"))
        return rows.diagonal(dim1=first, dim2=other).movedim(-1, kept.index("agent"))
