"""Saved weights of PyMARL, PyMARL2 and EPyMARL (``agent.th``, ``mixer.th``) under the names of a spec."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.load import Loaded
from compose.training.rollout import tensors

_FC = {f"fc{n}.{part}": f"{node}.{part}" for n, node in ((1, "x"), (2, "q")) for part in ("weight", "bias")}
_GRU = {"rnn.weight_ih": "h.input", "rnn.weight_hh": "h.hidden", "rnn.bias_ih": "h.input_bias",
        "rnn.bias_hh": "h.hidden_bias"}  # fmt: skip
_HYPER = {"hyper_w_1.0": "w1_x", "hyper_w_1.2": "w1_raw", "hyper_w_1": "w1_raw", "hyper_b_1": "b1", "V.0": "v_x",
          "V.2": "v", "hyper_w_final.0": "w2_x", "hyper_w_final.2": "w2_raw", "hyper_w_final": "w2_raw",
          "hyper_w1.0": "w1_x", "hyper_w1.2": "w1_raw", "hyper_b1.0": "b1", "hyper_w2.0": "w2_x",
          "hyper_w2.2": "w2_raw", "hyper_b2.0": "v_x", "hyper_b2.2": "v"}  # fmt: skip
NAMES: Mapping[str, Mapping[str, str]] = {
    "agent.th": {theirs: f"utility.{ours}" for theirs, ours in {
        **_FC, **_GRU, "rnn.weight": "h.weight", "rnn.bias": "h.bias"}.items()},
    "mixer.th": {f"{theirs}.{part}": f"mixer.{ours}.{part}" for theirs, ours in _HYPER.items()
                 for part in ("weight", "bias")},
}
"""File -> name there -> name here."""


@dataclass(frozen=True)
class Carried:
    """What became of the weights of a folder."""

    weights: dict[str, Tensor]
    """Here -> numbers, in the shapes of the spec's weights."""
    pairs: tuple[tuple[str, str], ...]
    """(``agent.th: fc1.weight``, name here)."""
    unused: tuple[str, ...]
    """There, and without a name here."""
    missing: tuple[str, ...]
    """Here, and not there."""
    apart: Mapping[str, float]
    """Value -> the largest difference between the spec's model and plain torch on random episodes."""


def carry(folder: Path, spec: Loaded, schema: EntitySchema, seed: int = 0) -> Carried:
    """The weights of a folder under a spec's names, and what they compute, twice.

    Raises:
        SpecError: ``import.weights`` if there is no such file, a file is not tensors alone, shapes differ, or nothing
            meets; ``graph.*`` if the spec does not type in the environment.
    """
    given = {file: read_state(folder / file) for file in NAMES if (folder / file).exists()}
    if "agent.th" not in given:
        near = did_you_mean("agent.th", (p.name for p in folder.glob("*"))) if folder.is_dir() else ""
        raise _wrong("there is no agent.th", str(folder), near or "name the folder of one saved step, models/RUN/STEP")
    graph = build_graph(spec, schema)
    known = [name for name in ("seen", "q", "taken", "q_tot") if name in graph.values]
    model = Model(graph, seed=seed, passes=(), taps=known)
    found: dict[str, Tensor] = {}
    pairs, unused = [], []
    for file, state in given.items():
        for theirs, x in state.items():
            ours = NAMES[file].get(theirs)
            if ours is None or ours not in model.weights:
                unused.append(f"{file}: {theirs} {list(x.shape)}")
                continue
            if ours in found:
                raise _wrong(f"{theirs} and another one are both {ours} here", str(folder / file))
            found[ours] = _shaped(x, model.weights[ours].shape, f"{theirs} -> {ours}", str(folder / file))
            pairs.append((f"{file}: {theirs}", ours))
    if not found:
        raise _wrong(f"nothing there has a name in {spec.spec.name}", str(folder))
    missing = tuple(name for name in model.weights if name not in found)
    with torch.no_grad():
        for name, x in found.items():
            model.weights[name].copy_(x)
    model.follow()
    return Carried(found, tuple(pairs), tuple(unused), missing, _compared(model, schema, given, seed))


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that ``torch.save`` wrote of a state dict; nothing else in it is ever made.

    Raises:
        SpecError: ``import.weights``.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise _wrong(f"cannot be read: {(error.strerror or str(error)).lower()}", str(path)) from None
    except Exception as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        hint = "it must be what torch.save wrote of a state dict"
        raise _wrong(f"holds no tensors alone, and nothing else is read: {said}", str(path), hint) from None
    if not isinstance(state, dict) or not all(isinstance(k, str) and isinstance(x, Tensor) for k, x in state.items()):
        raise _wrong("is no state dict: names with tensors", str(path))
    for name, x in state.items():
        if x.layout != torch.strided or not x.is_floating_point() or not bool(torch.isfinite(x).all()):
            raise _wrong(f"{name} is not of finite numbers", str(path))
    return {name: x.detach().to(torch.float32) for name, x in state.items()}


