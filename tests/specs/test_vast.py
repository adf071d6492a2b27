"""VAST and its baselines keep what their paper promises: by brute force over joint actions, assignments and draws."""

from __future__ import annotations

import itertools
from functools import cache

import pytest
import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.fields import Field
from compose.graph.proofs import prove
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields
from compose.language.diagnostics import SpecError
from compose.language.load import load, load_data

AGENTS, ACTIONS, TEAMS = 4, 3, 2
JOINT = torch.tensor(list(itertools.product(range(ACTIONS), repeat=AGENTS)))
ASSIGNMENTS = list(itertools.product(range(TEAMS), repeat=AGENTS))
SMALL = ["params.units=8", "params.eta=0.5"]
OPERATORS = {"vast_il": "factors", "vast_vdn": "q_tot", "vast_qmix": "q_tot", "vast": "live.total"}
"""Spec -> what its greedy joint action must be best for (every team's value, where nothing joins them)."""
FLAT = {"local_ac_vdn": "q_tot", "local_ac_qmix": "q_tot", "local_ac_qtran": "live.total"}
Fields = dict[str, Tensor]


@cache
def schema(agents: int = AGENTS) -> EntitySchema:
    teams = Field(axes=("batch", "time", "agent"), dtype="int", scope="global", what="Given labels.")
    return EntitySchema(
        name="small", summary="a few agents with positions", agents=agents, entities=agents,
        types=(EntityType(name="agent", side="agent", min=agents, max=agents),),
        features=(Feature(name="none", size=1, kind="float"),), actions=(ActionGroup(name="all", count=ACTIONS),),
        limit=2, truncates=True, axes={"state": 6, "observation": 5},
        fields=standard_fields("state", "observation", "position", teams=teams),
    )  # fmt: skip


def model(spec: str, *settings: str, given: bool = False, taps: tuple[str, ...] = (), agents: int = AGENTS) -> Model:
    """In double precision; ``given``: with the labels of field ``teams``."""
    known = load(spec).spec.params
    small = [s for s in (*SMALL, *(["graph.teams=env.teams"] if given else []), *settings)
             if not s.startswith("params.") or s.split("=")[0].removeprefix("params.") in known]
    return Model(build_graph(load(spec, small), schema(agents)), seed=2, dtype=torch.float64, taps=taps)


def episodes(batch: int, *, alike: bool = False, agents: int = AGENTS, seed: int = 0) -> Fields:
    """One step each; ``alike``: all see the same. Everybody lives."""
    noise = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        x = torch.randn(1 if alike else batch, 3, *shape, generator=noise, dtype=torch.float64)
        return x.expand(batch, *x.shape[1:]).clone()

    yes = torch.ones(batch, 3, agents, dtype=torch.bool)
    steps = torch.tensor([True, False, False]).expand(batch, -1)
    return {"observation": random(agents, 5), "state": random(6), "position": random(agents, 2),
            "reward": random() * steps, "steps": steps, "terminated": steps, "present": yes, "active": yes,
            "visible": yes[..., None].expand(-1, -1, -1, agents),
            "available": yes[..., None].expand(-1, -1, -1, ACTIONS),
            "action": torch.randint(0, ACTIONS, (batch, 3, agents), generator=noise),
            "teams": torch.randint(0, TEAMS, (batch, 3, agents), generator=noise)}  # fmt: skip


def joint_actions(labels: tuple[int, ...] | None = None) -> Fields:
    """One situation, with every joint action."""
    fields = episodes(len(JOINT), alike=True)
    fields["action"] = JOINT[:, None].expand(-1, 3, -1)
    if labels is not None:
        fields["teams"] = torch.tensor(labels).expand(len(JOINT), 3, -1)
    return fields


def draws(of: Model, batch: int, clock: int = 0) -> Fields:
    return of.draw("learn", 0, clock, torch.zeros(batch, dtype=torch.int64), steps=3)


