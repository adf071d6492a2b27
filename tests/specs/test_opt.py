"""OPT: what its parts promise, beyond the released numbers (tests/parity) and what holds for every spec."""

from __future__ import annotations

from itertools import product
from math import log

import pytest
import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.compiler.weights import count
from compose.envs.catalogue import schema as catalogued
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.load import load
from tests.compiler.cases import Fields, draws, episodes, gradients
from tests.specs.schemas import small_schema

ABLATIONS = {"opt_without_disagreement": "disagree", "opt_without_cmi": "infer"}


def made(spec: str, *settings: str, taps: tuple[str, ...] = (), schema: EntitySchema | None = None) -> Model:
    graph = build_graph(load(spec, ["params.embed=8", "params.hyper=8", "params.hidden=6", *settings]),
                        schema or small_schema())
    return Model(graph, seed=3, dtype=torch.float64, taps=taps)


# ------------------------------------------------------------------ prototypes and gates


def test_one_prototype_leaves_no_choice() -> None:
    it = made("opt", "axes.proto=1", taps=("q.layers.gate",))
    learned = it.learn(episodes(), draws(it))
    assert torch.equal(learned.taps["q.layers.gate"], torch.ones_like(learned.taps["q.layers.gate"]))
    for name in ("cd_utility", "cd_mixer", "cmi"):
        assert abs(float(learned.losses[name])) < 1e-12, name


@pytest.mark.parametrize("number", [2, 3, 8])
def test_equal_prototypes_disagree_by_log_n(number: int) -> None:
    it = made("opt", f"axes.proto={number}")
    with torch.no_grad():
        for name, weight in it.weights.items():
            if name.split(".")[1] == "p":  # [layer proto width In]
                weight.copy_(weight[:, :1].expand_as(weight))
    learned = it.learn(episodes(), draws(it))
    for name in ("cd_utility", "cd_mixer"):
        assert float(learned.losses[name]) == pytest.approx(2 * log(number), rel=1e-9), name


def test_gates_and_weights_of_utilities_sum_to_one() -> None:
    it = made("opt_official", taps=("q.layers.gate", "q_tot.w0", "q_tot.layers[1].gate"))
    fields = episodes()
    taps = it.learn(fields, draws(it)).taps
    for name in ("q.layers.gate", "q_tot.layers[1].gate"):
        torch.testing.assert_close(taps[name].sum(-1), torch.ones_like(taps[name][..., 0]))
    present = fields["present"][:, :, : it.schema.agents]
    assert not taps["q_tot.w0"][~present].any()
    some = present.any(-1)
    torch.testing.assert_close(taps["q_tot.w0"].sum(-1)[some], torch.ones_like(taps["q_tot.w0"][..., 0][some]))


# ------------------------------------------------------------------ losses


def test_divergence_and_entropy_add_up_to_the_cross_entropy() -> None:
    it = made("opt_official", taps=("q.layers.gate", "q.guess", "cmi", "entropy"))
    taps = it.learn(episodes(), draws(it)).taps
    cross = -(taps["q.layers.gate"] * taps["q.guess"].log()).sum(-1)
    torch.testing.assert_close(taps["cmi"] + taps["entropy"], cross)
    assert (taps["cmi"] > -1e-12).all()


def test_the_divergence_is_zero_where_the_guess_is_the_gate() -> None:
    it = made("opt")
    with torch.no_grad():
        for kind in ("weight", "bias"):
            guess, gate = it.weights[f"utility.guessed.{kind}"], it.weights[f"disentangle.logit.{kind}"]
            guess.zero_()
            guess[..., -gate.shape[-1] :].copy_(gate)
    assert abs(float(it.learn(episodes(), draws(it)).losses["cmi"])) < 1e-12


def test_mutual_information_trains_gates_and_guesses_but_no_memory() -> None:
    it = made("opt", taps=("cmi",))
    for name, g in gradients(it, it.learn(episodes(), draws(it)).taps["cmi"].sum()).items():
        network, node, _ = name.split(".")
        if network == "utility":
            assert bool(g.any()) is (node in ("x", "guessed")), name
        elif network != "disentangle":
            assert not g.any(), name
        elif node == "logit":
            assert g.any(), name


@pytest.mark.parametrize(("spec", "param"), ABLATIONS.items())
def test_an_ablation_is_the_method_without_that_weight(spec: str, param: str) -> None:
    less, whole, fields = made(spec), made("opt", f"params.{param}=0"), episodes()
    mine = gradients(less, less.learn(fields, draws(less)).totals["main"])
    reference = gradients(whole, whole.learn(fields, draws(whole)).totals["main"])
    for name in set(reference) - set(mine):
        assert not reference[name].any(), name
    assert set(mine) <= set(reference)
    for name, g in mine.items():
        torch.testing.assert_close(g, reference[name], rtol=1e-9, atol=1e-12)


