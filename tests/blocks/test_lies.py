"""The contract test finds every kind of lie: each fact that proofs read is attacked, and a liar fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from compose.blocks.reduce.take import taken
from compose.compiler.contract import ContractError, check_operation
from compose.language.axes import Type
from compose.language.operation import Duel, Fills, Kept, Operation, Run, Site
from tests.blocks.test_contract import OF, CountsAbsent, Falling, Leaking, Liar


class Peeking(Liar):
    """A softmax over agents that does not say so."""

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.softmax(run.dims("of", ("agent",))[0])


class Passing(Liar):
    stopped: ClassVar[bool] = True


class Early(Liar):
    """Reads the step after, though it says that it is a delay."""

    delayed: ClassVar[bool] = True
    ahead: ClassVar[float] = 0

    def infer(self, site: Site) -> dict[str, Type]:
        if "time" not in site.type("of").axes:
            site.fail("of", "a delay needs an axis 'time'")
        return {"": site.type("of")}

    def mixes(self, site: Site) -> tuple[str, ...]:
        return ("time",)

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.roll(-1, run.dims("of", ("time",))[0])


class Itself(Liar):
    """The mean over everybody, said to be an agent's own row."""

    itself: ClassVar[bool] = True

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without(["entity"])}

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.mean(run.dims("of", ("entity",))[0])


class Picking(Liar):
    """Picks twice the element."""

    picks: ClassVar[dict[str, str]] = {"of": "index"}

    def ports(self) -> dict[str, str]:
        return {"of": "... Choice", "index": "int ..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(site.bound["..."])}

    def orders(self, site: Site) -> tuple[str, ...]:
        return site.bound["Choice"]

    def compute(self, run: Run, *, of: Any, index: Any) -> Any:
        return taken(of, index) * 2


class Searching(Liar):
    """Looks for the smallest."""

    searches: ClassVar[dict[str, str]] = {"of": "mask"}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without(["embed"])}

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.amin(-1)


class Masked(Liar):
    """Turns a mask round, and says that it passes it on."""

    passes_masks: ClassVar[bool] = True

    def ports(self) -> dict[str, str]:
        return {"of": "any ..."}

    def compute(self, run: Run, *, of: Any) -> Any:
        return ~of


class Ordering(Liar):
    """Counts up along agents, and does not say that their order matters."""

    def mixes(self, site: Site) -> tuple[str, ...]:
        return ("agent",)

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.cumsum(run.dims("of", ("agent",))[0])


class Shifted(Liar):
    """Keeps rows, but says that they stand one further."""

    def keeps(self, site: Site, port: str, item: int, output: str) -> dict[str, tuple[Kept, ...]]:
        return {"agent": (Kept("agent", row=1),)}


class Bounded(Liar):
    def spans(self, ranges: Any) -> tuple[float, float]:
        return (0.0, 1.0)


class Choosing(Liar):
    """Reads logits otherwise than through their softmax."""

    chooses: ClassVar[str] = "of"

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without(["embed"])}

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.sum(-1)


class Filling(Liar):
    fills: ClassVar[Fills] = Fills("of", "mask", "other")

    def ports(self) -> dict[str, str]:
        return {"of": "...", "mask": "bool ...", "other": "..."}

    def compute(self, run: Run, *, of: Any, mask: Any, other: Any) -> Any:
        import torch

        return torch.where(mask, other, of)