def greedy_is_best(of: Model, fields: Fields, joint: str) -> None:
    """No joint action is worth more than the one that is greedy for every agent."""
    taps = of.learn(fields, draws(of, len(JOINT))).taps
    best = taps["q"][0, 0].argmax(-1)
    place = int((best == JOINT).all(1).nonzero())
    worth = taps[joint][:, 0]
    assert worth.std(0).min() > 0, "the values do differ between joint actions"
    assert ((worth - worth[place]) <= 1e-12).all()


@pytest.mark.parametrize("spec", OPERATORS)
def test_greedy_is_best_under_every_assignment(spec: str) -> None:
    """Theorem 1, by brute force: 81 joint actions of 4 agents under each of the 16 assignments."""
    joint = OPERATORS[spec]
    of = model(spec, given=True, taps=("q", joint))
    for labels in ASSIGNMENTS:
        if spec == "vast_il" and len(set(labels)) < TEAMS:
            continue  # an empty team is worth 0 whatever is done
        greedy_is_best(of, joint_actions(labels), joint)


@pytest.mark.parametrize("assignment", ["vast", "vast_fixed", "vast_random", "vast_spatial"])
@pytest.mark.parametrize("operator", ["vast", "vast_vdn", "vast_qmix"])
def test_greedy_is_best_for_every_operator_with_every_way_to_assign(operator: str, assignment: str) -> None:
    parents = list(dict.fromkeys([operator, assignment]))
    spec = load_data({"compose": 1, "name": "both", "summary": "Operator and assignment.", "extends": parents,
                      "params": {"units": 8, "eta": 0.5}})
    joint = OPERATORS[operator]
    of = Model(build_graph(spec, schema()), seed=2, dtype=torch.float64, taps=("q", joint))
    greedy_is_best(of, joint_actions(), joint)


@pytest.mark.parametrize("spec", FLAT)
def test_greedy_is_best_for_flat_operators(spec: str) -> None:
    greedy_is_best(model(spec, taps=("q", FLAT[spec])), joint_actions(), FLAT[spec])


def test_the_joint_critic_of_qtran_need_not_be_greedy_without_its_losses() -> None:
    with pytest.raises(AssertionError):
        greedy_is_best(model("local_ac_qtran", taps=("q", "at_taken.j")), joint_actions(), "at_taken.j")


def test_with_vdn_the_assignment_makes_no_difference() -> None:
    of, fields = model("vast_vdn", given=True), episodes(6)
    found = []
    for labels in ASSIGNMENTS:
        fields["teams"] = torch.tensor(labels).expand(6, 3, -1)
        total = of.learn(fields).totals["critic"]
        found.append([total.detach(), *torch.autograd.grad(total, list(of.trained_by("critic").values()))])
    for other in found[1:]:
        for mine, first in zip(other, found[0], strict=True):
            torch.testing.assert_close(mine, first, rtol=0, atol=1e-12)


def test_one_team_is_the_sum_of_all() -> None:
    of = model("vast", "params.eta=0.25", taps=("factors", "taken"))
    taps = of.learn(episodes(6), draws(of, 6)).taps
    assert taps["factors"].shape[-1] == 1
    torch.testing.assert_close(taps["factors"][..., 0], taps["taken"].sum(-1))


@pytest.mark.parametrize(("teams", "flat"), [(["vast_qmix", "vast_fixed"], "local_ac_qmix"),
                                             (["vast_fixed"], "local_ac_qtran"),
                                             (["vast_vdn", "vast_fixed"], "local_ac_vdn")])
def test_a_team_for_every_agent_is_the_flat_operator(teams: list[str], flat: str) -> None:
    spec = load_data({"compose": 1, "name": "own", "summary": "Everybody a team.", "extends": teams,
                      "params": {"units": 8, "eta": 1.0}})
    grouped, plain = Model(build_graph(spec, schema()), seed=2, dtype=torch.float64), model(flat)
    grouped.load({name: w.reshape(grouped.weights[name].shape) for name, w in plain.weights.items()})
    fields = episodes(6)
    mine, theirs = (of.learn(fields, draws(of, 6)).losses for of in (grouped, plain))
    assert set(mine) == set(theirs)
    for name, loss in mine.items():
        torch.testing.assert_close(loss, theirs[name], rtol=1e-12, atol=1e-12)


