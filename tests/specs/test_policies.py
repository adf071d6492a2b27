"""MAPPO, IPPO, COMA: nobody acts on a critic, baselines are counterfactual, schedules reach the entropy."""

from __future__ import annotations

import pytest
import torch

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.load import load
from tests.compiler.cases import stored
from tests.specs.schemas import small_schema

FLAT = ("mappo", "ippo", "mappo_epymarl", "ippo_epymarl", "coma", "coma_epymarl")
NAMES = (*FLAT, "mappo_attention", "ippo_attention")
SMALL = ["params.hidden=8"]


def model(name: str, *changes: str, taps: tuple[str, ...] = ()) -> Model:
    small = [*SMALL, *(["params.embed=8", "params.heads=2"] if "attention" in name else [])]
    return Model(build_graph(load(name, [*small, *changes]), small_schema()), seed=1, dtype=torch.float64, taps=taps)


def batch(of: Model) -> dict[str, torch.Tensor]:
    return dict(fake_batch(stored(of), 0, batch=4, dtype=torch.float64).items())


def params(of: Model) -> dict[str, float]:
    return of.params_at({"env_steps": 0, "episodes": 0, "updates": 0})


@pytest.mark.parametrize("name", NAMES)
def test_acting_is_the_policy_alone(name: str) -> None:
    of = model(name)
    proofs = {proof.name: proof.outcome for proof in prove(of.graph)}
    assert (proofs["decentralised"], proofs["availability"]) == ("proved", "proved")
    assert {weight.partition(".")[0] for weight in of.programs["act"].needs("weight")} == {"policy"}
    assert not {"state", "action"} & set(of.programs["act"].needs("field"))


@pytest.mark.parametrize("name", ["mappo_attention", "ippo_attention"])
def test_over_entities_nothing_knows_the_slots(name: str) -> None:
    proofs = {proof.name: proof.outcome for proof in prove(model(name).graph)}
    assert (proofs["permutation"], proofs["padding"]) == ("proved", "proved")


@pytest.mark.parametrize(("name", "apart"), [("ippo", True), ("ippo_epymarl", True), ("mappo", False)])
def test_whose_observations_a_critic_sees(name: str, apart: bool) -> None:
    value = "value" if name.endswith("epymarl") else "v"
    of = model(name, taps=(value,))
    fields = batch(of)
    other = {**fields, "observation": fields["observation"].clone(), "state": fields["state"] + 1}
    other["observation"][:, :, 1:] += 1
    before, after = (of.learn(one).taps[value] for one in (fields, other))
    assert torch.equal(before[..., 0], after[..., 0]) is apart


@pytest.mark.parametrize("name", ["coma", "coma_epymarl"])
def test_a_baseline_does_not_depend_on_the_own_action(name: str) -> None:
    of = model(name, taps=("q", "baseline", "taken"))
    fields = batch(of)
    other = {**fields, "played.u": fields["played.u"].clone(), "action": fields["action"].clone()}
    for of_actions in ("played.u", "action"):
        other[of_actions][:, :, 0] = (other[of_actions][:, :, 0] + 1) % 3
    before, after = (of.learn(one, params=params(of)).taps for one in (fields, other))
    steps = fields["steps"]
    torch.testing.assert_close(before["baseline"][..., 0][steps], after["baseline"][..., 0][steps])
    torch.testing.assert_close(before["q"][:, :, 0][steps], after["q"][:, :, 0][steps])
    assert not torch.allclose(before["baseline"][..., 1][steps], after["baseline"][..., 1][steps])


def test_the_first_epoch_is_unclipped() -> None:
    of = model("mappo", taps=("log_pi", "ratio", "advantage"))
    fields = batch(of)
    fields["played.log_mu"] = of.learn(fields).taps["log_pi"].detach()
    learned = of.learn(fields)
    assert (learned.taps["ratio"] == 1).all()
    count = fields["steps"][..., None] & fields["active"]
    torch.testing.assert_close(learned.losses["policy"], -learned.taps["advantage"][count].mean())


def test_the_weight_of_the_entropy_may_move() -> None:
    of = model("mappo", "params.entropy={kind: linear, from: 0.1, to: 0, over: 10 updates}")
    fields = batch(of)
    totals = [of.learn(fields, params=of.params_at({"env_steps": 0, "episodes": 0, "updates": n})) for n in (0, 5, 10)]
    parts = [float((one.totals["policy"].detach() - one.losses["policy"]) / one.losses["entropy"]) for one in totals]
    assert parts == pytest.approx([0.1, 0.05, 0.0])


def test_coma_keeps_to_the_floor_under_its_policy() -> None:
    of = model("coma", taps=("pi",))
    fields = batch(of)
    pi = of.learn(fields, params=params(of)).taps["pi"]
    allowed = fields["available"]
    least = 0.5 / allowed.sum(-1, keepdim=True).clamp(min=1)
    assert (pi[allowed] >= least.expand_as(pi)[allowed] - 1e-12).all()
    torch.testing.assert_close(pi.sum(-1)[fields["steps"]], torch.ones_like(pi[..., 0])[fields["steps"]])
