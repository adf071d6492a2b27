"""Parity of on-policy learners with released code: one runner for any recorded case.

    python -m tests.parity.on_policy FOLDER [--spec NAME]

A case is a folder with ``params``, ``inputs``, ``frozen`` and ``official`` (``.npz``, "/" in names written "__") and
``manifest.json``. ``frozen`` holds one update whose optimizers were kept from stepping, ``official`` two real ones.
Rows are the steps of the episodes, within an episode last step first. Sub-teams are taken as recorded: they were
sampled.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compose.compiler.model import Learned, Model
from compose.graph.build import build_graph
from compose.graph.fields import Field
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields
from compose.language.load import load
from compose.training.optim import Optimizers
from tests.parity.runner import relative, report

SPECS = {"il": "local_ac_official", "vdn_flat": "local_ac_vdn_official", "qmix_flat": "local_ac_qmix_official",
         "qtran_flat": "local_ac_qtran_official", "vast_qtran_fixed": "vast_fixed_official",
         "vast_qtran_random": "vast_random_official",
         "vast_qtran_spatial": "vast_spatial_official"}
"""Of cases that are not named like their spec."""

LAYERS = {
    "policy.x1": "policy_net.fc_net.0", "policy.x2": "policy_net.fc_net.2", "policy.scores": "policy_net.action_head",
    "policy.v": "policy_net.value_head",
    "critic.x1": "Q_net.layer_1", "critic.x2": "Q_net.layer_2", "critic.q": "Q_net.Q_head",
    "operator.x1": "central_value_network.fc_net.0", "operator.x2": "central_value_network.fc_net.2",
    "operator.j": "central_value_network.joint_action_head", "operator.v": "central_value_network.state_value_head",
    "mixer.w1_x": "central_value_network.hyper_w_1.0", "mixer.w1": "central_value_network.hyper_w_1.2",
    "mixer.w2_x": "central_value_network.hyper_w_final.0", "mixer.w2": "central_value_network.hyper_w_final.2",
    "mixer.b1": "central_value_network.hyper_b_1",
    "mixer.v_x": "central_value_network.V.0", "mixer.v": "central_value_network.V.2",
    "assignment.x1": "assignment_learner.fc_net.0", "assignment.x2": "assignment_learner.fc_net.2",
    "assignment.scores": "assignment_learner.action_head",
}  # fmt: skip
"""Our layer -> the recorded one."""

IDLE = ("policy_net.value_head", "assignment_learner")
"""What the released code makes but does not train in methods that have no use for it."""

VALUES = {
    "returns": "batch/return", "q": "q/local_all", "taken": "q/local_taken", "greedy": "q/local_max",
    "factors": "q/subteam_taken", "factors_max": "q/subteam_max", "q_tot": "critic/q_total",
    "at_taken.j": "critic/q_joint", "live.v": "critic/v_taken", "at_max.j": "critic/q_joint_max",
    "at_max.v": "critic/v_max", "live.total": "critic/q_sum_taken", "at_max.total": "critic/q_sum_max",
    "log_team": "assign/log_prob",
}  # fmt: skip
"""Our value -> the recorded one, before any optimizer steps."""

OF_LIVING = {"pi": "policy/probs", "baseline": "policy/baseline", "advantage": "policy/advantage"}
"""The same, of agents that are alive."""

LOSSES = {"joint": "critic/term_value", "opt": "critic/term_opt", "nopt": "critic/term_nopt",
          "value": "policy/value_loss", "policy": "policy/policy_loss", "meta": "meta/loss"}  # fmt: skip
TOTALS = {"critic": "critic/loss", "assignment": "meta/loss", "policy": "policy/loss"}

SETTINGS = {"actor_hidden_units", "critic_hidden_units", "gamma", "learning_rate", "clip_norm", "nr_subteams",
            "nr_agents", "nr_actions", "time_limit", "rounds", "local_observation_space", "global_state_space",
            "episode_capacity",
            "episode_lengths", "dead_fraction", "reward_scale"}
"""Settings that are given to the spec, and those that only say what the recorded episodes are."""

Errors = Iterator[tuple[str, float]]
"""(what, its largest error in units of the tolerance)."""


@dataclass
class OnPolicyCase:
    folder: Path
    spec: str = ""

    @cached_property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        return found

    def arrays(self, name: str) -> dict[str, Tensor]:
        with np.load(self.folder / f"{name}.npz") as found:
            return {key.replace("__", "/"): torch.as_tensor(array) for key, array in found.items()}

    @cached_property
    def inputs(self) -> dict[str, Tensor]:
        return self.arrays("inputs")

    @cached_property
    def official(self) -> dict[str, Tensor]:
        return self.arrays("official")

    # ------------------------------------------------------------------ model

    def schema(self) -> EntitySchema:
        hyper = self.manifest["hyper_parameters"]
        agents = hyper["nr_agents"]
        teams = Field(axes=("batch", "time", "agent"), dtype="int", scope="global", what="The recorded sub-team.")
        return EntitySchema(
            name="recorded", summary="sizes of a recorded case", agents=agents, entities=agents,
            types=(EntityType(name="agent", side="agent", min=agents, max=agents),),
            features=(Feature(name="none", size=1, kind="float"),),
            actions=(ActionGroup(name="all", count=hyper["nr_actions"]),), limit=hyper["time_limit"], truncates=True,
            axes={"state": self.inputs["state"].shape[-1], "observation": self.inputs["obs"].shape[-1]},
            fields=standard_fields("state", "observation", "position", teams=teams),
        )  # fmt: skip

    def check_settings(self) -> None:
        """Raises ValueError with the names of settings that are neither given to the spec nor sizes."""
        unknown = [f"{name} ({value!r}) is not mapped" for name, value in self.manifest["hyper_parameters"].items()
                   if name not in SETTINGS]
        unknown += [f"{name}.weight_decay is {one['weight_decay']:g}"
                    for name, one in self.manifest["optimiser"].items() if one.get("weight_decay")]
        if unknown:
            raise ValueError("; ".join(unknown))

    def model(self) -> Model:
        self.check_settings()
        hyper, name = self.manifest["hyper_parameters"], self.manifest["case"]
        spec = self.spec or SPECS.get(name, f"{name}_official")
        known = load(spec).spec
        given = {"units": hyper["actor_hidden_units"], "joint": hyper["critic_hidden_units"], "gamma": hyper["gamma"],
                 "mixing": hyper["critic_hidden_units"], "eta": hyper["nr_subteams"] / hyper["nr_agents"],
                 "assigner": self.manifest["assignment_network_hidden_units"]}
        settings = [f"params.{key}={value}" for key, value in given.items() if key in known.params]
        for key in known.learner.optimizers:
            told = self.manifest["optimiser"][key]
            settings += [f"learner.optimizers.{key}.{name}={told[name]}" for name in ("lr", "betas", "eps")]
        if "critic" in known.learner.optimizers:
            settings.append(f"learner.optimizers.critic.clip={hyper['clip_norm']}")
        settings += ["graph.teams=env.teams"] if "teams" in known.graph else []
        graph = build_graph(load(spec, settings), self.schema())
        model = Model(graph, taps=tuple(name for name in (*VALUES, *OF_LIVING) if name in graph.values))
        model.load(self.weights(model, self.arrays("params")))
        return model

    def weights(self, model: Model, recorded: dict[str, Tensor]) -> dict[str, Tensor]:
        """Ours from recorded ones. Raises if one is missing, or one that is trained is left over."""
        found, used = {}, set()
        for name, weight in model.named_parameters():
            layer, _, kind = name.rpartition(".")
            used.add(f"{LAYERS[layer]}.{kind}")
            found[name] = recorded[f"{LAYERS[layer]}.{kind}"].reshape(weight.shape)
        left = [name for name in recorded if name not in used and not name.startswith(IDLE)]
        assert not left, f"not mapped: {left}"
        return found

    # ----------------------------------------------------------------- inputs

    def fields(self, turn: int) -> dict[str, Tensor]:
        """The recorded episodes of one update in our conventions."""
        arrays = {name: x[turn] for name, x in self.inputs.items() if name != "length"}
        steps = torch.arange(arrays["state"].shape[1] + 1) < self.inputs["length"][:, None]
        shape = (*steps.shape, arrays["alive"].shape[-1])

        def whole(x: Tensor) -> Tensor:
            """One more time index at the end, as every episode has."""
            return torch.cat([x, torch.zeros_like(x[:, :1])], 1)

        alive = whole(arrays["alive"])
        teams = torch.zeros(shape, dtype=torch.int64)
        if f"r{turn}/assign/ids" in self.official:
            teams[self.rows] = self.official[f"r{turn}/assign/ids"]
        observation = torch.zeros(*shape, arrays["obs"].shape[-1])
        observation[self.rows] = self.official[f"r{turn}/batch/obs"]
        return {
            "state": whole(arrays["state"]), "observation": observation, "action": whole(arrays["action"]),
            "reward": whole(arrays["reward"][..., 0]), "active": alive, "teams": teams, "steps": steps,
            "present": torch.ones(shape, dtype=torch.bool), "visible": torch.ones(*shape, shape[-1], dtype=torch.bool),
            "position": whole(arrays["position"]).float(),
            "terminated": torch.zeros_like(steps),
        }

    @cached_property
    def rows(self) -> tuple[Tensor, Tensor]:
        """Where the recorded rows stand in [batch time]."""
        pairs = [(e, t) for e, length in enumerate(self.inputs["length"].tolist()) for t in reversed(range(length))]
        episode, time = torch.tensor(pairs).T
        return episode, time

    # ---------------------------------------------------------------- results

    def compare_values(self) -> Errors:
        """Forward values, every loss term and every gradient of one update, on the first weights."""
        model, recorded = self.model(), self.arrays("frozen")
        learned = model.learn(self.fields(0))
        yield from self._values(learned, recorded | {k: v for k, v in self.official.items() if "/batch/" in k}, VALUES)
        yield from self._living(learned, recorded, 0)
        for ours, theirs in LOSSES.items():
            if ours in learned.losses:
                yield f"losses.{ours}", error(learned.losses[ours], recorded[f"r0/{theirs}"].mean())
        for name, total in learned.totals.items():
            yield f"total.{name}", error(total.detach(), recorded[f"r0/{TOTALS[name]}"])
            mine = model.trained_by(name)
            grads = torch.autograd.grad(total, list(mine.values()), retain_graph=True)
            for (weight, parameter), grad in zip(mine.items(), grads, strict=True):
                layer, _, kind = weight.rpartition(".")
                theirs = recorded[f"r0/grad_pre/{LAYERS[layer]}.{kind}"].reshape(parameter.shape)
                yield f"grad.{weight}", error(grad, theirs)

    def compare_updates(self) -> Errors:
        """Two updates, every optimizer in its turn on what the ones before it left: losses, norms, weights."""
        model = self.model()
        optimizers = Optimizers(model, model.spec.learner.optimizers)
        before = self.arrays("params")
        for turn in range(self.manifest["hyper_parameters"]["rounds"]):
            passes: list[Learned] = []

            def learn(at: int = turn, made: list[Learned] = passes) -> Learned:
                made.append(model.learn(self.fields(at)))
                return made[-1]

            updated = optimizers.update(learn)
            for names, learned in zip(optimizers.turns, passes, strict=True):
                for name in names:
                    yield f"{turn}.total.{name}", error(learned.totals[name].detach(),
                                                        self.official[f"r{turn}/{TOTALS[name]}"])
                    norm = self.official[f"r{turn}/gradnorm_pre/{name}"]
                    yield f"{turn}.norm.{name}", error(torch.as_tensor(updated.norms[name]), norm)
            yield from self._living(passes[-1], self.official, turn)
            after = {k.split("post/")[1]: v for k, v in self.official.items() if k.startswith(f"r{turn}/post/")}
            found = self.weights(model, after)
            for weight, parameter in model.named_parameters():
                yield f"{turn}.after.{weight}", relative(parameter.detach(), found[weight], 0.0, 1e-5)
            for name, x in after.items():
                if name.startswith(IDLE) and not any(name.startswith(LAYERS[n.rpartition(".")[0]]) for n in found):
                    yield f"{turn}.idle.{name}", error(before[name], x)

    def _values(self, learned: Learned, recorded: dict[str, Tensor], names: dict[str, str]) -> Errors:
        for ours, theirs in names.items():
            if ours in learned.taps and f"r0/{theirs}" in recorded:
                mine, kept = learned.taps[ours].detach()[self.rows], recorded[f"r0/{theirs}"]
                kept = kept[:, 0] if ours == "returns" else kept
                yield ours, error(mine, kept.reshape(mine.shape))

    def _living(self, learned: Learned, recorded: dict[str, Tensor], turn: int) -> Errors:
        alive = recorded[f"r{turn}/policy/alive"]
        for ours, theirs in OF_LIVING.items():
            if ours in learned.taps:
                mine = learned.taps[ours].detach()[self.rows]
                yield f"{turn}.{ours}", error(mine[alive], recorded[f"r{turn}/{theirs}"][alive])


def error(mine: Tensor, recorded: Tensor) -> float:
    return relative(mine, recorded, 1e-4, 1e-5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--spec", default="", help="the spec, if the case is not named like it")
    given = parser.parse_args()
    case = OnPolicyCase(given.folder, given.spec)
    try:
        case.check_settings()
    except ValueError as error:
        parser.error(str(error))
    report(case.compare_values(), case.compare_updates())


if __name__ == "__main__":
    main()
