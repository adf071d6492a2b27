"""Block ``random_partition``."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.operation import Kept, Run, Site


class RandomPartition(Block):
    """Entities drawn into groups; who shares the agent's group, who does not (REFIL, Eq. 3, footnote 2).

    Group probabilities are uniform on the simplex (for two parts: p ~ U(0,1)), then every entity draws its group, so
    group *sizes* are uniform. ``of`` bool [batch entity] says who is present; both masks hold only for present pairs.
    ``within`` [batch agent entity]: same group. ``across``: another group. An agent is always in its own group.
    ``label`` int [batch entity]: the group, 0 .. parts-1.
    """

    block: Literal["random_partition"]
    phrase: ClassVar[str] = "random partition of the entities of {of} in {parts} parts, fresh at every {drawn}"
    of: Annotated[Port, "bool batch entity"]
    """Who is present (the papers' codes read it at the first step: ``first(env.present)``)."""
    parts: Annotated[int, Field(ge=2)] = 2
    """Number of groups."""
    drawn: Literal["update"] = "update"
    """When the draw is fresh: at every gradient update (and at every step where acting reads it)."""

    returns: ClassVar[dict[str, str]] = {
        "within": "bool batch agent entity", "across": "bool batch agent entity", "label": "int batch entity",
    }  # fmt: skip

    def infer(self, site: Site) -> dict[str, Type]:
        found = super().infer(site)
        return found | {"label": replace(found["label"], counts=str(self.parts))}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        pairs = (Kept("entity"), Kept("agent")) if "agent" in site.result(output).axes else (Kept("entity"),)
        return {"batch": (Kept("batch"),), "entity": pairs}

    def draws(self, site: Site) -> dict[str, Type]:
        return {"label": Type(("batch", "entity"), "int")}

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        import torch

        entities = site.size("entity")
        cuts = uniform(self.parts - 1).sort(-1).values
        return torch.searchsorted(cuts, uniform(entities), right=True)

    def compute(self, run: Run, *, of: Any) -> Any:
        label, agents = run.draw("label"), run.size("agent")
        same = label[:, :agents, None] == label[:, None, :]
        pair = of[:, :agents, None] & of[:, None, :]
        return {"within": same & pair, "across": ~same & pair, "label": label}
