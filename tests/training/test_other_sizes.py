"""A policy plays wherever what its acting reads is of the same sizes."""

from __future__ import annotations

import pytest

from compose.compiler.model import Model
from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.training.policy import Policy
from compose.training.runs import check_sizes


def policy(spec: str, env: str) -> Policy:
    schema = catalogue.schema(env)
    return Policy(Model(build_graph(load(spec), schema), passes=()), schema, {})


def test_who_reads_entities_plays_where_slots_are_alike() -> None:
    check_sizes(policy("qmix_attention", "skirmish/5m_vs_6m"), catalogue.schema("skirmish/3m:like=5m_vs_6m"), "run")


@pytest.mark.parametrize(("spec", "env", "problem"), [
    ("qmix", "skirmish/3m:like=5m_vs_6m", "observation: 55 there, none here; no field observation"),
    ("qmix_attention", "skirmish/3m", "agent: 5 there, 3 here; entity: 11 there, 6 here; action: 12 there, 9 here"),
    ("vdn", "skirmish/8m", "agent: 5 there, 8 here"),
])
def test_other_sizes_are_told_and_nothing_that_is_not_read(spec: str, env: str, problem: str) -> None:
    with pytest.raises(SpecError, match=r"run\.sizes") as error:
        check_sizes(policy(spec, "skirmish/5m_vs_6m"), catalogue.schema(env), "run")
    (note,) = error.value.diagnostics[0].notes
    assert note.startswith(problem)
    assert "state" not in note
