"""Small trainings of real specs, alone and together."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from compose.compiler.compile import compile
from compose.compiler.model import Model
from compose.envs.catalogue import make
from compose.envs.group_matching.environment import GroupMatching
from compose.graph.schema import EntitySchema
from compose.language.load import Loaded, load
from compose.training.build import build_model
from compose.training.checkpoint import latest
from compose.training.folder import RunFolder
from compose.training.learner import Batch
from compose.training.replay_learner import ReplayLearner
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.summary import RunResult
from compose.training.together import run
from compose.training.together.run import train_together

ENV = "group_matching:agents=3,cells=3,limit=6"
SMALL = ("params.embed=8", "params.heads=2", "learner.environments=2", "learner.replay.batch=4",
         "learner.replay.start=4", "learner.replay.episodes=12", "learner.target.every=7 episodes")  # fmt: skip
HYPER = ("params.hyper=8",)
TINY_CLIP = ("learner.optimizers.main.clip=0.01",)
MOVING = ("params.lambda={kind: linear, from: 0.6, to: 0.1, over: 70 env_steps}",)
"""Seeds read their own clocks, which differ."""
PACED = ("learner.optimizers.main.lr={kind: linear, from: 1.0e-2, to: 1.0e-4, over: 40 env_steps}",)
"""So do their step sizes."""


MODELS: dict[tuple[str, str, str], Model] = {}


def build(spec: Loaded, schema: EntitySchema, *, seed: int, device: str = "cpu",
          settings: Settings | None = None) -> Model:  # fmt: skip
    """What `build_model` gives; compiled once for all seeds and tests, as programs do not change."""
    key = (spec.spec.identity(), str(dict(spec.spec.log)), schema.hash)
    if key not in MODELS:
        MODELS[key] = build_model(spec, schema, device=device, settings=settings)
    return MODELS[key].of_seed(seed)


def spec(name: str = "refil_group_matching", *changes: str) -> Loaded:
    """A packaged spec made small."""
    return load(name, [*SMALL, *(() if name.startswith("vdn") else HYPER), *changes])


def settings(**changes: Any) -> Settings:
    given = {"updates": 14, "eval_every": 40, "eval_episodes": 3, "log_every": 20, "checkpoint_updates": 5,
             "threads": 1}
    return Settings(**given | changes)


def alone(folder: Path, seed: int, *changes: str, name: str = "refil_group_matching", resume: bool = False,
          **given: Any) -> RunResult:  # fmt: skip
    """``folder`` / seed, as one run."""
    return train(spec(name, *changes), ENV, run_dir=place(folder, seed), settings=settings(**given), seed=seed,
                 resume=resume, console=Console(file=io.StringIO()), build=build)  # fmt: skip


def together(folder: Path, seeds: Sequence[int], *changes: str, name: str = "refil_group_matching",
             resume: bool = False, at_once: int | None = None, **given: Any) -> list[RunResult]:  # fmt: skip
    """The same for several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "build_model", build)
        return train_together(spec(name, *changes), ENV, seeds, [place(folder, seed) for seed in seeds],
                              settings=settings(**given), resume=resume, console=Console(file=io.StringIO()),
                              at_once=at_once)  # fmt: skip


def place(folder: Path, seed: int) -> Path:
    return folder / f"seed_{seed:03d}"


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    """All that the newest checkpoint holds beside the replay, whose chunks depend on when it was saved."""
    checkpoint = latest(RunFolder(folder))
    assert checkpoint is not None
    files = checkpoint.glob("*.safetensors")
    return {f"{file.stem}/{name}": x for file in files for name, x in load_file(file).items()}


def same(one: Path, two: Path) -> bool:
    """Bitwise."""
    a, b = tensors(one), tensors(two)
    return set(a) == set(b) and all(torch.equal(a[name], b[name]) for name in a)


def close(one: Path, two: Path) -> bool:
    """To float tolerance."""
    a, b = tensors(one), tensors(two)
    return set(a) == set(b) and all(torch.allclose(a[name], b[name], rtol=1e-4, atol=1e-5) for name in a)


def logs(folder: Path, log: str) -> list[dict[str, Any]]:
    """Rows without what depends on the time of day."""
    return [{k: v for k, v in row.items() if k != "wall"} for row in RunFolder(folder).rows(log)]


class Doubled(GroupMatching):
    """Shows its entities in double precision."""

    def __init__(self) -> None:
        plain = make(ENV)
        assert isinstance(plain, GroupMatching)
        super().__init__(plain.schema, plain.settings)

    def _fields(self) -> dict[str, torch.Tensor]:
        fields = super()._fields()
        return {**fields, "entities": fields["entities"].double()}


class DoubleLearner(ReplayLearner):
    """Learns in double precision."""

    def batch(self) -> Batch:
        plain = super().batch()
        fields = {name: x.double() if x.is_floating_point() else x for name, x in plain.fields.items()}
        return Batch(fields, plain.draws, plain.params)


def double_learners(seeds: Sequence[int], *changes: str) -> list[DoubleLearner]:
    """Learners whose weights are doubles; reads no ``last_action``, which stays a float."""
    env = Doubled()
    first = compile(spec("refil_group_matching", *changes), env.schema, dtype=torch.float64)
    return [DoubleLearner(first.of_seed(seed), env, seed) for seed in seeds]
