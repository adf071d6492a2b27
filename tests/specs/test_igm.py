"""IGM by brute force: for every method that claims it proved, no joint action beats the one greedy for every agent."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.schema import OBSERVED, ActionGroup
from compose.language.load import load
from tests.compiler.cases import PACKAGED, episodes, params, stored
from tests.specs.handful import repeats
from tests.specs.packaged import loaded
from tests.specs.schemas import small_schema

AGENTS, ACTIONS = 3, 3
JOINT = torch.tensor(list(product(range(ACTIONS), repeat=AGENTS)))
SCHEMA = small_schema(AGENTS, 2).model_copy(update={
    "actions": (ActionGroup(name="move", count=ACTIONS),),
    "axes": {"state": 7, "observation": 8, **dict(zip(OBSERVED, (1, 2, 4, 1), strict=True))}})
SMALLER = {name: ["params.trait=2", "axes.basic=2"] for name in ("updet", "hpn_qmix")}
"""What must be smaller where there are so few actions."""


def claims_it(name: str) -> bool:
    claim = loaded(name).spec.claims.igm_claim
    return claim is not None and claim.status == "proved"


@pytest.mark.parametrize(("name", "present"), [
    pytest.param(name, present, marks=pytest.mark.more if present == AGENTS or repeats(name) else ())
    for name in PACKAGED if claims_it(name) for present in (AGENTS, AGENTS - 1)])  # fmt: skip
def test_greedy_for_every_agent_is_greedy_for_all(name: str, present: int) -> None:
    claim = loaded(name).spec.claims.igm_claim
    assert claim is not None
    worth, greedy = enumerated(name, str(claim.joint), present, seed=1)
    assert worth.std() > 1e-8, "joint actions differ in worth"
    assert float((worth - greedy).max()) <= 1e-12


@pytest.mark.parametrize(("name", "joint"), [("qtran", "j"), ("qtran_attention", "j"), ("ow_qmix", "q_star")])
def test_enumeration_finds_what_does_not_hold(name: str, joint: str) -> None:
    """A joint value that only losses hold to the utilities, and a critic that nothing does."""
    worse = [float((worth - greedy).max()) for worth, greedy in (enumerated(name, joint, 3, seed) for seed in range(4))]
    assert max(worse) > 1e-4


def enumerated(name: str, joint: str, present: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What every joint action is worth by a method's joint value at its first step, and the one of greedy agents."""
    spec = loaded(name).spec
    claim = spec.claims.igm_claim
    local = str((claim and claim.utilities) or spec.act.scores)
    several = ["params.eta=0.6"] if "eta" in spec.params else []
    of = Model(build_graph(load(name, several + SMALLER.get(name, [])), SCHEMA), seed=4, dtype=torch.float64, passes=(),
               taps=(joint, local))
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in of.weights.values():
            weight.add_(0.05 * torch.randn(weight.shape, generator=noise, dtype=weight.dtype))
    known = stored(of)
    fields = {key: x[:1].expand(len(JOINT), *x.shape[1:]).clone() if known.fields[key].axes[0] == "batch" else x
              for key, x in episodes(3, known).items() if key in known.fields}
    for key in ("present", "active"):
        fields[key][:, :, :AGENTS] = torch.arange(AGENTS) < present
    fields["steps"] = torch.ones_like(fields["steps"])
    fields["action"] = JOINT[:, None].expand_as(fields["action"]).clone()
    drawn = of.draw("learn", 0, 0, torch.zeros(len(JOINT), dtype=torch.int64), steps=SCHEMA.sizes["time"])
    taps = of.learn(fields, drawn, params(of)).taps
    best = taps[local][0, 0].argmax(-1)
    place = int((best == JOINT).all(1).nonzero())
    worth = taps[joint].detach()[:, 0]
    return worth, worth[place]
