"""The compiled programs say what the plain interpreter says: `learn` with all passes, `act` step by step."""

from __future__ import annotations

import torch

from compose.compiler.model import Model
from compose.compiler.passes import PASSES
from compose.graph.align import align
from tests.generator.attacks.trial import Trial, differ

ACTED = ("batch", "time", "agent", "action")


def programs(trial: Trial) -> str | None:
    """Values and gradients of the losses, and what agents act on."""
    model = Model(trial.graph, dtype=torch.float64, passes=PASSES)
    target = {name: trial.target[name] for name in model.target}
    model.load({name: w.detach() for name, w in trial.weights.items()}, target, trial.statistics)
    return _learned(trial, model) or _acted(trial, model)


def _learned(trial: Trial, model: Model) -> str | None:
    params = {name: float(x) for name, x in trial.params.items()}
    learned = model.learn(trial.fields, trial.draws, params)
    weights = {n: w.detach().requires_grad_() for n, w in trial.weights.items()}
    for name, term in trial.graph.losses.items():
        (plain,) = trial.values([term.average], weights=weights)
        if not bool(torch.isfinite(plain).all()):
            return None
        if moved := differ(plain, learned.losses[name]):
            return f"loss '{name}' of the program that learns is off by {moved:.3g}"
    for name, total in trial.graph.totals.items():
        (plain,) = trial.values([total], weights=weights)
        mine = _gradients(learned.totals[name], model.weights)
        for weight, g in _gradients(plain, weights).items():
            if bool(torch.isfinite(g).all()) and (moved := differ(g, mine[weight])) > 1e-7:
                return f"the gradient of {weight} for '{name}' is off by {moved:.3g}"
    return None


def _gradients(value: torch.Tensor, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    if not value.requires_grad:
        return {name: torch.zeros_like(w) for name, w in weights.items()}
    found = torch.autograd.grad(value, list(weights.values()), allow_unused=True, retain_graph=True)
    return {n: torch.zeros_like(w) if g is None else g for (n, w), g in zip(weights.items(), found, strict=True)}


def _acted(trial: Trial, model: Model) -> str | None:
    value, fields = trial.graph.act_values, trial.fields
    assert value is not None
    (plain,) = trial.values([value])
    plain = align(plain, value.type.axes, ACTED).expand(*fields["steps"].shape, -1, -1)
    state = None
    params = {name: float(x) for name, x in trial.params.items()}
    ever = torch.ones_like(fields["steps"][:, 0])
    for step in range(trial.steps):
        shown = {n: x[:, step : step + 1] if "time" in trial.axes(n) else x for n, x in fields.items()}
        draws = {n: x[:, step : step + 1] if "time" in trial.draw_axes(n) else x for n, x in trial.draws.items()}
        acted = model.act(shown, state, draws, params)
        state = acted.state
        here = (fields["present"][:, step, : trial.schema.agents] & ever[:, None])[..., None]
        if moved := differ(plain[:, step], acted.values, here.expand(acted.values.shape)):
            return f"what is acted on at step {step} is off by {moved:.3g} from what the episode as a whole gives"
        ever = ever & fields["steps"][:, step]
    return None
