"""The learners written by hand compute what the specs compute, so their times can be compared."""

from __future__ import annotations

import ast
from pathlib import Path

import comparator
import pytest
import torch
from comparator import Learner, Update, by_spec_name
from step.by_hand import FLAT, METHODS, by_hand

from compose.compiler.compile import compile
from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.kernels.random import key, uniform
from compose.language.load import load
from compose.training.optim import Optimizers
from tests.compiler.cases import Fields, draws, gradients, largest
from tests.specs.schemas import small_schema

NARROW = ["params.embed=8", "params.heads=2"]
every_method = pytest.mark.parametrize("name", [*METHODS, *FLAT])


def pair(name: str, seed: int = 0) -> tuple[Model, Update, Fields, Fields]:
    """A spec's model whose target differs from its weights, its comparator, a batch and draws, in double precision."""
    place = "skirmish/3m" if name in FLAT else "group_matching" if name.endswith("group_matching") else ""
    offered = schema(place) if place else small_schema(4, 3)
    spec = load(name, [] if name in FLAT else NARROW)
    model = compile(spec, offered, seed=seed, dtype=torch.float64, taps=("q", "y"))
    for at, lagged in enumerate(model.target.values()):
        lagged += uniform(key(seed, "lag", at), torch.arange(lagged.numel())).view(lagged.shape) - 0.5
    learner = by_hand(model)
    assert learner is not None
    fields = dict(fake_batch(offered, seed, batch=5, time=9, dtype=torch.float64).items())
    return model, learner, fields, draws(model, seed, batch=5)


@every_method
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_losses_and_gradients_are_the_specs(name: str, seed: int) -> None:
    model, learner, fields, drawn = pair(name, seed)
    groups = drawn.get("groups.label")
    assert (groups is not None) == (isinstance(learner, Learner) and learner.method.imagine)
    ours = model.learn(fields, drawn)
    total, losses = learner.losses(fields, groups)
    assert largest(total, ours.totals["main"]) < 1e-12
    assert set(losses) == set(ours.losses)
    for loss, value in losses.items():
        assert largest(value, ours.losses[loss]) < 1e-12, loss
    wanted = gradients(model, ours.totals["main"])
    total.backward()
    found = by_spec_name({n: w.grad for n, w in learner.online.named_parameters()})
    assert set(found) == set(wanted)
    top = max(float(g.abs().max()) for g in wanted.values())
    for weight, grad in wanted.items():
        off = float((found[weight].view_as(grad) - grad).abs().max())
        assert off < 1e-10 * max(float(grad.abs().max()), 1e-3 * top), weight


@every_method
def test_steps_move_the_weights_alike(name: str) -> None:
    model, learner, fields, drawn = pair(name)
    optimizers = Optimizers(model, model.spec.learner.optimizers)
    before = {weight: w.detach().clone() for weight, w in model.named_parameters()}
    for _ in range(3):
        norm = optimizers.update(lambda: model.learn(fields, drawn)).norms["main"]
        _, same = learner.step(fields, drawn.get("groups.label"))
        assert same == pytest.approx(norm, rel=1e-8)
    mine = {weight: w.detach() for weight, w in model.named_parameters()}
    after = by_spec_name({n: w.detach() for n, w in learner.online.named_parameters()})
    apart = {weight: float((after[weight].view_as(w) - w).abs().max()) for weight, w in mine.items()}
    assert max(apart.values()) < 1e-9, apart
    name = "utility.x.weight"
    assert (mine[name] - before[name]).abs().max() > 1e-3


def test_the_comparator_notices_another_batch_and_other_draws() -> None:
    _, learner, fields, drawn = pair("refil")
    total, _ = learner.losses(fields, drawn["groups.label"])
    assert largest(learner.losses(fields, drawn["groups.label"].flip(0))[0], total) > 1e-8
    shifted = fields | {"reward": fields["reward"] + fields["steps"]}
    assert largest(learner.losses(shifted, drawn["groups.label"])[0], total) > 1e-3


def test_weights_of_another_method_are_refused() -> None:
    model, _, _, _ = pair("qmix_attention")
    _, other, _, _ = pair("vdn_attention")
    with pytest.raises(KeyError, match="weights do not match"):
        comparator.load(other, model.weights, model.target)


def test_the_comparator_knows_nothing_of_the_package() -> None:
    files = sorted(Path(comparator.__path__[0]).glob("*.py"))
    names = {
        name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    assert len(files) == 8
    built_in = {"__future__", "collections.abc", "copy", "dataclasses", "re", "typing"}
    assert names == built_in | {"einops", "torch", "torch.nn"}
