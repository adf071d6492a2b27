"""The contract test finds operations that passes would compute wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from compose.blocks.recur import gru
from compose.compiler.contract import ContractError, check_block, check_operation
from compose.language.axes import Axes, Type
from compose.language.operation import Operation, Parts, Piece, Run, Site, Weight
from compose.language.registry import catalogue

OF = Type(("batch", "time", "agent", "embed"))


class Scaled(Operation):
    """A factor for every feature; subclasses make mistakes."""

    def ports(self) -> dict[str, str]:
        return {"of": "..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of")}

    def learned(self, site: Site) -> dict[str, Weight]:
        return {"gain": Weight(("embed",))}

    def compute(self, run: Run, *, of: Any) -> Any:
        return of * run.weight("gain")

    def pieces(self, parts: Parts) -> Piece | None:
        of = parts.port("of")
        return parts.product((of, of.axes), (parts.weight("gain"), ("embed",)), out=of.axes)


class Doubled(Scaled):
    def pieces(self, parts: Parts) -> Piece | None:
        of = parts.port("of")
        return parts.product((of, of.axes), (parts.weight("gain"), ("embed",)), (2.0, ()), out=of.axes)


class InOrder(Scaled):
    def pieces(self, parts: Parts) -> Piece | None:
        of = parts.port("of")
        y = parts.product((of, (*of.axes[:-1], "In")), (parts.weight("gain"), ("In",)), out=(*of.axes[:-1], "In"))
        return parts.named(y, of.axes)


class Stopped(Scaled):
    def pieces(self, parts: Parts) -> Piece | None:
        of, gain = parts.port("of"), parts.map("stop", parts.weight("gain"))
        return parts.product((of, of.axes), (gain, ("embed",)), out=of.axes)


class Lost(Scaled):
    def pieces(self, parts: Parts) -> Piece | None:
        of = parts.port("of")
        return parts.product((of, of.axes), (parts.weight("gain"), ("embed",)), out=of.axes[:-1])


class FromTheLeft(Scaled):
    """Counts dimensions from the left, where batch and time may be one."""

    def compute(self, run: Run, *, of: Any) -> Any:
        return of * run.weight("gain") * of.shape[2]

    def pieces(self, parts: Parts) -> Piece | None:
        return None


class ByName(FromTheLeft):
    """Asks for an axis that rows of agents have lost."""

    def compute(self, run: Run, *, of: Any) -> Any:
        run.dims("of", ("agent",))
        return of * run.weight("gain")


class Hasty(FromTheLeft):
    def compute(self, run: Run, *, of: Any) -> Any:
        return of * run.weight("gain")

    def quick(self, run: Run, *, of: Any) -> Any:
        return of * run.weight("gain").detach()


class Stacks(FromTheLeft):
    """Cannot be joined, but counts from the left all the same."""

    def mixes(self, site: Site) -> Axes:
        return ("time", "agent")


@pytest.mark.parametrize(("liar", "text"), [
    (Doubled, "output '' differs in `pieces`"),
    (InOrder, "cannot be computed in `pieces`: "),
    (Stopped, "gradients of output '' differ in `pieces`"),
    (Lost, "`pieces` give [batch time agent], not [batch time agent embed]"),
    (FromTheLeft, "output '' differs with batch, time as one axis"),
    (ByName, "cannot be computed with batch, time, agent as one axis: tuple.index(x): x not in tuple"),
    (Hasty, "gradients of output '' differ in `quick`"),
    (Stacks, "output '' differs with inputs stacked along a new leading axis"),
])  # fmt: skip
def test_mistakes_are_found(liar: type[Scaled], text: str) -> None:
    with pytest.raises(ContractError) as error:
        check_operation(liar(), {"of": OF})
    assert text in str(error.value)


def test_operations_with_backward_passes_of_their_own_are_compared() -> None:
    assert "quick" in check_block(catalogue()["contrastive"], {
        "block": "contrastive", "of": "batch time agent factor embed", "over": "factor"}, {"factor": 4})


def test_what_is_right_passes_everything() -> None:
    found = check_operation(Scaled(), {"of": OF})
    assert {"pieces", "rows:batch time", "rows:batch time agent", "stacks"} <= found


def test_a_recurrence_that_forgets_over_steps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    example = {"block": "gru", "of": "batch time agent embed", "to": "hidden"}
    assert "over_steps" in check_block(catalogue()["gru"], example)
    right = gru._over_steps
    monkeypatch.setattr(gru, "_over_steps", lambda of, alive, *rest: right(of, alive, *rest).flip(0))
    with pytest.raises(ContractError, match="output '' differs over steps of episodes joined into one axis"):
        check_block(catalogue()["gru"], example)
