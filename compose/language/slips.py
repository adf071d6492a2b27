"""What people write out of habit, and what to write here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from compose.language.diagnostics import did_you_mean
from compose.language.functions import FUNCTIONS
from compose.language.registry import catalogue

if TYPE_CHECKING:
    from compose.language.block import Block


def function_hint(name: str) -> str:
    """What to write instead of a function that is not there."""
    block = catalogue().get(name)
    said = [OTHERWISE.get(name, ""), "" if block is None else f"'{name}' is a block: {form(block)}"]
    found = "; over an axis, ".join(filter(None, said))
    return found or did_you_mean(name, FUNCTIONS) or f"functions: {', '.join(FUNCTIONS)}"


def block_hint(name: str) -> str:
    """What to write instead of a block that is not there."""
    if name in FUNCTIONS:
        places = ", ".join("xyz"[: FUNCTIONS[name].arity])
        return f"'{name}' is a function, not a block: write NODE: {name}({places})"
    kin = [form(block) for tag, block in sorted(catalogue().items()) if name.lower() in block.kin and tag != name]
    if kin:
        return f"what there is: {' or '.join(kin)}"
    return did_you_mean(name, catalogue()) or "`compose list blocks` names them all"


def form(block: type[Block]) -> str:
    """How a node of a block is written: ``{block: mean, of: ..., over: ...}``."""
    needed = [info.alias or name for name, info in block.model_fields.items() if info.is_required() and name != "block"]
    return "{" + ", ".join([f"block: {block.tag()}", *(f"{name}: ..." for name in needed)]) + "}"


OTHERWISE: Mapping[str, str] = {
    "max": "of two values, maximum(x, y)", "min": "of two values, minimum(x, y)",
    **dict.fromkeys(("clip", "clamp"), "minimum(maximum(x, low), high) stays between two numbers"),
    **dict.fromkeys(("detach", "stop_gradient", "stopgrad", "no_grad"), "stop(x) lets no gradient pass"),
    **dict.fromkeys(("pow", "power"), "square(x) and sqrt(x) are there, other powers are not"),
    "ln": "log(x) is the natural logarithm", "mse": "square(x - y); a loss takes the mean itself",
    "shift": "previous(x) is x one step earlier", "prev": "previous(x) is x one step earlier",
    "lag": "previous(x) is x one step earlier", "absolute": "abs(x)", "logistic": "sigmoid(x)",
}  # fmt: skip
"""Functions that go by another name."""


def choice_hint(word: object, allowed: Iterable[str]) -> str:
    """The allowed word that another stands for, or the nearest."""
    known = list(allowed)
    meant = [a for a in CHOICES.get(str(word).lower(), ()) if a in known]
    return f"Did you mean '{meant[0]}'?" if meant else did_you_mean(word, known)


def field_hint(where: str, name: object, known: Iterable[str], data: object) -> str:
    """What to write for a field that is not there: the field of another name, the place in the spec that has one of
    this name, the nearest, or all there are. ``where`` is its own place in ``data``, the spec."""
    fields, word = list(known), str(name)
    meant = [f for f in FIELDS.get(word.lower(), ()) if f in fields]
    if meant:
        return f"Did you mean '{meant[0]}'?"
    near = did_you_mean(word, fields) or place_hint(where, word, [data])
    return near or (f"fields: {', '.join(fields)}" if fields else "")


def place_hint(where: str, name: str, specs: Iterable[object]) -> str:
    """The places in specs, other than ``where``, that have this last name, or nearly."""
    places = list(dict.fromkeys(at for data in specs for at in _places(data) if at != where))
    near = did_you_mean(name, (at.rpartition(".")[2] for at in places))
    wanted = {name, *FIELDS.get(name.lower(), ())}
    meant = [at for at in places if at.rpartition(".")[2] in wanted] \
        or [at for at in places if near and at.rpartition(".")[2] == near[14:-2]]
    return f"is it {' or '.join(meant[:SHOWN])}?" if meant else ""


def _places(data: object, at: str = "") -> Iterator[str]:
    """Every key of a spec that is no node's, by its path."""
    for name, value in data.items() if isinstance(data, Mapping) else ():
        if (at, name) not in (("", "graph"), ("", "networks")):
            here = f"{at}.{name}" if at else str(name)
            yield here
            yield from _places(value, here)


