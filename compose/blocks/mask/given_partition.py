"""Block ``given_partition``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.block import Block, Port
from compose.language.operation import Run


class GivenPartition(Block):
    """Groups that somebody gives, as masks (REFIL's oracles).

    ``same`` bool [... agent entity]: True where the entity is in the agent's group. ``within`` is ``same``; ``across``
    is everybody else. Absent entities are in neither: whatever reads the masks counts only who is present.
    """

    block: Literal["given_partition"]
    phrase: ClassVar[str] = "the groups that {same} gives"
    same: Annotated[Port, "bool ... agent entity"]
    """Who shares the agent's group."""

    returns: ClassVar[dict[str, str]] = {"within": "bool ... agent entity", "across": "bool ... agent entity"}

    def compute(self, run: Run, *, same: Any) -> Any:
        return {"within": same, "across": ~same}