def _shaped(x: Tensor, wanted: torch.Size, names: str, file: str) -> Tensor:
    """Rows of several axes lie there in one: [agent * mixing, in] is [agent, mixing, in]."""
    rows = len(wanted) and x.dim() > 1 and x.shape[-1] != wanted[-1]
    if x.numel() != math.prod(wanted) or rows:
        hint = "are environment, widths and hypernet_layers those it was trained with?"
        raise _wrong(f"{names}: {list(x.shape)} there, {list(wanted)} here", file, hint)
    return x.reshape(wanted).clone()


def _compared(model: Model, schema: EntitySchema, given: Mapping[str, Mapping[str, Tensor]],
              seed: int) -> dict[str, float]:
    """The largest differences of utilities and of the joint value between the model and plain torch."""
    batch = tensors(fake_batch(schema, seed, batch=3, time=min(schema.sizes["time"], 6)))
    draws = model.draw("learn", seed, 0, torch.arange(3), steps=batch["action"].shape[1])
    with torch.no_grad():
        taps = model.learn(batch, draws, model.params_at({"env_steps": 0, "episodes": 0, "updates": 0})).taps
        found, agent = {}, given["agent.th"]
        there = batch["present"][..., : schema.agents].all(-1)  # plain torch knows of no agent that is absent
        if not bool(there.any()):
            return {}
        if {"seen", "q"} <= set(taps) and set(agent) <= set(NAMES["agent.th"]):
            found["q"] = _largest(taps["q"], _utility(agent, taps["seen"]), there)
        if "mixer.th" in given and {"taken", "q_tot"} <= set(taps) and set(given["mixer.th"]) <= set(NAMES["mixer.th"]):
            joint = _mixed(given["mixer.th"], taps["taken"], batch["state"])
            found["q_tot"] = _largest(taps["q_tot"], joint, there)
    return found


def _largest(one: Tensor, other: Tensor, where: Tensor) -> float:
    return float((one - other)[where].abs().max())


def _utility(state: Mapping[str, Tensor], seen: Tensor) -> Tensor:
    """q [batch time agent action] of what is seen [batch time agent feature], step by step."""
    x = F.linear(seen, state["fc1.weight"], state["fc1.bias"]).relu()
    if "rnn.weight" in state:
        h = F.linear(x, state["rnn.weight"], state["rnn.bias"]).relu()
    else:
        cell = [state[f"rnn.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        last, steps = x.new_zeros(x[:, 0].flatten(0, -2).shape[0], cell[1].shape[1]), []
        for step in x.unbind(1):
            last = torch.gru_cell(step.flatten(0, -2), last, *cell)
            steps.append(last.reshape(*step.shape[:-1], -1))
        h = torch.stack(steps, 1)
    return F.linear(h, state["fc2.weight"], state["fc2.bias"])


def _mixed(state: Mapping[str, Tensor], taken: Tensor, s: Tensor) -> Tensor:
    """Q_tot [batch time] of the utilities taken [batch time agent]."""
    def net(*names: str) -> Tensor:
        """Layers of the first of these names that is there, with a rectifier between two."""
        name = next(n for n in names if any(key.startswith(f"{n}.") for key in state))
        layers = sorted({key.rpartition(".")[0] for key in state if key.startswith(f"{name}.")})
        y = s
        for n, layer in enumerate(layers):
            y = F.linear(y if n == 0 else y.relu(), state[f"{layer}.weight"], state[f"{layer}.bias"])
        return y

    w1 = net("hyper_w_1", "hyper_w1").abs().reshape(*taken.shape, -1)
    b1, w2, v = net("hyper_b_1", "hyper_b1"), net("hyper_w_final", "hyper_w2").abs(), net("V", "hyper_b2")
    hidden = F.elu((taken[..., None] * w1).sum(-2) + b1)
    return (hidden * w2).sum(-1) + v[..., 0]


def _wrong(message: str, where: str, hint: str = "") -> SpecError:
    return SpecError(Diagnostic("import.weights", message, where=where, hint=hint))