SHOWN = 3
CHOICES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("exp", "decay", "geometric"), ("exponential",)), "const": ("constant",),
    **dict.fromkeys(("cos", "annealing"), ("cosine",)),
    **dict.fromkeys(("step", "steps", "stepwise", "points"), ("piecewise",)),
    **dict.fromkeys(("soft", "ema", "moving_average"), ("polyak",)), **dict.fromkeys(("hard", "periodic"), ("copy",)),
    **dict.fromkeys(("softmax", "stochastic", "boltzmann", "policy", "sampled"), ("categorical", "sample")),
    **dict.fromkeys(("normal", "diagonal_gaussian"), ("gaussian",)),
    **dict.fromkeys(("tanh_normal", "tanh_gaussian", "squashed"), ("squashed_gaussian",)),
    **dict.fromkeys(("argmax", "max", "deterministic"), ("greedy",)),
    **dict.fromkeys(("off_policy", "offpolicy", "off-policy", "dqn", "q_learner"), ("replay",)),
    **dict.fromkeys(("onpolicy", "on-policy", "ppo", "a2c", "reinforce"), ("on_policy",)),
    **dict.fromkeys(("yes", "true"), ("proved",)), **dict.fromkeys(("no", "false"), ("none", "refuted")),
    **dict.fromkeys(("adamax", "nadam"), ("adam",)), **dict.fromkeys(("rms", "rms_prop"), ("rmsprop",)),
    "momentum": ("sgd",),
}  # fmt: skip
"""What choices are called elsewhere, and what that is here."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("learning_rate", "step_size"), ("lr",)),
    **dict.fromkeys(("batch_size", "minibatch"), ("batch",)),
    **dict.fromkeys(("buffer_size", "capacity", "size", "buffer"), ("episodes", "to")),
    **dict.fromkeys(("warmup", "learning_starts", "min_size"), ("start",)),
    **dict.fromkeys(("grad_clip", "clip_norm", "max_grad_norm", "grad_norm_clip", "clip_grad"), ("clip",)),
    **dict.fromkeys(("clip_grad_value", "grad_clip_value"), ("clip_value",)),
    **dict.fromkeys(("l2", "decay", "weight_decay_rate"), ("weight_decay",)),
    **dict.fromkeys(("epsilon_start", "initial", "begin"), ("from",)), **dict.fromkeys(("end", "final"), ("to",)),
    **dict.fromkeys(("duration", "steps", "anneal_time", "length", "time"), ("over",)), "points": ("at",),
    **dict.fromkeys(("coef", "coefficient", "factor"), ("weight",)),
    **dict.fromkeys(("loss", "expr", "value"), ("of",)),
    **dict.fromkeys(("num_envs", "n_envs", "envs"), ("environments",)),
    **dict.fromkeys(("num_steps", "n_steps", "rollout_length", "rollout", "unroll_length"), ("horizon",)),
    "optimizer": ("optimizers",),
    "mask": ("where",),
    **dict.fromkeys(("interval", "period", "update_interval"), ("every",)), "rate": ("tau",), "rho": ("tau",),
    **dict.fromkeys(("activation_fn", "act"), ("activation",)), **dict.fromkeys(("out", "units", "features"), ("to",)),
    **dict.fromkeys(("axis", "dim", "along"), ("over",)), **dict.fromkeys(("input", "x", "inputs"), ("of",)),
    **dict.fromkeys(("env", "environment"), ("example_env",)), "description": ("summary",), "parent": ("extends",),
    **dict.fromkeys(("nets", "modules"), ("networks",)), **dict.fromkeys(("nodes", "model"), ("graph",)),
    **dict.fromkeys(("layers", "body"), ("nodes",)), **dict.fromkeys(("output", "outputs", "return"), ("returns",)),
}  # fmt: skip
"""What fields are called elsewhere, and what that is here."""