def test_without_sparsemax_nothing_in_sight_is_ignored() -> None:
    fields = episodes()
    ignored = {}
    for spec in ("opt", "opt_without_sparsemax"):
        it = made(spec, taps=("q_tot.layers[0].p",))
        with torch.no_grad():
            for name in ("query", "key"):
                it.weights[f"disentangle_state.p.{name}"] *= 6
        entities = fields["entities"].clone().requires_grad_()
        z = it.learn({**fields, "entities": entities}, draws(it)).taps["q_tot.layers[0].p"]
        (g,) = torch.autograd.grad(z[1, 0, 0, 0, 0], entities)
        ignored[spec] = int((g[1, 0].abs().sum(-1) == 0)[fields["present"][1, 0]].sum())
    assert ignored["opt"] > 0
    assert ignored["opt_without_sparsemax"] == 0


# ------------------------------------------------------------------ how far an agent sees


def chain(it: Model) -> Fields:
    """Agent 0 sees entity 3; entity 3 sees entity 4, which agent 0 does not see."""
    fields = episodes(schema=it.schema)
    fields["present"] = torch.ones_like(fields["present"])
    eye = torch.eye(it.schema.entities, dtype=torch.bool).expand_as(fields["sight"]).clone()
    eye[..., 0, 3] = eye[..., 3, 4] = True
    return {**fields, "sight": eye, "visible": eye[:, :, : it.schema.agents]}


@pytest.mark.parametrize(("spec", "layers", "leaks"), [
    ("opt", 2, False), ("opt", 3, False), ("opt_official", 1, False), ("opt_official", 2, True),
])  # fmt: skip
def test_only_stacked_layers_in_one_table_reach_two_hops(spec: str, layers: int, leaks: bool) -> None:
    it = made(spec, f"axes.layer={layers}", taps=("q",))
    fields = chain(it)
    before = it.learn(fields, draws(it)).taps["q"][:, :, 0]
    entities = fields["entities"].clone()
    entities[:, :, 4] += 1
    after = it.learn({**fields, "entities": entities}, draws(it)).taps["q"][:, :, 0]
    assert bool((before != after).any()) is leaks
    entities[:, :, 3] += 1
    assert (it.learn({**fields, "entities": entities}, draws(it)).taps["q"][:, :, 0] != before).any()


# ------------------------------------------------------------------ mixing


@pytest.mark.long  # tests/specs/test_igm.py tries a first step of all methods
@pytest.mark.parametrize("spec", ["opt", "opt_official", "opt_official_unscaled"])
def test_the_greedy_joint_action_is_the_best_one(spec: str) -> None:
    schema = small_schema(agents=3, others=1)
    it = made(spec, taps=("q", "q_tot"), schema=schema)
    fields = episodes(schema=schema)
    values = it.learn(fields, draws(it)).taps["q"][:, 0]
    actions, best, greedy = range(schema.sizes["action"]), [], values.argmax(-1)

    def joint(choice: Tensor) -> Tensor:
        taken = {**fields, "action": fields["action"].clone()}
        taken["action"][:, 0] = choice
        return it.learn(taken, draws(it)).taps["q_tot"][:, 0]

    for choice in product(actions, repeat=3):
        best.append(joint(torch.tensor(choice).expand_as(greedy)))
    torch.testing.assert_close(torch.stack(best).amax(0), joint(greedy))


# ------------------------------------------------------------------ tokens


def test_an_action_is_valued_by_the_token_of_whom_it_is_aimed_at() -> None:
    """Entities in other slots, and the actions with them: the same values. Aims exchanged: values exchanged."""
    schema = catalogued("smac/3-8sz")
    it, fields = made("opt_tokens", taps=("q",), schema=schema), episodes(schema=schema)
    agents, count, aims = schema.agents, schema.entities, fields["action_entity"]

    def values(changed: Fields) -> Tensor:
        return it.learn({**fields, **changed}, draws(it)).taps["q"]

    before = values({})
    order = torch.cat([torch.arange(agents), torch.arange(count - 1, agents - 1, -1)])
    moved = {"entities": fields["entities"][:, :, order], "present": fields["present"][:, :, order],
             "visible": fields["visible"][..., order], "sight": fields["sight"][:, :, order][..., order],
             "action_entity": aims[..., order]}
    torch.testing.assert_close(values(moved), before, rtol=0, atol=1e-12)

    plain = schema.sizes["plain"]
    swapped = torch.arange(schema.sizes["action"])
    swapped[plain], swapped[plain + 1] = plain + 1, plain
    torch.testing.assert_close(values({"action_entity": aims[:, swapped]}), before[..., swapped], rtol=0, atol=1e-12)
    assert (before[..., plain] != before[..., plain + 1]).any()


# ------------------------------------------------------------------ sizes


def test_parameters_are_as_many_as_released() -> None:
    """73,574 and 49,106 in the released agent and mixer on 38 features and 14 actions, with a classifier of 4 x 33
    numbers in each of four layers that nothing trains."""
    graph = build_graph(load("opt_official"), catalogued("smac/3-8sz"))
    assert graph.table.size("feature") == 38
    assert count(graph) == 73_574 + 49_106 - 4 * (4 * 33)
