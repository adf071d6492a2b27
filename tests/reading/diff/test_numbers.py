"""Numbers, schedules and sizes: every difference is told, at the loss as well, and none that is not there."""

from __future__ import annotations

from typing import Any

import pytest

from compose.cli.views.diff_markdown import markdown
from compose.reading.diff import Diff
from compose.reading.diff.effects import effects
from compose.reading.diff.ids import Ids, plain
from tests.reading.diff.sides import Side, between, changed

RISES, FALLS = ({"kind": "linear", "from": a, "to": b, "over": "100 updates"} for a, b in ((0.2, 0.8), (0.8, 0.2)))


def test_ids_are_equal_for_equal_things_alone() -> None:
    ids = Ids()
    values: list[object] = [-1, -2, 0, 1, True, "1", "True", 0.5, 2**61 - 1, float("inf"), float("nan")]
    assert len({ids("word", plain(value)) for value in values}) == len(values)
    assert ids("word", plain(1)) == ids("word", plain(1.0))
    assert ids("word", plain(0.0)) == ids("word", plain(-0.0))
    assert ids("word", plain(float("nan"))) == ids("word", plain(float("nan")))
    assert ids("word", plain(1)) != ids("size", plain(1))


@pytest.mark.parametrize(("a", "b"), [(-1, -2), (-1.0, -2.0), (0, 1e-12), (1, -1), (1e15, 1e15 - 1)])
def test_numbers_of_one_hash_are_two(a: float, b: float) -> None:
    one, other = (changed("vdn_attention", losses={"td": {"of": f"square(q_tot - y + {n!r})"}}) for n in (a, b))
    found = between(one, other)
    assert not found.equal
    assert [loss.measures for loss in found.consequences.losses] == ["something else"]


@pytest.mark.parametrize(("a", "b"), [("1", "1.0"), ("0.0", "-0.0"), ("0.5", "5e-1"), ("-1e9", "-1000000000")])
def test_one_number_spelled_otherwise(a: str, b: str) -> None:
    one, other = (changed("vdn_attention", losses={"td": {"of": f"square(q_tot - y) + {n}"}}) for n in (a, b))
    assert between(one, other).equal
    assert one.spec.identity() == other.spec.identity()


def weighing(weight: Any) -> Diff:
    return between(changed("refil", params={"lambda": weight[0]}), changed("refil", params={"lambda": weight[1]}))


def test_a_schedule_has_a_direction() -> None:
    found = weighing((1.0, FALLS))
    assert "weighs 0.8 to 0.2 instead of 1" in dict(effects(found))["losses"]
    turned = weighing((RISES, FALLS))
    assert "weighs 0.8 to 0.2 instead of 0.2 to 0.8" in dict(effects(turned))["losses"]
    assert "weighs 0.2 to 0.8 instead of 0.8 to 0.2" in dict(effects(turned))["losses"]
    assert not turned.consequences.losses[0].weighs_same


@pytest.mark.parametrize("change", [{"over": "200 updates"}, {"over": "100 episodes"}, {"kind": "cosine"}])
def test_a_schedule_that_moves_otherwise(change: dict[str, Any]) -> None:
    found = weighing((FALLS, {**FALLS, **change}))
    assert "weighs 0.8 to 0.2 as before, but moves otherwise" in dict(effects(found))["losses"]


def test_a_schedule_that_leaves_its_ends() -> None:
    found = weighing((0.5, {"kind": "piecewise", "over": "9 updates", "at": [[0, 0.5], [0.5, 1], [1, 0.5]]}))
    assert "aux measures the same but weighs 0.5, between 0.5 and 1, instead of 0.5" in dict(effects(found))["losses"]


@pytest.mark.parametrize("still", [
    {"kind": "constant", "from": 0.5},
    {"kind": "linear", "from": 0.5, "to": 0.5, "over": "9 updates"},
    {"kind": "piecewise", "over": "9 updates", "at": [[0, 0.5], [1, 0.5]]}])
def test_a_schedule_that_never_moves_is_a_number(still: dict[str, Any]) -> None:
    found = weighing((0.5, still))
    assert found.equal
    assert all(loss.weighs_same for loss in found.consequences.losses)


def test_straight_pieces_are_a_line() -> None:
    assert weighing((FALLS, {"kind": "piecewise", "over": "100 updates", "at": [[0, 0.8], [1, 0.2]]})).equal


def test_numbers_are_told_in_as_many_digits_as_it_takes() -> None:
    found = between(*(changed("refil", losses={"aux": {"weight": f"lambda * {n}"}}) for n in ("0.2", "0.20000002")))
    assert [line.text for line in found.settings] == ["weight lambda * 0.2 = 0.1 -> lambda * 0.20000002 = 0.10000001"]


def test_a_size_that_only_an_environment_knows() -> None:
    """Without an environment the axis is symbolic, and what it is made of still counts."""
    found = between(*(changed("vast_qtran", params={"eta": eta}) for eta in (0.25, 0.5)))
    assert {loss.measures for loss in found.consequences.losses if loss.name != "policy"} == {"something else"}


def test_the_operands_of_a_size_commute() -> None:
    def wide(to: str) -> Side:
        node = {"block": "linear", "of": "h", "to": to}
        return changed("vdn_attention", networks={"utility": {"nodes": {"wide": node, "q": {"of": "wide"}}}})

    one, other = wide("2 * embed"), wide("embed * 2.0")
    found = between(one, other)
    assert found.equal
    assert not found.consequences.weights
    assert {loss.measures for loss in found.consequences.losses} == {"the same"}


def test_updates_from_twenty_episodes_are_not_those_from_ten() -> None:
    found = between(*(changed("local_ac", learner={"updates": f"{n} per {m} episodes"}) for n, m in ((1, 10), (2, 20))))
    assert [line.text for line in found.settings] == ["updates 1 per 10 episodes -> 2 per 20 episodes"]


def test_numbers_that_a_block_only_looks_at() -> None:
    """What statistics are made of reaches the loss that reads them, through a loop as well."""
    found = between("qmix_attention_popart", changed("qmix_attention_popart", graph={"moments": {"of": "2 * y"}}))
    assert [loss.measures for loss in found.consequences.losses] == ["something else"]


def test_no_text_tells_a_change_to_itself() -> None:
    text = markdown(between("qmix_attention", "vast_qmix"))
    assert "of: w1 (an input) → w1 (a node)" in text
    swapped = changed("refil", graph={"q_in": {"visible": "env.visible & groups.across"},
                                      "q_out": {"visible": "env.visible & groups.within"}})
    assert not between("refil", swapped).equal
    assert "-1e9" in text
    assert "000000.0" not in text
