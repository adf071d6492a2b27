"""Lambda-returns in place of one step: without trace they are the method that they extend."""

from __future__ import annotations

import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import episodes
from tests.specs.schemas import small_schema

SMALL = ["params.embed=8", "params.hyper=8", "params.heads=2", "params.mixing=4", "params.hidden=8"]


def targets(name: str, *changes: str) -> torch.Tensor:
    of = Model(build_graph(load(name, [*SMALL, *changes]), small_schema()), seed=2, dtype=torch.float64, taps=("y",))
    return of.learn(episodes()).taps["y"]


def test_without_a_trace_a_target_is_of_one_step() -> None:
    steps = episodes()["steps"]
    one, none, some = (targets(*given)[steps] for given in (
        ("qmix_attention",), ("qmix_attention_td_lambda", "params.trace=0"), ("qmix_attention_td_lambda",)))
    torch.testing.assert_close(none, one)
    assert not torch.allclose(some, one, atol=1e-3)
