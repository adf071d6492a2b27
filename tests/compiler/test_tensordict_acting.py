"""Acting as a tensordict module does what ``Model.act`` and ``Policy.act`` do. TorchRL itself: ``tests/torchrl``."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictSequential

import compose
from compose import SpecBuilder, block, env, loss, square
from compose.compiler.model import Model
from compose.compiler.tensordict_acting import Acts

GAME = "group_matching/small"
SCHEMA = compose.schema(GAME)


def model(spec: str) -> Model:
    return compose.compile(spec, GAME, seed=1)


def seen(step: int, size: int = 4, schema: compose.EntitySchema = SCHEMA) -> TensorDict:
    """What there is to see at one step: without the time axis, constant fields for each episode."""
    batch = compose.fake_batch(schema, 0, batch=size, lengths=torch.full((size,), schema.limit))
    axes = {name: schema.fields[name].axes for name in batch.keys() if name in schema.fields}  # noqa: SIM118
    return TensorDict({name: batch[name][:, step] if "time" in known else
                       batch[name] if "batch" in known else batch[name].expand(size, *batch[name].shape)
                       for name, known in axes.items() if name != "action"}, [size])


def carried_on(tensordict: TensorDict, step: int) -> TensorDict:
    """The next step's fields with what is carried to it."""
    return seen(step).update({"carried": tensordict["next", "carried"]})


def test_keys_are_declared() -> None:
    policy = model("refil").as_tensordict_policy()
    assert policy.in_keys == ["available", "entities", "last_action", "present", "visible", ("carried", "q.h.h")]
    assert policy.out_keys == ["action", ("next", "carried", "q.h.h")]
    found = TensorDictSequential(policy)(seen(0))
    assert set(policy.out_keys) <= set(found.keys(include_nested=True))


def test_steps_are_those_of_the_model() -> None:
    of, state, given = model("refil"), None, seen(0)
    policy = of.as_tensordict_policy()
    for step in range(3):
        assert policy(given) is given
        shown = {name: seen(step)[name].unsqueeze(1) for name in policy.in_keys if isinstance(name, str)}
        acted = of.act(shown, state)
        assert torch.equal(given["action"], acted.values.masked_fill(~acted.where, -torch.inf).argmax(-1))
        assert torch.equal(given["next", "carried", "q.h.h"], acted.state["q.h.h"])
        given, state = carried_on(given, step + 1), acted.state


@pytest.mark.parametrize("shape", [[], [1], [2, 3]])
def test_any_batch_axes_will_do(shape: list[int]) -> None:
    policy, flat = model("refil").as_tensordict_policy(), seen(0, 6)
    given = flat[0].clone() if not shape else flat[: 1 if shape == [1] else 6].reshape(shape)
    found = policy(given)
    assert list(found.batch_size) == shape
    want = policy(flat)["action"]
    assert torch.equal(found["action"].reshape(-1, SCHEMA.agents), want[: max(1, given.numel())])


@pytest.mark.parametrize(("spec", "name"), [("refil", GAME), ("local_ac", "gaussian_squeeze/200")])
def test_only_what_is_available_is_chosen(spec: str, name: str) -> None:
    policy = compose.compile(spec, name).as_tensordict_policy(epsilon=1.0)
    assert policy.sampled == (spec == "local_ac")
    given = seen(0, schema=compose.schema(name))
    torch.manual_seed(0)
    found = torch.stack([policy(given.clone())["action"] for _ in range(200)])
    offered = given["available"]
    assert bool(offered.expand(200, *offered.shape).gather(-1, found[..., None]).all())
    assert not torch.equal(found[0], found[1])
    often = torch.nn.functional.one_hot(found, offered.shape[-1]).float().mean(0)
    if spec == "refil":
        assert torch.allclose(often, offered / offered.sum(-1, keepdim=True), atol=0.17)


def test_constant_fields_are_given_for_each() -> None:
    s = SpecBuilder("numbered", "Agents know their number and nothing else.")
    s.graph.q = block.linear(of=env.agent_id, to="action")
    s.graph.taken = block.take(of=s.graph.q, index=env.action)
    s.losses.some = loss(square(s.graph.taken), mean="agent")
    s.act(choose="greedy", values=s.graph.q, where=env.available)
    s.learner(kind="replay", environments=4, updates="1 per episode")
    s.learner.replay(episodes=32, batch=4)
    s.learner.optimizers.main = {"kind": "adam", "lr": 1e-3}
    policy, given = compose.compile(s, GAME).as_tensordict_policy(), seen(0)
    assert policy.in_keys == ["agent_id", "available"]
    assert policy(given)["action"].shape == (4, SCHEMA.agents)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(compose.SpecError, match=r"batch\.field\].*entities: is missing"):
        model("refil").as_tensordict_policy()(seen(0).exclude("entities"))


def test_a_trained_policy_acts_as_it_does(tmp_path: Path) -> None:
    narrow = ["params.embed=8", "params.hyper=8", "params.heads=2", "params.hidden=8"]
    compose.train(compose.load("refil", narrow), GAME, run=tmp_path / "run", updates=1, eval_episodes=1, quiet=True)
    policy = compose.load_policy(tmp_path / "run")
    module, given = policy.as_tensordict_module(), seen(0)
    assert isinstance(module, Acts)
    policy.reset(4)
    last = torch.zeros_like(given["last_action"])
    for step in range(2):
        action = policy.act({name: given[name] for name in ("entities", "visible", "present", "available")})
        given["last_action"] = last
        assert torch.equal(module(given)["action"], action)
        last = torch.nn.functional.one_hot(action, last.shape[-1]) * given["present"][:, : SCHEMA.agents, None].float()
        given = carried_on(given, step + 1)
