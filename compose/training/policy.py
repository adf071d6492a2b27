"""A trained policy, to act with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compose.compiler.model import Model
from compose.compiler.tensordict_acting import Acts
from compose.envs.scaling import within
from compose.graph.schema import EntitySchema
from compose.kernels.random import key
from compose.language.load import load_flat
from compose.training.actors import evaluating
from compose.training.build import build_model
from compose.training.checkpoint import newest, read_tensors, stands
from compose.training.clocks import Clocks, moving_params
from compose.training.folder import RunFolder, reading
from compose.training.given import step_fields
from compose.training.learner import same_kinds
from compose.training.records import About
from compose.training.rollout import as_last, nothing_done, own_fields
from compose.training.run import Build
from compose.training.weights_file import read_weights_file

Array = NDArray[Any] | Tensor

ALWAYS = ("entities", "visible", "present", "available")
"""Fields that must be given whatever the spec reads."""


class Policy:
    """Decentralised actions (greedy, or as the spec evaluates) for a batch of episodes, step by step.

    ``policy.reset(8)``, then ``actions = policy.act(fields)`` at every step.
    """

    def __init__(self, model: Model, schema: EntitySchema, params: Mapping[str, float], *, seed: int = 0) -> None:
        self.model, self.schema, self.params = model, schema, dict(params)
        self._own = {"last_action", *own_fields(schema, model.device)}
        read = model.programs["act"].needs("field") if model.programs else ()
        always = [name for name in ALWAYS if name in schema.fields]
        self.reads: tuple[str, ...] = tuple(dict.fromkeys((*always, *(name for name in read if name not in self._own))))
        """Fields that it must be given at every step."""
        self._actor = evaluating(model, key(seed, "policy"), params)
        self.reset(1)

    def reset(self, batch: int) -> None:
        """Begin ``batch`` new episodes."""
        device = next(iter(self.model.weights.values())).device
        self._episodes = torch.arange(batch, device=device)
        self._last = nothing_done(self.schema, batch, device)
        self._step = 0

    def act(self, fields: Mapping[str, Array]) -> Array:
        """Actions for the present step, int64 [batch agent]; of continuous ones float32 [batch agent part], within the
        bounds of the schema.

        Args:
            fields: What the schema declares, numpy or torch, without the time axis: ``entities``, ``visible``,
                ``present``, ``available`` and whatever else the spec reads. ``last_action`` is kept here. Numbers may
                have any precision, masks may be 0 and 1.

        Returns:
            A numpy array if ``entities`` is one, else a tensor.

        Raises:
            SpecError: ``policy.fields`` if a field is missing, unknown, not of the declared shape and kind or not
                finite, or an agent that is present has no action available; no step is taken then.
        """
        given = step_fields(fields, self.schema, self._episodes.shape[0], self.reads, device=self._last.device,
                            dtype=next(iter(self.model.weights.values())).dtype)
        timed = {name: "time" in self.schema.fields[name].axes for name in given}
        shown = {name: x.unsqueeze(1) if timed[name] else x for name, x in given.items()}
        shown = {"entities": shown["entities"], **own_fields(self.schema, self._last.device), **shown}
        action = self._actor.choose({**shown, "last_action": self._last[:, None]}, self._episodes, self._step)
        self._last = as_last(action, given["present"], self.schema)
        self._step += 1
        action = within(action, self.schema)
        return action.cpu().numpy() if isinstance(fields["entities"], np.ndarray) else action

    def as_tensordict_module(self) -> Acts:
        """The same policy as a ``tensordict`` module, which carries what recurs in the tensordict: ``in_keys`` and
        ``out_keys`` say how. ``last_action`` is a field like others there. It shares the weights."""
        return Acts(self.model, sampled=self._actor.sampled, params=self.params)


def load_policy(run: str | Path, *, checkpoint: Path | None = None, device: str | torch.device = "cpu",
                build: Build = build_model, load: Callable[[Path], Any] = load_flat) -> Policy:
    """The policy of a run, as of its newest checkpoint, made from ``spec.yaml``, ``schema.json`` and safetensors alone.

    Args:
        run: Folder of the run; or a file that ``compose import`` made, which says of which spec it is.
        checkpoint: Folder of a checkpoint of this run, instead of the newest.
        device: Where to compute.
        build: Makes the model, as in :func:`~compose.training.run.train`.
        load: Reads the spec's file for ``build``.

    Raises:
        SpecError: ``run.file`` if the folder holds no trained run, ``run.damaged`` if a file is not as a run writes it.
    """
    if Path(run).is_file():
        return _of_file(Path(run), device, build)
    folder = RunFolder(run)
    schema = read_schema(folder)
    checkpoint = newest(folder, checkpoint)
    model = build(load(folder.path / "spec.yaml"), schema, device=device)
    weights, about = read_tensors(checkpoint, "weights"), folder.record("run.json", About)
    with reading(checkpoint / "weights.safetensors"):
        same_kinds(model.weights, weights)
        model.load(weights)
    return Policy(model, schema, moving_params(model, stands(checkpoint)), seed=about.seed)


def _of_file(path: Path, device: str | torch.device, build: Build) -> Policy:
    held = read_weights_file(path)
    model = build(held.spec, held.schema, device=device)
    with reading(path), torch.no_grad():
        same_kinds(model.weights, held.weights)
        lacking = set(model.programs["act"].needs("weight")) - set(held.weights)
        if lacking:
            raise ValueError(f"there is no {min(lacking)}, which acting reads")
        for name, x in held.weights.items():
            if name not in model.weights or model.weights[name].shape != x.shape:
                raise ValueError(f"{name} {list(x.shape)} is no weight of {model.spec.name}")
            model.weights[name].copy_(x)
    return Policy(model, held.schema, moving_params(model, Clocks()))


def read_schema(folder: RunFolder) -> EntitySchema:
    """The schema that a run was trained on. Raises SpecError (``run.file``, ``run.damaged``)."""
    text = folder.text("schema.json")
    with reading(folder.path / "schema.json"):
        return EntitySchema.model_validate_json(text)
