"""Sizes of axes: arithmetic over params and axes, symbolic without an environment."""

from __future__ import annotations

import pytest

from compose.graph.build import build_graph
from compose.graph.sizes import AxisTable, UnknownSize
from compose.language.diagnostics import SpecError
from compose.language.load import load, load_data
from tests.specs.schemas import small_schema


def table(env: bool = True, **axes: str | int) -> AxisTable:
    spec = load_data({
        "compose": 1, "name": "sizes", "summary": "Axes only.", "params": {"embed": 12, "eta": 0.25}, "axes": axes,
        "graph": {}, "act": {"choose": "greedy", "values": "q"}, "losses": {},
        "learner": {"kind": "replay", "optimizers": {}},
    }).spec  # fmt: skip
    return AxisTable(spec, small_schema() if env else None)


@pytest.mark.parametrize(("axis", "size"), [
    ("embed", 12), ("4*embed", 48), ("agent", 3), ("entity", 5), ("other", 2), ("entity'", 5), ("feature+action", 13),
    ("agent*action", 24), ("3", 3), ("state", 7), ("id", 3), ("maximum(agent,2)", 3), ("minimum(agent,2)", 2),
    ("embed/4-1", 2), ("batch", None), ("time", None),
])  # fmt: skip
def test_the_name_of_an_axis_says_its_size(axis: str, size: int | None) -> None:
    assert table().size(axis) == size


def test_axes_of_the_spec_are_arithmetic() -> None:
    axes = {"team": "ceil(eta * agent)", "factor": "2 * agent", "token": "entity + 1", "half": "floor(agent / 2)"}
    assert {name: table(**axes).size(name) for name in axes} == {"team": 1, "factor": 6, "token": 6, "half": 1}


def test_without_an_environment_its_sizes_stay_symbolic() -> None:
    axes = {"factor": "2 * agent", "layer": 2}
    symbolic = table(env=False, **axes)
    assert [symbolic.size(a) for a in ("factor", "layer", "agent", "state", "embed")] == [None, 2, None, None, 12]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownSize) as error:
        table().size("emebd")
    assert str(error.value) == "'emebd' is no axis and no param"
    assert "embed" in error.value.known


def test_presence_belongs_to_axes_and_to_what_joins_them() -> None:
    mine = table(factor="2 * agent", layer=2)
    mine.joined["factor"] = ("agent", "agent")
    axes = ("agent", "entity", "other", "entity'", "factor", "layer", "action", "embed")
    assert [a for a in axes if mine.has_presence(a)] == ["agent", "entity", "other", "entity'", "factor"]


def test_sizes_in_a_network_may_be_made_of_what_its_capitals_stand_for() -> None:
    changes = ("params.embed=6", "params.hyper=10")
    weights = build_graph(load("opt", changes)).weights
    assert weights["disentangle.f1.weight"].axes == ("layer", "4*embed", "embed")
    assert weights["disentangle_state.f1.weight"].axes == ("layer", "4*hyper", "hyper")
    with pytest.raises(SpecError) as error:
        build_graph(load("opt", ("networks.disentangle.nodes.f1.to=Width - 6", *changes)))
    assert "'embed - 6' is 0; a size is a whole number of at least 1" in str(error.value)
