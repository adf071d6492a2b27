"""Numbers and truth values where tensors are usual: they compile, and mean what the tensor would."""

from __future__ import annotations

import math

import pytest
import torch

from compose.compiler.bench import Bench
from compose.compiler.model import Model
from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.language.load import load_text

HEAD = "compose: 1\nname: constants\nsummary: Constants.\nextends: qmix_attention\n" \
       "params: {embed: 8, hyper: 8, mixing: 4, hidden: 4, two: 2}\n"


def loss(text: str) -> float:
    bench = Bench(build_graph(load_text(HEAD + text, name="constants.yaml"), catalogue.schema("smac/small_mt")), 0)
    model: Model = bench.model
    with torch.no_grad():
        return float(model.learn(bench.fields, bench.draws, dict.fromkeys(model.moving, 0.5)).losses["td"])


@pytest.mark.parametrize(("function", "value"), [
    ("relu(two)", 2.0), ("exp(two)", math.exp(2)), ('"minimum(two, 3)"', 2.0), ("abs(-two)", 2.0),
    ("softplus(two)", math.log1p(math.exp(2))), ("sigmoid(0)", 0.5),
])  # fmt: skip
def test_functions_of_numbers_are_numbers(function: str, value: float) -> None:
    text = f"graph: {{scale: {function}}}\nlosses: {{td: {{of: square(q_tot - y) * scale}}}}"
    assert loss(text) == pytest.approx(value * loss(""))


@pytest.mark.parametrize(("bare", "spelled"), [
    ("graph: {y: {terminated: false}}", "graph: {y: {terminated: env.terminated & ~env.terminated}}"),
    ("graph: {y: {terminated: true}}", "graph: {y: {terminated: env.terminated | ~env.terminated}}"),
    ("losses: {td: {where: true}}", "losses: {td: {where: env.steps | ~env.steps}}"),
    ("graph: {best: {where: true}}", "graph: {best: {where: env.available | ~env.available}}"),
])  # fmt: skip
def test_bare_truth_values_mean_the_whole_mask(bare: str, spelled: str) -> None:
    assert loss(bare) == pytest.approx(loss(spelled))
