"""Parity with released code: one runner for any recorded case and a mapping of weight names.

    python -m tests.parity.runner FOLDER [--mapping FILE]

A case is a folder with ``case.safetensors`` and ``manifest.json`` (masks there: 1 = masked out). The mapping says which
spec it is, which of our weights is which recorded one, and which recorded array every value is compared with. No weight
may be skipped or left over, on either side; what the released code owns and never trains stands under ``untrained``.
A ``*`` in a recorded name stands for 0, 1, ...: layers that we hold in one tensor; ``[*]`` in ours for as many.

Every setting of the manifest is set in the spec (``params``, ``axes``, ``settings``), has the one value that it means
(``fixed``), or means nothing here (``unread``); any other is refused by name. ``patch`` is laid over the spec first.
A loss that is recorded with its weight stands under ``weighted``, with the name of that setting.
Values are compared relative to the largest of their array: rounding of wide sums moves small elements further.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, takewhile
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, Self

import torch
import yaml
from safetensors.torch import load_file
from torch import Tensor

from compose.compiler.model import Model
from compose.compiler.weights import shape as weight_shape
from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.schema import EntitySchema
from compose.language.load import load_data
from compose.training.optim import Optimizers
from tests.parity import entities, flat
from tests.parity.steps import steps

MAPPINGS = Path(__file__).parent / "mappings"
SIZES = ("n_agents", "n_entities", "n_actions", "entity_shape", "obs_shape", "state_shape")


def read_mapping(path: Path) -> dict[str, Any]:
    """A mapping file with what it includes; later files win, lists add up."""
    own = yaml.safe_load(path.read_text())
    merged: dict[str, Any] = {}
    parts = [read_mapping(path.parent / f"{name}.yaml") for name in own.pop("include", [])]
    for part in [*parts, own]:
        for key, value in part.items():
            if isinstance(value, dict):
                merged[key] = merged.get(key, {}) | value
            else:
                merged[key] = merged.get(key, []) + value if isinstance(value, list) else value
    return merged


@dataclass
class Case:
    """One recorded case and the mapping to a spec of ours."""

    arrays: dict[str, Tensor]
    manifest: dict[str, Any]
    mapping: dict[str, Any]
    dtype: torch.dtype = torch.float32

    @classmethod
    def read(cls, folder: Path, mapping: Path | None = None) -> Self:
        manifest = json.loads((folder / "manifest.json").read_text())
        mapping = mapping or MAPPINGS / f"{manifest['case']}.yaml"
        return cls(load_file(folder / "case.safetensors"), manifest, read_mapping(mapping))

    @property
    def layout(self) -> ModuleType:
        """How the episodes were recorded: as entities with masks, or as observations and states."""
        return flat if "in/obs" in self.arrays else entities

    def schema(self) -> EntitySchema:
        made: EntitySchema = self.layout.schema(self)
        return made

    @cached_property
    def graph(self) -> Graph:
        self.check_settings()
        data: dict[str, Any] = {"compose": 1, "name": "recorded", "summary": "A recorded case.",
                                "extends": self.mapping["spec"],
                                **deepcopy(self.mapping.get("patch", {}))}
        for path, theirs in self.settings().items():
            *parents, last = path.split(".")
            place = data
            for name in parents:
                place = place.setdefault(name, {})
            place[last] = self.manifest["hyperparameters"][theirs]
        return build_graph(load_data(data), self.schema())

    def settings(self) -> dict[str, str]:
        """Path in the spec -> the recorded setting that stands there."""
        found = {f"{kind}.{ours}": theirs for kind in ("params", "axes")
                 for ours, theirs in self.mapping.get(kind, {}).items()}
        return found | self.mapping.get("settings", {})

    def check_settings(self) -> None:
        """Raises ValueError with every setting of the manifest that is not accounted for, or has another value."""
        hyper, fixed = self.manifest["hyperparameters"], self.mapping.get("fixed", {})
        known = {*SIZES, *self.settings().values(), *self.mapping.get("unread", [])}
        wrong = [f"{name} is {hyper[name]!r}; {self.mapping['spec']} stands for {value!r}"
                 for name, value in fixed.items() if name in hyper and hyper[name] != value]
        wrong += [f"{name} ({value!r}) is not mapped" for name, value in hyper.items() if name not in known | {*fixed}]
        wrong += [f"{name} is missing" for name in sorted({*self.settings().values()} - {*hyper})]
        if wrong:
            raise ValueError("; ".join(wrong))

    def model(self, taps: tuple[str, ...] = ()) -> Model:
        model = Model(self.graph, dtype=self.dtype, taps=taps)
        online, target = self.weights("params"), self.weights("target_params")
        model.load(online, {name: target[name] for name in model.target})
        return model

    def names(self) -> dict[str, str]:
        """Our weight -> recorded name, with ``[i/n]`` for the i-th of n pieces."""
        found = {}
        for section in self.mapping["weights"]:
            for ours, theirs in section["for"].items():
                for node, name in (section["map"] | self.mapping.get("layer", {})).items():
                    found[f"{ours}.{node}"] = name and f"{theirs}.{name}"
        return {ours: name for ours, name in found.items() if name}  # an included mapping names some that are not

    def weights(self, group: str) -> dict[str, Tensor]:
        """All our weights from a group of recorded arrays. Raises if a recorded one is left over."""
        used: dict[str, int] = {}
        found = {}
        shapes = dict.fromkeys(self.names())
        for ours, theirs in self.names().items():
            name, _, piece = theirs.partition("[")
            arrays = {one: self.arrays[f"{group}/{one}"] for one in self.numbered(group, name)}
            if piece:
                index, pieces = (int(n) for n in piece.rstrip("]").split("/"))
                arrays = {one: array.chunk(pieces)[index] for one, array in arrays.items()}
            for one, array in arrays.items():
                used[one] = used.get(one, 0) + array.numel()
            whole = torch.stack([*arrays.values()]) if "*" in name else arrays[name]
            found[ours] = whole.reshape(weight_shape(self.graph, self.graph.weights[ours])).to(self.dtype)
        assert set(found) == set(shapes)
        recorded = {k.split("/", 1)[1]: v for k, v in self.arrays.items() if k.startswith(f"{group}/")}
        for name, array in recorded.items():
            if any(name.endswith(idle) for idle in self.mapping.get("untrained", [])):
                assert group != "grads" or not array.any(), f"{name} has a gradient"
            elif not any(name.endswith(buffer) for buffer in self.mapping.get("buffers", [])):
                assert used.get(name) == array.numel(), f"{group}/{name}: {used.get(name)} of {array.numel()} used"
        return found

    def numbered(self, group: str, name: str) -> list[str]:
        """The recorded names that a name with a ``*`` stands for, in order."""
        if "*" not in name:
            return [name]
        every = (name.replace("*", str(i)) for i in count())
        return list(takewhile(lambda one: f"{group}/{one}" in self.arrays, every))

    def recorded(self, name: str) -> Tensor:
        """A recorded value; layers of one with a ``*`` stand after episode and step."""
        group, _, rest = name.partition("/")
        found = [self.arrays[f"{group}/{one}"] for one in self.numbered(group, rest)]
        return torch.stack(found, 2) if "*" in name else found[0]

    def fields(self) -> dict[str, Tensor]:
        """The recorded episodes in our conventions (True = visible, present)."""
        return {**self.layout.fields(self), **steps(self)}

    def draws(self, step: int | None = None) -> dict[str, Tensor]:
        """What was drawn (in the recorded case, or in a later optimiser step)."""
        source = {ours: name for ours, name in self.mapping.get("draws", {}).items() if name}
        drawn = {ours: self.arrays[f"out/{name}"] if step is None else self.arrays[f"steps/{name}"][step]
                 for ours, name in source.items()}
        return {ours: x.to(self.dtype) if x.is_floating_point() else x.long() for ours, x in drawn.items()}

    def compare_values(self) -> Iterator[tuple[str, float]]:
        """(name, largest error relative to 1e-5 max |value| + 1e-6) of every mapped value, on steps that count."""
        compared = self.compared()
        found = self.model(tuple(compared)).learn(self.fields(), self.draws())
        fields = self.fields()
        for ours, theirs in compared.items():
            name, _, shift = theirs.partition("@")
            yield ours, self._error(found.taps[ours].detach(), self.recorded(name), shift, fields)
        losses = {"total": found.totals["main"].detach(), **found.losses}
        for ours, name in {**self.mapping["losses"], "total": "out/loss_total"}.items():
            weight = self.mapping.get("weighted", {}).get(ours)
            mine = losses[ours] * (self.manifest["hyperparameters"][weight] if weight else 1)
            yield f"losses.{ours}", relative(mine, self.arrays[name].to(self.dtype))

    def compared(self) -> dict[str, str]:
        """Our value -> recorded array, each layer for itself where ``[*]`` stands for them."""
        found = {}
        for ours, theirs in self.mapping["values"].items():
            if theirs is None:  # an included mapping names it, and this spec has none
                continue
            name = theirs.partition("@")[0].partition("/")[2]
            many = [""] if "[*]" not in ours else map(str, range(len(self.numbered("out", name))))
            found |= {ours.replace("*", i): theirs.replace("*", i) if i else theirs for i in many}
        return found

    def _error(self, mine: Tensor, recorded: Tensor, shift: str, fields: dict[str, Tensor]) -> float:
        agents = self.manifest["hyperparameters"]["n_agents"]
        counted, present = self.arrays["in/filled"][..., 0].bool(), fields["present"][..., :agents]
        if shift:
            part = slice(None, -1) if shift == "now" else slice(1, None)
            mine, counted, present = mine[:, part], fields["steps"][:, :-1], present[:, part]
        recorded = recorded.reshape(mine.shape).to(mine.dtype)
        while counted.dim() < mine.dim():
            counted = counted.unsqueeze(-1)
        if mine.dim() > 2 and mine.shape[2] == agents:
            counted = counted & present.reshape(*present.shape, *[1] * (mine.dim() - 3))
        counted = counted.expand_as(mine)
        return relative(mine[counted], recorded[counted])

    def compare_gradients(self) -> Iterator[tuple[str, float]]:
        """(weight, largest error relative to 1e-4 of the weight's largest gradient + 1e-6 of the largest of all)."""
        model = self.model()
        model.learn(self.fields(), self.draws()).totals["main"].backward()
        recorded = self.weights("grads")
        largest = max(float(g.abs().max()) for g in recorded.values())
        for name, weight in model.named_parameters():
            assert weight.grad is not None
            if name not in self.noise():
                yield name, relative(weight.grad, recorded[name], 1e-4, 1e-6 * largest)

    def noise(self) -> set[str]:
        """Our weights whose true gradient is 0, as the manifest says: what is recorded of them is rounding."""
        told = self.manifest.get("noise_only") or []  # a list of names, or a sentence with the names in it
        idle = set(told if isinstance(told, list) else re.findall(r"[a-z_]+\.[\w.*]*\w", told))
        return {ours for ours, theirs in self.names().items() if theirs.partition("[")[0] in idle}

    def compare_steps(self) -> Iterator[tuple[str, float]]:
        """Weights after one optimiser step (atol 1e-5) and after three (5e-5), losses and gradient norms of three."""
        model = self.model()
        optimizers = Optimizers(model, model.spec.learner.optimizers)
        for step in range(self.arrays["steps/loss_total"].shape[0]):
            draws = self.draws(step) if self.mapping.get("draws") else {}
            total = model.learn(self.fields(), draws).totals["main"].detach()
            yield f"steps.loss[{step}]", relative(total, self.arrays["steps/loss_total"][step], 1e-4, 1e-5)
            norm = optimizers.update(lambda: model.learn(self.fields(), draws)).norms["main"]  # noqa: B023
            recorded = self.arrays["steps/grad_norm_total"][step]
            yield f"steps.norm[{step}]", relative(torch.as_tensor(norm), recorded, 1e-3)
            for group, slack in self.after(step):
                after = self.weights(group)
                for name, weight in model.named_parameters():
                    if name not in self.noise():
                        yield f"{group}.{name}", relative(weight.detach(), after[name], 1e-5, slack)

    def after(self, step: int) -> list[tuple[str, float]]:
        """Recorded weights after that optimiser step (the first is 0), and how far they may be off."""
        found = {0: ("params_after", 1e-5), 2: ("params_after_3", 5e-5)}
        return [found[step]] if step in found and any(k.startswith(f"{found[step][0]}/") for k in self.arrays) else []


def relative(mine: Tensor, recorded: Tensor, rtol: float = 1e-5, atol: float = 1e-6) -> float:
    """Largest |mine - recorded| / (rtol max |recorded| + atol); at most 1 means equal within the tolerance."""
    if mine.numel() == 0:
        return 0.0
    return float((mine.double() - recorded.double()).abs().max() / (rtol * recorded.double().abs().max() + atol))


def report(*parts: Iterator[tuple[str, float]]) -> NoReturn:
    """Print every (name, error in units of the tolerance); exit with 1 if one is above 1, or no number."""
    wrong = 0
    for name, off in chain(*parts):
        wrong += not off <= 1
        print(f"{'ok ' if off <= 1 else 'BAD'} {off:10.3g}  {name}")
    print(f"{wrong} outside the tolerance (1 is the tolerance)")
    sys.exit(wrong > 0)


def run(kind: type[Case], doc: str | None) -> NoReturn:
    """The command line of a runner."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mapping", type=Path)
    given = parser.parse_args()
    try:
        case = kind.read(given.folder, given.mapping)
    except FileNotFoundError as error:
        parser.error(f"{error.filename}: no such file; --mapping names the mapping of a case that has none here")
    try:
        case.check_settings()
    except ValueError as error:
        parser.error(str(error))
    report(case.compare_values(), case.compare_gradients(), case.compare_steps())


if __name__ == "__main__":
    run(Case, __doc__)
