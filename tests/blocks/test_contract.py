"""Every registered block keeps its contract: types, weights, signs, monotonicity, masks, presence, independence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from compose.compiler.contract import ContractError, check_block, check_operation
from compose.graph.structure import Previous, Rows, Select, Stack, function
from compose.language.axes import Type
from compose.language.docs import field_docs
from compose.language.functions import CLOSED, FUNCTIONS
from compose.language.operation import Operation, Run, Site, Weight
from compose.language.registry import catalogue
from tests.blocks.examples import EXAMPLES

BUILT_IN = sorted(tag for tag in catalogue() if "/" not in tag)
OF: dict[str, Type] = {
    "float": Type(("batch", "time", "agent", "embed")), "nonneg": Type(("batch", "time", "agent"), sign="nonneg"),
    "bool": Type(("batch", "time", "agent"), "bool"), "rows": Type(("batch", "time", "entity", "embed")),
}  # fmt: skip


@pytest.mark.parametrize("tag", BUILT_IN)
def test_block_keeps_its_contract(tag: str) -> None:
    block = catalogue()[tag]
    mine = [e for e in EXAMPLES if e.node["block"] == tag]
    assert mine, f"block '{tag}' has no example in tests/blocks/examples.py"
    attacked = {claim for e in mine for claim in check_block(block, e.node, e.sizes)}
    for port in block.monotone:
        assert f"monotone:{port}" in attacked, f"no example attacks that {tag} is monotone in '{port}'"
    for port in block.bounds:
        assert f"bounds:{port}" in attacked, f"no example attacks that a mask bounds '{port}' of {tag}"
    declared = {f"picks:{port}" for port in block.picks} | {f"searches:{port}" for port in block.searches}
    facts = {"chooses": block.chooses, "duel": block.duel, "weighs": block.weighs, "fills": block.fills,
             "density": block.density,
             "steps_in": block.steps_in, "stopped": block.stopped, "itself": block.itself, "moves": block.moves,
             "passes_masks": block.passes_masks, "delayed": block.delayed}
    assert declared | {fact for fact, said in facts.items() if said} <= attacked


@pytest.mark.parametrize("tag", BUILT_IN)
def test_block_is_documented(tag: str) -> None:
    block = catalogue()[tag]
    assert len(block.__doc__ or "") > 60, "the docstring says what is computed, on which shapes"
    missing = set(block.model_fields) - {"block", "target", "each"} - set(field_docs(block))
    assert not missing


@pytest.mark.parametrize("name", [*sorted(FUNCTIONS), "+", "-", "*", "/", "<", "<=", "==", ">=", ">", "neg"])
@pytest.mark.parametrize("kind", ["float", "nonneg"])
def test_function_keeps_its_contract(name: str, kind: str) -> None:
    arity = CLOSED[name].arity
    of = OF["rows"] if name in ("agents", "others") else OF["float"] if name == "entities" else OF[kind]
    of = OF["nonneg"] if name == "sqrt" else of
    check_operation(function(name, arity), {f"x{i}": of for i in range(arity)})


@pytest.mark.parametrize(("name", "arity"), [("&", 2), ("|", 2), ("not", 1)])
def test_logic_keeps_its_contract(name: str, arity: int) -> None:
    check_operation(function(name, arity), {f"x{i}": OF["bool"] for i in range(arity)})


def test_helpers_keep_their_contracts() -> None:
    assert "monotone:x0" in check_operation(Previous("previous", 1), {"x0": OF["float"]})
    assert "monotone:x0" in check_operation(Rows("entities", 1), {"x0": OF["float"]})
    assert "monotone:x1" in check_operation(Stack("layer", 2), {"x0": OF["nonneg"], "x1": OF["nonneg"]}, {"layer": 2})
    assert "monotone:of" in check_operation(Select("agent", 1), {"of": OF["float"]})


class Liar(Operation):
    """Doubles its operand; subclasses declare something else."""

    def ports(self) -> dict[str, str]:
        return {"of": "..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of")}

    def compute(self, run: Run, *, of: Any) -> Any:
        return of * 2


class Falling(Liar):
    monotone: ClassVar[dict[str, int]] = {"of": -1}


class Signed(Liar):
    def infer(self, site: Site) -> dict[str, Type]:
        return {"": replace(site.type("of"), sign="nonneg")}


class Misshapen(Liar):
    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without(["agent"])}


class WrongDtype(Liar):
    def infer(self, site: Site) -> dict[str, Type]:
        return {"": replace(site.type("of"), dtype="bool")}


class UnusedWeight(Liar):
    def learned(self, site: Site) -> dict[str, Weight]:
        return {"gain": Weight(("embed",))}


class Mixing(Liar):
    def compute(self, run: Run, *, of: Any) -> Any:
        return of + of.sum(run.dims("of", ("agent",)), keepdim=True)


class Leaking(Liar):
    """Says that the mask bounds the rows, and adds a little of all."""

    bounds: ClassVar[dict[str, str]] = {"of": "mask"}

    def ports(self) -> dict[str, str]:
        return {"of": "...", "mask": "bool ..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without(["agent"])}

    def compute(self, run: Run, *, of: Any, mask: Any) -> Any:
        (dim,) = run.dims("of", ("agent",))
        return (of * (mask + 1e-3)).sum(dim)


class CountsAbsent(Liar):
    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without(["agent"])}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", "agent"),)

    def compute(self, run: Run, *, of: Any) -> Any:
        return of.sum(run.dims("of", ("agent",)))


class Forgetful(Liar):
    def carries(self, site: Site) -> dict[str, Type]:
        return {"h": site.type("of").without(["time"])}


@pytest.mark.parametrize(("liar", "text"), [
    (Falling, "claims monotone of: -1; output '' moved the other way by"),
    (Signed, "output '' is declared nonneg, and can be -"),
    (Misshapen, "output '' is declared [batch time embed] (7, 11, 31), computed float (7, 11, 3, 31)"),
    (WrongDtype, "output '' is declared bool[batch time agent embed] (7, 11, 3, 31), computed float (7, 11, 3, 31)"),
    (UnusedWeight, "declares weights ['graph.it.gain'], uses []"),
    (Mixing, "changed other indices of output ''; an axis that is mixed stands in `mixes`"),
    (Leaking, "claims that 'mask' bounds 'of'; a hidden row of 'agent' changed the result"),
    (CountsAbsent, "counts presence of 'agent'; content of absent rows changed output ''"),
    (Forgetful, "declares state ['it.h'], carries []"),
])  # fmt: skip
def test_the_contract_test_finds_lies(liar: type[Liar], text: str) -> None:
    types = {"of": OF["float"], "mask": OF["bool"]}
    with pytest.raises(ContractError) as error:
        check_operation(liar(), {port: types[port] for port in liar().ports()})
    assert text in str(error.value)