def test_teams_share_out_what_agents_are_worth_and_an_empty_one_gets_nothing() -> None:
    of, fields = model("vast", given=True, taps=("factors", "taken")), episodes(6)
    fields["teams"][:3] = 1
    learned = of.learn(fields)
    torch.testing.assert_close(learned.taps["factors"].sum(-1), learned.taps["taken"].sum(-1))
    assert not learned.taps["factors"][:3, :, 0].any()
    grads = torch.autograd.grad(learned.totals["critic"], list(of.trained_by("critic").values()))
    assert all(g.isfinite().all() for g in grads)


def test_the_published_constraint_is_a_square_and_the_released_one_has_no_bottom() -> None:
    """Where J is the sum of the teams, and V = 0, both hold. A large J pulls only the released one below 0."""
    fields = episodes(6)
    for spec, expected in (("vast", "nonnegative"), ("vast_official", "below")):
        of = model(spec, given=True, taps=("at_max.total",))
        with torch.no_grad():
            for name, weight in of.weights.items():
                if name.startswith("operator."):
                    weight.zero_()
            of.weights["operator.j.bias"].fill_(1000.0)
        losses = of.learn(fields).losses
        assert (losses["opt"] > 0) == (expected == "nonnegative")
        assert losses["nopt"] >= 0
    of = model("vast", given=True, taps=("at_max.total",))
    with torch.no_grad():
        for name, weight in of.weights.items():
            if name.startswith(("operator.", "offset.", "critic.")):
                weight.zero_()
    losses = of.learn(fields).losses
    assert float(losses["opt"]) == float(losses["nopt"]) == 0.0


def test_what_was_done_is_pulled_up_to_the_joint_critic_and_never_down() -> None:
    """Gradient signs of QTRAN: sum q of what was done only rises; at the greedy actions it goes towards J - V."""
    fields = episodes(64)
    of = model("vast", given=True, taps=("live.total", "at_taken.j", "at_max.total", "at_max.j", "offset"))
    learned = of.learn(fields)
    taps = learned.taps
    taken, best = torch.autograd.grad(learned.totals["critic"], [taps["live.total"], taps["at_max.total"]])
    short = (taps["live.total"] - taps["at_taken.j"] + taps["offset"])[:, 0]
    assert (short < 0).any()
    assert (short > 0).any()
    assert torch.equal(taken[:, 0] < 0, short < 0)
    assert not (taken > 0).any()
    gap = (taps["at_max.total"] - taps["at_max.j"] + taps["offset"])[:, 0]
    assert torch.equal(best[:, 0].sign(), gap.sign())


def test_the_target_is_the_return_and_in_the_released_code_one_for_every_team() -> None:
    fields = episodes(6)
    for spec, factor in (("vast", 1), ("vast_official", TEAMS)):
        of = model(spec, given=True)
        with torch.no_grad():
            for name, weight in of.weights.items():
                if name.startswith("operator."):
                    weight.zero_()
        wanted = (factor * fields["reward"][:, 0]).square().mean()
        torch.testing.assert_close(of.learn(fields).losses["joint"], wanted)


def test_the_baseline_takes_the_mean_out_of_the_advantage() -> None:
    taps = model("local_ac", taps=("pi", "q", "baseline")).learn(episodes(6)).taps
    assert (taps["pi"] * (taps["q"] - taps["baseline"][..., None])).sum(-1).abs().max() < 1e-12


