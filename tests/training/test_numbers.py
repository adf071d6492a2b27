"""Actions that are numbers: how they are drawn, played, stored, learned from; and what chooses is refused there."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.numeric import attack
from compose.envs.catalogue import make, schema
from compose.envs.scaling import within
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.graph.schema import ActionGroup, EntitySchema
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.training.actors import RandomActor, evaluating, numbers
from compose.training.build import build_model
from compose.training.evaluate import chance_levels
from compose.training.learners import learner_for
from compose.training.policy import Policy
from compose.training.replay import Replay
from compose.training.rollout import rollout

SPREAD = schema("spread/3:limit=4")
SMALL = ("params.hidden=8", "learner.environments=4", "learner.updates=2 per 4 episodes")
SQUASHED = ("act={choose: squashed_gaussian, mean: mean, variance: variance}",
            "graph.density={block: squashed_gaussian_log_prob, of: env.action, mean: mean, variance: variance}")
FEW = torch.arange(3)


def test_draws_are_normal_and_the_same_in_any_batch() -> None:
    mean, variance = torch.full((4000, 2, 3), 0.5), torch.full((4000, 2, 3), 4.0)
    drawn = numbers(mean, variance, False, 3, torch.arange(4000), 7)
    assert abs(float(drawn.mean()) - 0.5) < 0.05
    assert abs(float(drawn.var()) - 4) < 0.15
    assert torch.equal(numbers(mean[:2], variance[:2], False, 3, torch.tensor([11, 4]), 7), drawn[[11, 4]])
    assert not torch.equal(numbers(mean, variance, False, 3, torch.arange(4000), 8), drawn)
    assert torch.equal(numbers(mean, variance, True, 3, torch.arange(4000), 7), drawn.tanh())
    assert torch.equal(numbers(mean, None, False, 3, torch.arange(4000), 7), mean)
    correlation = torch.corrcoef(drawn.flatten(1).T) - torch.eye(6)
    assert float(correlation.abs().max()) < 0.06


def test_numbers_are_played_within_the_bounds() -> None:
    group = ActionGroup(name="turn", count=1, kind="continuous", low=0.0, high=3.0)
    both = SPREAD.model_copy(update={"actions": (*SPREAD.actions, group)})
    found = within(torch.tensor([[-1.0, 0.0, 1.0], [-9.0, 9.0, -9.0]]), both)
    torch.testing.assert_close(found, torch.tensor([[-0.1, 0.0, 3.0], [-0.1, 0.1, 0.0]]))


@pytest.mark.parametrize("changes", [(), SQUASHED])
def test_what_was_drawn_is_stored_with_its_log_probability(changes: tuple[str, ...]) -> None:
    env = make("spread/3:limit=4")
    learner = learner_for(build_model(load("mappo_continuous", (*SMALL, *changes)), env.schema), env, 0)
    learner.collect()
    stored = learner.replay.newest(4)
    assert stored["action"].shape == (4, 5, 3, 2)
    done = stored["action"][:, :-1].clamp(-1, 1)
    assert torch.equal(stored["last_action"][:, 1:], done)
    assert not stored["last_action"][:, 0].any()
    again = learner.model.learn(dict(stored)).losses
    old = stored["played.log_mu"][:, :-1]
    assert bool(old.isfinite().all())
    assert bool((stored["action"][:, :-1].abs() <= 1).all()) == bool(changes)
    assert float(again["policy"]) == pytest.approx(-float(_advantage_mean(learner.model, dict(stored))), abs=1e-4)
    before = {name: w.clone() for name, w in learner.model.weights.items()}
    learner.update()
    assert any(not torch.equal(w, before[name]) for name, w in learner.model.weights.items())


def _advantage_mean(model: object, fields: dict[str, Tensor]) -> Tensor:
    """What the clipped objective is while the policy is the one that played: every ratio is 1."""
    graph = model.graph  # type: ignore[attr-defined]
    tapped = type(model)(graph, seed=0, taps=("advantage",))  # type: ignore[call-arg]
    tapped.load(dict(model.weights), dict(model.target), dict(model.statistics))  # type: ignore[attr-defined]
    found = tapped.learn(fields).taps["advantage"]
    counts = (fields["steps"][..., None] & fields["active"]).expand(found.shape)
    return found[counts].mean()


def test_evaluation_takes_the_mean_and_a_policy_acts_in_bounds() -> None:
    env = make("spread/3:limit=4")
    model = build_model(load("mappo_continuous", SMALL), env.schema)
    played = rollout(evaluating(model, 5), env, FEW, 0)
    assert torch.equal(played["action"], rollout(evaluating(model, 6), env, FEW, 0)["action"])
    policy = Policy(model, env.schema, {})
    policy.reset(3)
    fields = env.reset(FEW, 0)
    shown = {name: fields[name].numpy() for name in policy.reads}
    first = policy.act(shown)
    assert isinstance(first, np.ndarray)
    np.testing.assert_allclose(first, within(played["action"][:, 0], env.schema).numpy(), rtol=1e-5)
    sampled = build_model(load("mappo_continuous", (*SMALL, "act.evaluate=sample")), env.schema)
    assert not torch.equal(rollout(evaluating(sampled, 5), env, FEW, 0)["action"], played["action"])


def test_chance_is_random_play_alone() -> None:
    assert list(chance_levels(make("spread/3:limit=4"), 4, seed=0)) == ["random"]


def test_steps_are_drawn_from_a_replay() -> None:
    env = make("spread/3:limit=4")
    replay = Replay(env.schema, 8)
    replay.add(rollout(RandomActor(0), env, torch.arange(8), 0))
    drawn = replay.sample_steps(16, 0, 0)
    assert drawn["action"].shape == drawn["last_action"].shape == (16, 2, 3, 2)


def test_proofs_hold_against_attacks() -> None:
    for changes in ((), SQUASHED):
        graph = build_graph(load("mappo_continuous", (*SMALL, *changes)), SPREAD)
        found = {proof.name: proof.outcome for proof in attack(graph, prove(graph))}
        assert found["decentralised"] == "proved"
        assert found["availability"] == "not applicable"
    batch = fake_batch(SPREAD, 0)
    assert "available" not in batch.keys()  # noqa: SIM118 (no mapping)
    assert batch["action"].abs().max() <= 1


@pytest.mark.parametrize(("spec", "env", "said"), [
    ("qmix", "spread/3", r"'epsilon_greedy' chooses among actions, and an action of spread/3 is 2 numbers"),
    ("mappo", "spread/3", r"'categorical' chooses among actions"),
    ("mappo_continuous", "skirmish/3m", r"'gaussian' draws numbers, and agents of skirmish/3m choose among 9 actions"),
])  # fmt: skip
def test_choices_and_numbers_are_not_mixed_up(spec: str, env: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        build_graph(load(spec), schema(env))
    assert caught.value.diagnostics[0].span is not None


PLAIN = "graph.density={block: gaussian_log_prob, of: env.action, mean: %s, variance: %s}"


@pytest.mark.parametrize(("changes", "said"), [
    (SQUASHED[:1], "'squashed_gaussian' draws the action, but 'density' is the density of what gaussian draws"),
    (SQUASHED[1:], "'gaussian' draws the action, but 'density' is the density of what squashed_gaussian draws"),
    ((PLAIN % ("mean", "'square(variance)'"),), "by the variance 'variance', but .* 'square[(]variance[)]'"),
    ((PLAIN % ("mean.width", "variance"),), "by the mean 'mean', but 'density' is its density by 'mean.width'"),
    ((PLAIN % ("'mean + 0.1'", "variance"),), "by the mean 'mean', but 'density' is its density by 'mean [+] 0.1'"),
])  # fmt: skip
def test_densities_are_of_what_acts(changes: tuple[str, ...], said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        build_graph(load("mappo_continuous", changes))
    assert [problem.code for problem in caught.value.diagnostics] == ["act.density"]
    assert caught.value.diagnostics[0].span is not None


@pytest.mark.parametrize("changes", [
    SQUASHED, (PLAIN % ("'stop(mean)'", "variance"),),
    ("act.variance='exp(2 * minimum(maximum(mean.width - 0.5, -3), 0.5))'",),
    ("graph.other={block: gaussian_log_prob, of: env.action, mean: 0, variance: 1}",
     "graph.mean_of={block: mean, of: other, over: [agent, part]}", "log.other=mean_of"),
    ("graph.density={block: gaussian_log_prob, of: env.action / 2, mean: 0, variance: 1}",),
])  # fmt: skip
def test_the_same_density_otherwise_written_is_taken(changes: tuple[str, ...]) -> None:
    assert build_graph(load("mappo_continuous", changes)).act_variance is not None


def test_the_entropy_of_a_squashed_number() -> None:
    """The expression of docs/language.md, beside the mean of the density over many draws."""
    u = numbers(torch.full((40000, 1, 1), 0.7), torch.full((40000, 1, 1), 0.3), False, 1, torch.arange(40000), 0)
    widths = ("graph.u={block: sample_gaussian, mean: mean, variance: variance}",
              "graph.plain={block: gaussian_entropy, variance: variance}",
              "graph.widths=plain + 2 * (0.69314718 - u - softplus(-2 * u))")
    model = build_model(load("mappo_continuous", (*SMALL, *SQUASHED, *widths)), SPREAD)
    assert "u" in model.graph.values
    rest = 2 * (0.69314718 - u - torch.nn.functional.softplus(-2 * u))
    torch.testing.assert_close(rest, (1 - u.double().tanh() ** 2).log().float(), rtol=1e-4, atol=1e-4)
    density = torch.distributions.Normal(0.7, 0.3**0.5).log_prob(u) - rest
    entropy = torch.distributions.Normal(0.7, 0.3**0.5).entropy() + rest
    assert float(entropy.mean()) == pytest.approx(-float(density.mean()), abs=0.02)


def test_a_replay_learner_draws_numbers_and_climbs_its_critic() -> None:
    env = make("spread/3:limit=4")
    changes = ("params.hidden=8", "params.noise=0.5", "learner.replay.start=4", "learner.replay.batch=4",
               "learner.optimizers.policy.lr=0.001")
    learner = learner_for(build_model(load("facmac_continuous", changes), env.schema), env, 0)
    while learner.due() < 1:
        learner.collect()
    batch = learner.batch()
    assert bool((batch.fields["action"].abs() > 1).any()), "noise goes beyond the bounds"
    before = {name: w.detach().clone() for name, w in learner.model.weights.items()}
    worth = float(learner.model.learn(batch.fields, batch.draws, batch.params).losses["policy"])
    learner.update()
    assert any(not torch.equal(w, before[name]) for name, w in learner.model.weights.items())
    with torch.no_grad():
        for name, w in learner.model.weights.items():
            if not name.startswith("policy."):
                w.copy_(before[name])
    assert float(learner.model.learn(batch.fields, batch.draws, batch.params).losses["policy"]) < worth


def test_a_replay_learner_asks_how_likely_numbers_were() -> None:
    changes = ("learner={kind: replay, optimizers: {policy: {kind: adam}, critic: {kind: adam}}}",)
    graph = build_graph(load("mappo_continuous", changes), SPREAD)
    assert graph.recorded


@pytest.mark.parametrize(("group", "said"), [
    ({"low": None}, "needs bounds: low, and a larger high"), ({"low": 1.0}, "needs bounds"),
    ({"targets": "other"}, "numbers are aimed at nobody"), ({"kind": "choices"}, "bounds .* are of continuous"),
])  # fmt: skip
def test_groups_that_make_no_sense(group: dict[str, object], said: str) -> None:
    data = SPREAD.model_dump()
    data["actions"] = ({**data["actions"][0], **group},)
    data["fields"] = {}
    with pytest.raises(ValueError, match=said):
        EntitySchema.model_validate(data)


def test_groups_are_of_one_kind() -> None:
    data = {**SPREAD.model_dump(), "fields": {}}
    with pytest.raises(ValueError, match="'stay' is choices, and 'move' is not: all are of one kind"):
        EntitySchema.model_validate({**data, "actions": (*data["actions"], {"name": "stay", "count": 1})})
    known = SPREAD.model_dump()["fields"]
    with pytest.raises(ValueError, match="actions are numbers here: there is no 'action_entity'"):
        EntitySchema.model_validate({**data, "fields": {**known, "action_entity": known["state"]}})
