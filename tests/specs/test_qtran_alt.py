"""QTRAN-alt: what the joint values of an agent's own actions depend on, what trains what, and what its losses hold."""

from __future__ import annotations

import pytest
import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.files import packaged_specs
from compose.language.load import load, load_text
from tests.compiler.cases import episodes, gradients
from tests.specs.schemas import small_schema

SCHEMA = small_schema()
TEXT = (packaged_specs() / "qtran_alt.yaml").read_text(encoding="utf-8")


def model() -> Model:
    return Model(build_graph(load("qtran_alt"), SCHEMA), seed=3, dtype=torch.float64,
                 taps=("j", "j_taken", "j_peak", "v", "q", "most", "taken", "sum_taken", "sum_best"))


def test_an_agents_joint_values_do_not_depend_on_its_own_action() -> None:
    of, fields = model(), episodes()
    before = of.learn(fields).taps["j"]
    fields["action"][:, :, 1] = (fields["action"][:, :, 1] + 1) % 6
    changed = ((of.learn(fields).taps["j"] - before).abs() > 1e-9).any(-1)
    differs = (changed & fields["present"][:, :, :3]).any(0).any(0)
    assert differs.tolist() == [True, False, True]


def test_the_largest_excess_is_over_an_agents_own_available_actions() -> None:
    fields = episodes()
    taps = {name: x.detach() for name, x in model().learn(fields).taps.items()}
    for action in range(6):
        other = taps["sum_taken"][..., None] - taps["taken"] + taps["q"][..., action]
        excess = taps["j"][..., action] - other - taps["v"][..., None]
        assert bool(((excess <= taps["most"] + 1e-12) | ~fields["available"][..., action]).all())


def test_losses_train_what_they_should() -> None:
    of, fields = model(), episodes()
    taps = of.learn(fields).taps
    parts = {
        "td": taps["j_taken"].square(), "nopt": taps["most"].square(),
        "opt": taps["sum_best"][..., None] - taps["j_peak"].detach() + taps["v"][..., None],
    }  # fmt: skip
    reached = {name: {w.partition(".")[0] for w, g in gradients(of, x.sum()).items() if g.any()}
               for name, x in parts.items()}
    assert reached == {"td": {"utility", "joint"}, "nopt": {"utility", "offset"}, "opt": {"utility", "offset"}}
    last = {w for w, g in gradients(of, taps["j_taken"].sum()).items() if g.any() and w.startswith("utility.q")}
    assert not last, "the joint value reads histories, not utilities"


@pytest.mark.parametrize(("old", "new"), [
    ("", ""), (", where: env.available, over: action}", ", over: action}"), ("+ taken - sum_taken", "- sum_taken"),
    ("stop(j) - v - q", "stop(j) - v - 2 * q"), ("stop(j) - v - q", "stop(j) - q"),
    ("index: best}", "index: env.action}"),
    ("square(sum_best - stop(j_peak) + v)", "square(sum_best - stop(j_peak))"), ("block: max", "block: min"),
    ("square(most)", "most * most"),
])  # fmt: skip
def test_igm_is_soft_by_these_losses_alone(old: str, new: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    proof = next(p for p in prove(build_graph(load_text(text))) if p.name == "igm")
    assert (proof.outcome == "soft") is not old
