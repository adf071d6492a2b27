"""How weights start."""

from __future__ import annotations

import torch

from compose.compiler.compile import compile
from compose.compiler.weights import orthogonal
from compose.language.load import load
from tests.specs.schemas import small_schema

INIT = ["networks.utility.init={kind: orthogonal, gain: 2, gains: {q: 0.5}}", "networks.mixer.init={kind: orthogonal}"]


def test_matrices_are_orthogonal_and_biases_zeros() -> None:
    model = compile(load("qmix", INIT), small_schema(3, 2), seed=4)
    plain = compile(load("qmix"), small_schema(3, 2), seed=4)
    assert not plain.weights["utility.x.bias"].eq(0).all()
    for name, weight in model.weights.items():
        if "bias" in name:
            assert weight.eq(0).all(), name
            continue
        gain = 1.0 if name.startswith("mixer") else 0.5 if name.startswith("utility.q.") else 2.0
        x = weight.detach().reshape(-1, weight.shape[-1])
        product = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
        assert torch.allclose(product, gain**2 * torch.eye(len(product)), atol=1e-5), name
    again = compile(load("qmix", INIT), small_schema(3, 2), seed=4)
    other = compile(load("qmix", INIT), small_schema(3, 2), seed=5)
    assert all(torch.equal(w, again.weights[name]) for name, w in model.weights.items())
    assert not torch.equal(model.weights["utility.q.weight"], other.weights["utility.q.weight"])


def test_orthogonal_matrices_are_as_likely_as_their_turns() -> None:
    found = orthogonal(7, (4000, 3, 2), 1, 1)
    assert torch.allclose(found.transpose(1, 2) @ found, torch.eye(2).expand(4000, 2, 2), atol=1e-5)
    assert found.mean(0).abs().max() < 0.03
    assert (found.square().mean(0) - 1 / 3).abs().max() < 0.02
    wide = orthogonal(7, (2, 3, 5), 0, 2).reshape(2, 15)
    assert torch.allclose(wide @ wide.T, torch.eye(2), atol=1e-5)


def test_identities_stay_what_they_were_without_it() -> None:
    assert "init" not in load("qmix").spec.canonical_json()
    assert load("qmix", INIT[:1]).spec.identity() != load("qmix").spec.identity()
