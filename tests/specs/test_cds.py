"""CDS: what is earned on top is of the step it is earned in, and the guesses learn from what comes next alone."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import gradients, stored
from tests.specs.schemas import small_schema

SMALL = ["params.hidden=8", "params.hyper=8", "params.embed=4", "params.wide=8"]
TAPS = ("q", "y", "arrived", "of_o", "of_u", "far", "far_by")


def model(*changes: str) -> Model:
    return Model(build_graph(load("cds", [*SMALL, *changes]), small_schema()), seed=2, dtype=torch.float64, taps=TAPS)


def batch(of: Model) -> dict[str, Tensor]:
    return dict(fake_batch(stored(of), 0, batch=4, dtype=torch.float64).items())


def test_the_bonus_is_of_the_step_that_leads_to_what_is_seen() -> None:
    of = model()
    fields = batch(of)
    taps = of.learn(fields).taps
    torch.testing.assert_close(taps["of_o"][:, :-1], taps["arrived"][:, 1:])
    bare = model("params.bonus=0").learn(fields).taps["y"]
    steps = fields["steps"]
    torch.testing.assert_close((taps["y"] - bare)[steps], 0.1 * (taps["of_o"] + taps["of_u"])[steps])


def test_what_was_done_apart_from_the_team_is_a_divergence() -> None:
    of = model("params.beta1=1")
    q = of.learn(fields := batch(of)).taps["q"].detach()
    pi = q.softmax(-1)
    here = fields["present"][:, :, : q.shape[2], None].expand_as(pi)
    team = torch.where(here, pi, 0).sum(2, keepdim=True) / here.sum(2, keepdim=True).clamp(min=1)
    apart = torch.where(here, pi * (pi / team).log(), 0).sum(-1).sum(2) / here[..., 0].sum(2).clamp(min=1)
    some = here[..., 0].any(2)
    torch.testing.assert_close(of.learn(fields).taps["of_u"][some], apart[some])
    assert (apart[some] >= -1e-12).all()


def test_each_guess_has_a_loss_and_an_optimizer_of_its_own() -> None:
    of = model()
    learned = of.learn(batch(of))
    for error, loss, trained in (("far", "guess", "guess"), ("far_by", "by", "guess_by_agent")):
        found = gradients(of, learned.taps[error].sum())
        assert {name.partition(".")[0] for name, g in found.items() if g.any()} == {trained}
        assert of.spec.losses[loss].optimizer == trained
    assert not learned.taps["y"].requires_grad, "the bonus is a reward"


def test_guesses_are_counted_where_a_step_led_to_what_is_seen() -> None:
    of = model()
    fields = batch(of)
    learned = of.learn(fields)
    led = torch.zeros_like(fields["steps"])
    led[:, 1:] = fields["steps"][:, :-1]
    far = learned.taps["far"]
    here = fields["present"][:, :, : far.shape[2]] & led[..., None]
    torch.testing.assert_close(learned.losses["guess"], far[here].mean().detach())
