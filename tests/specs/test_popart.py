"""PopArt on QMIX (Attention): scales follow the targets, values stay what they were, losses are of one size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.compiler.passes import PASSES, Pass
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.checkpoint import latest, read_tensors
from compose.training.folder import RunFolder
from compose.training.rollout import tensors
from tests.cli.conftest import Run, run

__all__ = ["run"]

ENV = schema("group_matching:tasks=3x1+4x2+5x2,cells=3,limit=6")
BATCH = 6
VALUES = ("q_tot", "v_bar", "y", "n")


def model(rate: float = 0.3, spec: str = "qmix_attention_popart", taps: tuple[str, ...] = VALUES,
          passes: Sequence[Pass] = ()) -> Model:
    small = ["params.embed=8", "params.hyper=8", "params.hidden=8", "params.mixing=4", "params.heads=2"]
    popart = [f"graph.moments.rate={rate}"] if spec == "qmix_attention_popart" else []
    return Model(build_graph(load(spec, [*small, *popart]), ENV), seed=1, dtype=torch.float64, passes=passes, taps=taps)


@cache
def batch() -> dict[str, Tensor]:
    return tensors(fake_batch(ENV, 0, batch=BATCH, dtype=torch.float64))


def scrambled(of: Model) -> Model:
    """Heads that are not as they started, online and lagged ones apart."""
    g = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for held in (of.weights, of.target):
            for name in ("head.n.scale", "head.n.shift"):
                held[name].copy_(torch.rand(held[name].shape, generator=g, dtype=torch.float64) + 0.5)
    return of


def scale(of: Model) -> Tensor:
    return (of.statistics["moments.square"] - of.statistics["moments.mean"] ** 2).clamp(1e-8, 1e12).sqrt()


def test_values_stay_what_they_were_online_and_lagged() -> None:
    of = scrambled(model())
    before, weights = of.learn(batch()), {name: w.detach().clone() for name, w in of.weights.items()}
    of.refresh(batch())
    after = of.learn(batch())
    for name in ("q_tot", "v_bar", "y"):
        torch.testing.assert_close(after.taps[name], before.taps[name], rtol=0, atol=1e-12)
    assert (after.taps["n"] - before.taps["n"]).abs().max() > 1e-3
    changed = {name for name, w in of.weights.items() if not torch.equal(w, weights[name])}
    assert changed == {"head.n.scale", "head.n.shift"}


def test_passes_see_the_same() -> None:
    plain, fast = scrambled(model()), scrambled(model(passes=PASSES, taps=()))
    for of in (plain, fast):
        of.refresh(batch())
    for name, x in plain.statistics.items():
        torch.testing.assert_close(fast.statistics[name], x, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(fast.learn(batch()).losses["td"], plain.learn(batch()).losses["td"], rtol=1e-12, atol=0)


def test_moments_are_running_means_of_the_targets_of_each_task() -> None:
    of = scrambled(model(rate=0.25))
    y, steps, task = of.learn(batch()).taps["y"], batch()["steps"], batch()["task"]
    of.refresh(batch())
    for k in range(3):
        mine = y[task == k][steps[task == k]]
        mean, square = (0.25 * mine.mean(), 0.75 + 0.25 * (mine**2).mean()) if len(mine) else (0.0, 1.0)
        assert of.statistics["moments.mean"][k] == pytest.approx(float(mean), abs=1e-12)
        assert of.statistics["moments.square"][k] == pytest.approx(float(square), abs=1e-12)


def test_a_head_that_is_not_trained_is_a_weight_for_each_task() -> None:
    """The head's scale and the moments' cancel: the loss is QMIX's, each episode's by 1 / scale^2 of its task."""
    of, base = model(), model(spec="qmix_attention", taps=("q_tot", "y"))
    shared = {name: w.detach() for name, w in of.weights.items() if not name.startswith("head.")}
    base.load(shared, {name: of.target[name] for name in base.target})
    for _ in range(5):
        of.refresh(batch())
    mine, plain = of.learn(batch()), base.learn(batch())
    torch.testing.assert_close(mine.taps["q_tot"], plain.taps["q_tot"], rtol=0, atol=1e-11)
    errors = (plain.taps["q_tot"] - plain.taps["y"]) ** 2 / scale(of)[batch()["task"]][:, None] ** 2
    wanted = errors[batch()["steps"]].mean()
    torch.testing.assert_close(mine.losses["td"], wanted, rtol=1e-10, atol=0)


def test_before_anything_is_seen_it_is_qmix() -> None:
    """Mean 0 and scale 1: the same loss, the same gradients, and so the same signs."""
    of, base = model(), model(spec="qmix_attention", taps=())
    base.load({name: w.detach() for name, w in of.weights.items() if name in base.weights},
              {name: of.target[name] for name in base.target})
    mine, plain = of.learn(batch()), base.learn(batch())
    torch.testing.assert_close(mine.losses["td"], plain.losses["td"], rtol=1e-12, atol=0)
    grads = torch.autograd.grad(mine.totals["main"], [of.weights[name] for name in base.weights])
    wanted = torch.autograd.grad(plain.totals["main"], list(base.weights.values()))
    for one, two in zip(grads, wanted, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-14)


def test_constant_targets_are_learned_by_the_moments() -> None:
    fields = dict(batch())
    fields["reward"] = torch.full_like(fields["reward"], 3.0)
    fields["terminated"] = torch.ones_like(fields["terminated"])
    of = model(rate=1.0)
    of.refresh(fields)
    seen = fields["task"][fields["steps"].any(1)].unique()
    torch.testing.assert_close(of.statistics["moments.mean"][seen], torch.full((len(seen),), 3.0).double())
    torch.testing.assert_close(scale(of)[seen], torch.full((len(seen),), 1e-4).double(), rtol=1e-3, atol=0)


def test_large_rewards_make_no_larger_losses() -> None:
    found = []
    for size in (1.0, 1000.0):
        fields = dict(batch())
        fields["reward"] = size * fields["reward"]
        fields["terminated"] = torch.ones_like(fields["terminated"])
        of = model(rate=1.0)
        of.refresh(fields)
        normal = (of.learn(fields).taps["y"] - of.statistics["moments.mean"][fields["task"]][:, None])
        found.append((normal / scale(of)[fields["task"]][:, None])[fields["steps"]])
    torch.testing.assert_close(found[0], found[1], rtol=1e-6, atol=1e-6)


@pytest.mark.more
def test_it_trains_and_goes_on_bit_for_bit(run: Run, tmp_path: Path) -> None:
    command = ("train", "tests/specs/narrow_popart.yaml", "--env", "group_matching/tasks", "--threads", "1")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run(*command, "--updates", "6", "--run", str(whole)).code == 0
    assert run(*command, "--updates", "3", "--run", str(parts)).code == 0
    assert run(*command, "--updates", "6", "--resume", "--run", str(parts)).code == 0
    ends = [read_tensors(latest(RunFolder(folder)), "statistics") for folder in (whole, parts)]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ("moments.mean", "moments.square"))
    assert float(ends[0]["moments.mean"].abs().sum()) > 0
    metrics = (whole / "metrics.jsonl").read_text()
    assert "statistic/moments.mean/" in metrics