class Weighing(Liar):
    weighs: ClassVar[tuple[str, str]] = ("of", "other")

    def ports(self) -> dict[str, str]:
        return {"of": "...", "other": "..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(site.bound["..."])}

    def compute(self, run: Run, *, of: Any, other: Any) -> Any:
        return of + other


class Likely(Liar):
    density: ClassVar[str] = "gaussian"

    def ports(self) -> dict[str, str]:
        return {"of": "...", "mean": "...", "variance": "..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(site.bound["..."])}

    def compute(self, run: Run, *, of: Any, mean: Any, variance: Any) -> Any:
        return -((of - mean) ** 2) / variance  # half of it, and no constant


class Duelling(Liar):
    duel: ClassVar[Duel] = Duel("of", "other", "third")

    def ports(self) -> dict[str, str]:
        return {"of": "...", "other": "...", "third": "..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(site.bound["..."])}

    def compute(self, run: Run, *, of: Any, other: Any, third: Any) -> Any:
        return of - 2 * other * third


class Stepping(Liar):
    """Says that it reads steps where the mask is true, and reads all."""

    steps_in: ClassVar[tuple[str, int]] = ("mask", 0)

    def ports(self) -> dict[str, str]:
        return {"of": "...", "mask": "bool ..."}

    def infer(self, site: Site) -> dict[str, Type]:
        if "time" not in site.type("of").axes:
            site.fail("of", "it has no steps")
        return {"": site.type("of").without(["time"])}

    def compute(self, run: Run, *, of: Any, mask: Any) -> Any:
        return (of + 0.0 * mask).sum(run.dims("of", ("time",))[0])


class Narrowing(Liar):
    def ports(self) -> dict[str, str]:
        return {"of": "bool ...", "mask": "bool ..."}

    def narrows(self) -> bool:
        return True

    def compute(self, run: Run, *, of: Any, mask: Any) -> Any:
        return of | mask


class Halving(Liar):
    """Centred by the mean of the batch, of which it asks the sum alone and not the number."""

    def mixes(self, site: Site) -> tuple[str, ...]:
        return ("batch",)

    def in_parts(self, site: Site) -> bool:
        return True

    def compute(self, run: Run, *, of: Any) -> Any:
        dims = run.dims("of", ("batch",))
        return of - run.everywhere(of.sum(dims, keepdim=True)) / of.shape[dims[0]]


LIES: dict[type[Liar], tuple[str, str]] = {
    Peeking: ("keeps", "changed other indices"), Passing: ("stopped", "no gradient passes"),
    Early: ("delayed", "too early"), Itself: ("itself", "read their own rows"), Picking: ("picks", "claims to pick"),
    Searching: ("searches", "claims to search"), Masked: ("passes_masks", "unchanged"),
    Ordering: ("orders", "by their position"), Shifted: ("keeps", "changed other indices"),
    Bounded: ("spans", "leaves it"), Choosing: ("chooses", "another level"), Filling: ("fills", "claims to fill"),
    Weighing: ("weighs", "does not matter"), Duelling: ("duel", "claims to duel"), Likely: ("density", "it is not"),
    Stepping: ("steps_in", "not true"),
    Narrowing: ("narrows", "claims to narrow"), Falling: ("monotone", "claims monotone"),
    Leaking: ("bounds", "claims that 'mask' bounds"), CountsAbsent: ("counted", "counts presence"),
    Halving: ("in_parts", "halves of a batch give another output"),
}  # fmt: skip


@pytest.mark.parametrize("liar", LIES, ids=lambda liar: liar.__name__)
def test_every_lie_is_found_out(liar: type[Liar]) -> None:
    mask = OF["bool"]
    types = {"of": OF["float"], "mask": mask, "other": OF["float"], "third": replace(OF["float"], sign="nonneg"),
             "index": Type(("batch", "time", "agent"), "int")}
    types |= {"mean": OF["float"], "variance": replace(OF["float"], sign="nonneg")}
    if liar in (Masked, Narrowing):
        types["of"] = mask
    if liar is Itself:
        types["of"] = Type(("batch", "time", "agent", "entity", "embed"))
    if liar in (Filling, Stepping):
        types["mask"] = Type(("batch", "time"), "bool") if liar is Stepping else mask
    with pytest.raises(ContractError) as error:
        check_operation(liar(), {port: types[port] for port in liar().ports()})
    assert LIES[liar][1] in str(error.value)


NO_FACTS = {
    "ports", "adapt", "infer", "learned", "draws", "sample", "carries", "statistics", "observe", "rewritten", "compute",
    "quick", "pieces", "follow", "aligned", "late", "rewrites", "watches", "over_steps", "moves", "nonneg", "within",
    "for_episodes", "attends", "attended",
}  # fmt: skip
"""What an operation is and computes (shapes, forms and demands have tests of their own), not what proofs rest on."""
ELSEWHERE = {
    "mixes": "keeps", "renames": "keeps", "puts": "keeps", "ahead": "delayed", "dead": "stopped",
    "unchanged": "passes_masks", "counts": "counted", "monotone_in": "monotone",
}  # fmt: skip
"""Facts that are attacked with others."""


def test_every_fact_that_proofs_read_is_attacked() -> None:
    facts = {name for name in vars(Operation) if not name.startswith("_")} - NO_FACTS
    attacked = {fact for fact, _ in LIES.values()}
    assert {ELSEWHERE.get(fact, fact) for fact in facts} <= attacked
