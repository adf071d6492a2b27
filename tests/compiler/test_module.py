"""A model is a torch module like any other: moved, saved, loaded, copied, and called in a loop of one's own."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictSequential

import compose
from compose.compiler.model import Model
from tests.compiler import cases
from tests.specs.handful import few

TINY = ["params.embed=8", "params.hyper=8", "params.heads=2", "params.hidden=8"]


@pytest.fixture
def model() -> Model:
    return compose.compile(compose.load("refil", TINY), "group_matching/small", seed=1)


@pytest.fixture
def batch(model: Model) -> dict[str, torch.Tensor]:
    return dict(compose.fake_batch(model.graph.schema, 0, batch=4).items())


def total(model: Model, batch: dict[str, torch.Tensor], draws: dict[str, torch.Tensor]) -> torch.Tensor:
    return model.learn(batch, draws).totals["main"]


def drawn(model: Model, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return model.draw("learn", 0, 0, torch.arange(4), steps=batch["steps"].shape[1])


@pytest.mark.parametrize("spec", few(cases.PACKAGED))
def test_torch_knows_weights_by_the_names_of_the_spec(spec: str) -> None:
    of = cases.model(spec)
    named = dict(of.named_parameters())
    assert set(named) == set(of.graph.weights) == set(of.weights)
    assert all(named[name] is of.weights[name] is of.get_parameter(name) for name in named)
    assert {n for n in of.state_dict() if not n.startswith("_")} == set(named)
    assert {n for n in of.state_dict() if n.startswith("_target.")} == {f"_target.{n}" for n in of.target}
    assert {n for n in of.state_dict() if n.startswith("_statistic.")} == {f"_statistic.{n}" for n in of.statistics}


def test_names_that_torch_has_itself_are_names_like_any_other() -> None:
    text = cases.model("vdn_attention").spec.data()
    text["networks"]["utility"]["nodes"] = {
        {"x": "half"}.get(name, name): {**node, **({"queries": "agents(half)", "keys": "half"} if name == "a" else {})}
        if isinstance(node, dict) else node
        for name, node in text["networks"]["utility"]["nodes"].items()
    }
    text["networks"]["train"] = text["networks"].pop("utility")
    for name in ("q", "q_bar"):
        text["graph"][name]["network"] = "train"
    of = compose.compile(compose.loads(compose.dumps(compose.Spec.model_validate(text))), "group_matching/small")
    assert "train.half.weight" in dict(of.named_parameters())
    other = compose.compile(of.spec, "group_matching/small", seed=3)
    other.load_state_dict(of.state_dict())
    assert all(torch.equal(other.weights[name], of.weights[name]) for name in of.weights)


def test_a_state_holds_all_that_a_pass_depends_on(model: Model, batch: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        next(iter(model.target.values())).add_(1)
    other = compose.compile(model.spec, "group_matching/small", seed=2)
    assert total(other, batch, drawn(model, batch)) != total(model, batch, drawn(model, batch))
    other.load_state_dict(model.state_dict())
    assert torch.equal(total(other, batch, drawn(model, batch)), total(model, batch, drawn(model, batch)))


def test_weights_alone_are_a_state_too(model: Model) -> None:
    """As the file of a checkpoint holds them."""
    other = compose.compile(model.spec, "group_matching/small", seed=2)
    weights = {name: x.detach().clone() for name, x in model.weights.items()}
    other.load_state_dict(weights)
    assert all(torch.equal(other.weights[name], x) for name, x in weights.items())
    assert all(torch.equal(x, weights[name]) for name, x in other.target.items())
    assert all(x.data_ptr() != other.weights[name].data_ptr() for name, x in other.target.items())
    outer = torch.nn.ModuleDict({"agents": other})
    outer.load_state_dict({f"agents.{name}": 0 * x for name, x in weights.items()})
    assert not any(bool(x.any()) for x in (*other.weights.values(), *other.target.values()))
    with pytest.raises(RuntimeError, match=r"Missing key.*utility\.q\.bias"):
        other.load_state_dict({name: x for name, x in weights.items() if name != "utility.q.bias"})
    with pytest.raises(RuntimeError, match=r"Unexpected key.*utility\.q\.bais"):
        other.load_state_dict({**weights, "utility.q.bais": weights["utility.q.bias"]})


def test_it_moves_with_lagged_copies_and_statistics() -> None:
    of = copy.deepcopy(cases.model("qmix_attention_popart"))
    assert of.target
    assert of.statistics
    of.to(torch.float32)
    assert of.dtype == torch.float32
    assert {x.dtype for x in (*of.weights.values(), *of.target.values(), *of.statistics.values())} == {torch.float32}


def test_in_another_precision_programs_are_traced_for_it(model: Model, batch: dict[str, torch.Tensor]) -> None:
    draws = drawn(model, batch)
    before = total(model, batch, draws)
    model.double()
    exact = {name: x.double() if x.is_floating_point() else x for name, x in batch.items()}
    assert torch.allclose(total(model, exact, draws).float(), before, atol=1e-6)
    assert total(model, exact, draws).dtype == torch.float64


def test_moved_to_where_it_is_nothing_is_traced(model: Model) -> None:
    before = model.programs
    assert model.to("cpu", torch.float32).programs is before


def test_a_copy_has_weights_of_its_own_and_shares_the_rest(model: Model, batch: dict[str, torch.Tensor]) -> None:
    other, draws = copy.deepcopy(model), drawn(model, batch)
    assert other.graph is model.graph
    assert torch.equal(total(other, batch, draws), total(model, batch, draws))
    with torch.no_grad():
        other.weights["utility.q.bias"].add_(1)
    assert dict(other.named_parameters())["utility.q.bias"] is other.weights["utility.q.bias"]
    assert not torch.equal(total(other, batch, draws), total(model, batch, draws))


def test_other_weights_for_one_call(model: Model, batch: dict[str, torch.Tensor]) -> None:
    nothing = {name: 0 * x for name, x in model.named_parameters()}
    found = torch.func.functional_call(model, nothing, (batch, drawn(model, batch)))
    assert found.totals["main"] != total(model, batch, drawn(model, batch))


def test_it_draws_for_itself_unless_told(model: Model, batch: dict[str, torch.Tensor]) -> None:
    twin = compose.compile(model.spec, "group_matching/small", seed=1)
    first, second = (float(model.learn(batch).losses["aux"]) for _ in range(2))
    assert first != second
    assert (first, second) == tuple(float(twin.learn(batch).losses["aux"]) for _ in range(2))
    told = [float(model.learn(batch, drawn(model, batch)).losses["aux"]) for _ in range(2)]
    assert told[0] == told[1]


def wrong(batch: dict[str, torch.Tensor]) -> Iterator[tuple[dict[str, object], str]]:
    yield {**batch, "reward": None}, "error[batch.field]  reward: expected a tensor, got NoneType"
    yield ({**batch, "available": batch["available"][:, :3]},
           "error[batch.field]  available: expected [batch time agent action] = [4, 31, 5, 3], got [4, 3, 5, 3]")
    yield ({**batch, "reward": batch["reward"].double()},
           "error[batch.field]  reward: expected float32, got float64")
    yield ({**batch, "steps": batch["steps"].float()},
           "error[batch.field]  steps: expected a mask, bool, got float32")
    yield {n: x for n, x in batch.items() if n != "reward"}, "error[batch.field]  reward: is missing"
    yield ({{"reward": "rewards"}.get(n, n): x for n, x in batch.items()},
           "error[batch.field]  reward: is missing\n  Did you mean 'rewards'?")


def test_what_is_wrong_with_a_batch_is_said_by_name(model: Model, batch: dict[str, torch.Tensor]) -> None:
    for given, text in wrong(batch):
        with pytest.raises(compose.SpecError) as caught:
            model.learn(given)  # type: ignore[arg-type]
        assert str(caught.value) == text
    with pytest.raises(compose.SpecError, match="visible: is missing"):
        model.learn({n: x for n, x in batch.items() if n != "visible"}, drawn(model, batch))
    with pytest.raises(compose.SpecError, match="entities: is missing"):
        model.act({n: x[:, :1] for n, x in batch.items() if n in ("visible", "last_action", "available")})


def test_params_that_move_must_be_given() -> None:
    of = compose.compile(compose.load("ptm", []), "group_matching/small")
    batch = dict(compose.fake_batch(of.graph.schema, 0, batch=2).items())
    (name,) = of.moving
    with pytest.raises(compose.SpecError) as caught:
        of.learn(batch)
    assert str(caught.value).startswith(f"error[batch.param]  params.{name}: moves, and no value is given")
    now = of.params_at({"env_steps": 0, "episodes": 0, "updates": 0})
    assert all(torch.isfinite(x) for x in of.learn(batch, params=now).totals.values())


def test_as_a_tensordict_module(model: Model, batch: dict[str, torch.Tensor]) -> None:
    module = model.as_tensordict_module()
    assert set(module.in_keys) == {"entities", "visible", "present", "available", "action", "last_action", "reward",
                                   "terminated", "steps"}  # fmt: skip
    given = TensorDict({name: batch[name] for name in module.in_keys}, batch_size=[4])
    found = TensorDictSequential(module)(given)
    assert set(module.out_keys) <= set(found.keys(include_nested=True))
    found["loss_main"].backward()
    assert all(w.grad is not None for w in model.parameters())
    assert torch.equal(module(given, draws=drawn(model, batch))["loss_main"], total(model, batch, drawn(model, batch)))


def test_a_loop_of_ones_own_learns(model: Model, batch: dict[str, torch.Tensor]) -> None:
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=1e-2), []
    for _ in range(40):
        loss = model(batch).totals["main"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    lagged, mine = model.target["utility.q.bias"].clone(), model.weights["utility.q.bias"].detach()
    model.follow(0.25)
    assert torch.allclose(model.target["utility.q.bias"], 0.75 * lagged + 0.25 * mine)
    model.follow()
    assert torch.equal(model.target["utility.q.bias"], mine)


def test_a_model_of_another_seed_shares_all_but_its_weights(model: Model, batch: dict[str, torch.Tensor]) -> None:
    before = {name: x.detach().clone() for name, x in model.state_dict().items()}
    found, fresh = model.eval().of_seed(7), Model(model.graph, seed=7)
    assert found.seed == 7
    assert found.programs is model.programs
    assert not found.training
    for name, x in fresh.state_dict().items():
        assert torch.equal(found.state_dict()[name], x)
        assert found.state_dict()[name].data_ptr() != model.state_dict()[name].data_ptr() or not x.numel()
    assert total(found, batch, drawn(fresh, batch)) == total(fresh, batch, drawn(fresh, batch))
    assert all(torch.equal(x, before[name]) for name, x in model.state_dict().items())
