"""MAVEN: a latent holds for an episode, is what learning reads, and is told from what all agents would do."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.envs.catalogue import make
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.load import load, load_text
from compose.training.build import build_model
from compose.training.learners import learner_for
from tests.compiler.cases import gradients, stored
from tests.specs.schemas import small_schema

LATENTS = 3
SMALL = ["params.hidden=8", "params.mixing=4", "params.units=8", f"axes.latent={LATENTS}"]


def model(*changes: str) -> Model:
    graph = build_graph(load("maven", [*SMALL, *changes]), small_schema())
    return Model(graph, seed=2, dtype=torch.float64, taps=("q", "known", "guess", "would", "q_tot"))


def batch(of: Model) -> dict[str, Tensor]:
    return dict(fake_batch(stored(of), 0, batch=4, dtype=torch.float64).items())


def test_one_latent_an_episode_is_played_and_stored() -> None:
    env = make("skirmish/3m:limit=6")
    learner = learner_for(build_model(load("maven", [*SMALL, "learner.environments=60"]), env.schema), env, 0)
    learner.collect()
    z = learner.replay.newest(60)["played.z"]
    assert (z == z[:, :1]).all(), "one for all steps of an episode"
    counts = torch.bincount(z[:, 0], minlength=LATENTS)
    assert len(counts) == LATENTS
    assert int(counts.min()) >= 8
    learner.collect()
    assert not torch.equal(learner.replay.newest(60)["played.z"], z), "other episodes draw anew"


def test_learning_reads_the_latent_that_was_played() -> None:
    of = model()
    fields = batch(of)
    other = {**fields, "played.z": (fields["played.z"] + 1) % LATENTS}
    one, two = (of.learn(given).taps for given in (fields, other))
    assert not torch.allclose(one["q"], two["q"])
    again = of.learn(fields).taps
    assert torch.equal(one["q"], again["q"]), "nothing is drawn while learning"
    assert not of.programs["learn"].needs("draw")


def test_acting_by_a_latent_gives_what_learning_values_under_it() -> None:
    of = model()
    fields = batch(of)
    names = ("observation", "last_action", "agent_id", "available")
    first = {name: fields[name][:, :1] if of.schema.fields[name].axes[:2] == ("batch", "time") else fields[name]  # type: ignore[union-attr]
             for name in names}
    drawn = of.draw("act", 0, 0, torch.arange(4))
    latent = (drawn["drawn.part"] * LATENTS).long()
    values = of.act(first, draws=drawn).values
    told = {**fields, "played.z": latent[:, None].expand_as(fields["played.z"]).clone()}
    torch.testing.assert_close(values, of.learn(told).taps["q"][:, 0])


def test_what_tells_the_latent_reaches_utilities_through_their_softmax() -> None:
    of = model()
    fields = batch(of)
    learned = of.learn(fields)
    steps = fields["steps"]
    chances = learned.taps["guess"].log_softmax(-1).gather(-1, fields["played.z"][..., None])[..., 0]
    torch.testing.assert_close(learned.losses["told"], -chances[steps].mean().detach())
    found = gradients(of, learned.taps["known"][steps].sum())
    assert {name.partition(".")[0] for name, g in found.items() if g.any()} == {"utility", "told"}
    with torch.no_grad():
        for name, w in of.weights.items():
            if name.startswith("told."):
                w.zero_()
    assert abs(float(of.learn(fields).losses["told"]) - math.log(LATENTS)) < 1e-12


def test_what_acting_records_of_an_action_is_no_state_to_the_proof_of_igm() -> None:
    text = """
compose: 1
name: peeking
summary: A joint value with what acting recorded beside the utilities.
extends: maven
graph:
  beside: {block: mean, of: RECORDED, over: agent}
  worth:  q_tot + beside
losses: {td: {of: square(worth - y)}}
record: {MORE}
claims: {igm: {joint: worth, utilities: q, status: proved}}
"""
    for recorded, outcome in (("env.action", "not proved"), ("seen_best", "proved")):
        given = text.replace("RECORDED", "played.u").replace("MORE", f"u: {recorded}")
        if outcome == "proved":
            best = "  seen_best: {block: max, of: q_act, over: action, where: env.available}"
            given = given.replace("graph:", f"graph:\n{best}")
        proofs = {proof.name: proof.outcome for proof in prove(build_graph(load_text(given), small_schema()))}
        assert proofs["igm"] == outcome, recorded
