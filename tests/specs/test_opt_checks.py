"""What `compose check` says of OPT: for every number of prototypes, and of the leak of the released code."""

from __future__ import annotations

import re

import pytest
import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.load import load
from tests.cli.conftest import Run, run
from tests.compiler.cases import draws, episodes
from tests.specs.schemas import small_schema

__all__ = ["run"]


@pytest.mark.more
@pytest.mark.parametrize("number", [2, 4, 6, 8])
@pytest.mark.parametrize("spec", ["opt", "opt_tokens"])
def test_any_number_of_prototypes_checks_and_builds(run: Run, spec: str, number: int) -> None:
    setting = f"axes.proto={number}"
    assert run("check", spec, "--env", "smac/3-8sz", "--set", setting).code == 0
    schema = small_schema()
    of = Model(build_graph(load("opt", [setting]), schema), seed=1, dtype=torch.float64, passes=(),
               taps=("q.layers.gate",))
    learned = of.learn(episodes(), draws(of))
    assert learned.taps["q.layers.gate"].shape[-1] == number
    assert all(loss.isfinite() for loss in learned.losses.values())


def test_the_released_code_lets_agents_see_what_those_they_see_see(run: Run) -> None:
    ran = run("check", "opt_official", "--env", "smac/3-8sz", "--numeric")
    assert ran.code == 0, "it claims that"
    assert re.search(r"decentralised +refuted +counter-example: q.q of agent \d+ moves by", ran.out)
    said = " ".join(ran.out.split())
    path = said[said.index("decentralised: the path"):said.index("padding: the path")]
    hops = [part for part in path.split(" -> ") if part.endswith(".p")]
    assert hops == ["q.layers[0].p", "q.layers[1].p"], "one hop in each layer"


@pytest.mark.parametrize(("spec", "layers", "outcome"), [
    ("opt_official", 1, "proved"), ("opt_official", 2, "not proved"), ("opt", 2, "proved"), ("opt", 3, "proved"),
])  # fmt: skip
def test_only_stacked_layers_in_one_table_are_not_proved(spec: str, layers: int, outcome: str) -> None:
    graph = build_graph(load(spec, [f"axes.layer={layers}"]), small_schema())
    assert next(p.outcome for p in prove(graph) if p.name == "decentralised") == outcome


@pytest.mark.parametrize("rows", [
    "{block: attention, queries: x, keys: x, mask: env.sight | true, heads: heads, width: embed, to: embed}",
    "{block: attention, queries: x, keys: x, mask: env.sight & ~env.sight, heads: heads, width: embed, to: embed}",
])
def test_a_mask_made_of_sight_counts_only_where_it_shows_no_more(rows: str) -> None:
    """a & b is contained in a; a | b is not."""
    settings = ["networks.utility.nodes.table=" + rows, "networks.utility.nodes.a=agents(table)"]
    graph = build_graph(load("qmix_attention", settings), small_schema())
    outcome = next(p.outcome for p in prove(graph) if p.name == "decentralised")
    assert outcome == ("not proved" if "|" in rows else "proved")