@pytest.mark.parametrize("spec", ["local_ac", "local_ac_qmix", "vast", "vast_qmix"])
def test_the_dead_teach_nothing(spec: str) -> None:
    """What a dead agent observes and what it is said to have done changes no loss; nobody else's is changed by it."""
    of, fields = model(spec, given=spec.startswith("vast")), episodes(6)
    fields["active"] = fields["active"].clone()
    fields["active"][:, :, 1] = False
    before = of.learn(fields).losses
    changed = {name: fields[name].clone() for name in ("observation", "action")}
    changed["observation"][:, :, 1] += 3.0
    changed["action"][:, :, 1] = (changed["action"][:, :, 1] + 1) % ACTIONS
    after = of.learn({**fields, **changed}).losses
    for name, loss in before.items():
        torch.testing.assert_close(after[name], loss, rtol=1e-12, atol=0)


def test_the_released_dead_act_uniformly() -> None:
    of, fields = model("vast_official", given=True, taps=("pi",)), episodes(6)
    fields["active"] = fields["active"].clone()
    fields["active"][:, :, 1] = False
    pi = of.learn(fields).taps["pi"]
    assert torch.equal(pi[:, :, 1], torch.full_like(pi[:, :, 1], 1 / ACTIONS))
    assert pi[:, :, 0].std() > 0


def test_the_meta_gradient_is_zero_in_the_mean() -> None:
    """The advantage does not know which team was drawn, so E_k[grad log X(k) A] = 0: many draws cancel."""
    of, count = model("vast"), 4000
    weights = list(of.trained_by("assignment").values())
    one, many = (torch.cat([g.flatten() for g in torch.autograd.grad(of.learn(
        episodes(n, alike=True), of.draw("learn", 0, 0, torch.arange(n), steps=3)).totals["assignment"], weights)])
        for n in (1, count))
    assert many.norm() < 0.1 * one.norm()


def test_swapped_labels_matter_only_to_operators_that_tell_teams_apart() -> None:
    fields = episodes(6)
    swapped = {**fields, "teams": 1 - fields["teams"]}
    for spec, alike in (("vast_vdn", True), ("vast_il", True), ("vast_qmix", False), ("vast", False)):
        of = model(spec, given=True)
        one, other = (of.learn(f).totals["critic"] for f in (fields, swapped))
        assert torch.isclose(one, other, rtol=1e-12) == alike, spec


def test_positions_are_needed_by_name() -> None:
    with pytest.raises(SpecError, match="vast_spatial needs field 'position'; small has none"):
        lacking = schema().model_copy(update={"fields": {k: f for k, f in schema().fields.items() if k != "position"}})
        build_graph(load("vast_spatial"), lacking)


def test_spatial_teams_are_near_each_other() -> None:
    fields = episodes(2)
    fields["position"][:] = torch.tensor([[0.0, 0], [9, 9], [0, 1], [9, 8]], dtype=torch.float64)
    of = model("vast_spatial_official", taps=("teams",))
    for labels in of.learn(fields, draws(of, 2)).taps["teams"].flatten(0, 1).tolist():
        assert labels[0] == labels[2] != labels[1] == labels[3]


@pytest.mark.parametrize("spec", ["local_ac_vdn", "local_ac_qmix", "vast_vdn", "vast_qmix"])
def test_igm_is_proved_for_the_critics(spec: str) -> None:
    proof = next(p for p in prove(build_graph(load(spec), schema())) if p.name == "igm")
    assert proof.outcome == "proved"


def test_v_is_worth_what_no_action_changes_and_in_the_released_code_depends_on_the_joint_action() -> None:
    """Eq. 3 has V(tau); the released V reads the values of what is done, so it differs at the greedy joint action."""
    fields = episodes(6)
    other = fields | {"action": (fields["action"] + 1) % ACTIONS}
    for spec, tap, alike in (("vast", "offset", True), ("vast_official", "live.v", False)):
        of = model(spec, given=True, taps=(tap,))
        assert torch.equal(of.learn(fields).taps[tap], of.learn(other).taps[tap]) == alike
