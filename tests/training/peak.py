"""``python -m tests.training.peak SPEC ENV``: bytes that updates from full episodes take, and what was foretold."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from compose.compiler.held import _fields
from compose.envs.catalogue import make, schema
from compose.language.load import load
from compose.training.build import build_model
from compose.training.learners import learner_for
from compose.training.memory import estimate
from compose.training.settings import Settings


def main(spec: str, env: str) -> None:
    torch.set_num_threads(1)
    known = schema(env)
    model = build_model(load(spec), known, settings=Settings(updates=1))
    learner = learner_for(model, make(env), 0)
    batch, steps = learner.settings.batch, known.sizes["time"]
    foretold = estimate(model, known, fields=learner.read)
    before = _resident("VmRSS")
    held = {name: x for name, x in _fields(model, batch, steps).items() if name in {*learner.read, "steps", "episode"}}
    for turn in range(2):
        draws = model.draw("learn", 0, turn, held["episode"], steps=steps)
        params = dict.fromkeys(model.moving, 0.5)
        learner.optimizers.pace(learner.clocks.read())
        learner.optimizers.update(lambda draws=draws, params=params: model.learn(held, draws, params), turn)
    print(_resident("VmHWM") - before, foretold.activations)


def _resident(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(what)


if __name__ == "__main__":
    main(*sys.argv[1:])
