"""Exports of policies whose actions are numbers give the means, and say what is done with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.compiler.export.emit import emit
from compose.compiler.export.write import write_module
from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.language.load import load

SQUASHED = ("act={choose: squashed_gaussian, mean: mean, variance: variance}",
            "graph.density={block: squashed_gaussian_log_prob, of: env.action, mean: mean, variance: variance}")


@pytest.mark.parametrize(("changes", "done"), [((), "values.clamp(-1.0, 1.0)"), (SQUASHED, "values.tanh()")])
def test_the_mean_is_exported(tmp_path: Path, changes: tuple[str, ...], done: str) -> None:
    spec = load("mappo_continuous", ("params.hidden=8", *changes))
    model = Model(build_graph(spec, schema("spread/2:limit=4")))
    made = write_module(model, tmp_path / "policy.py")
    assert made.parity.ok
    text = emit(model).text
    assert f"actions = {done}" in text
    assert "width" not in text.partition("class ")[2].partition("def forward")[2], "the variance is not computed"
