"""What surrounds a graph: acting, losses, optimizers, params that move, lagged copies, the log, claims."""

from __future__ import annotations

import random

from tests.generator.invent import choice, shaped
from tests.generator.texts import heads, read_by
from tests.generator.workbench import Data, Entry, Workbench

ACTED = {"batch", "time", "agent", "action"}
CLOCKS = ("env_steps", "episodes", "updates")


def schedule(rng: random.Random, low: float, high: float) -> Data:
    """A number that moves between two others."""
    over = f"{rng.choice([3, 10, 100])} {rng.choice(CLOCKS)}"
    kind = rng.choice(["linear", "exponential", "cosine", "piecewise"])
    if kind == "piecewise":
        return {"kind": kind, "over": over, "at": [[0, low], [0.5, high], [1, low]]}
    start, end = rng.sample([low, high], 2)
    if kind == "exponential":
        start, end = max(start, 0.01), max(end, 0.01)
    return {"kind": kind, "from": start, "to": end, "over": over}


def params(rng: random.Random, data: Data) -> None:
    """Some params move."""
    if "rate" in data["params"] and rng.random() < 0.5:
        data["params"]["rate"] = schedule(rng, rng.choice([0.0, 0.2]), rng.choice([0.5, 1.0]))


def act(rng: random.Random, data: Data) -> None:
    """How actions are chosen."""
    values = data["act"].get("values", data["act"].get("logits"))
    where = data["act"].get("where")
    kind = rng.choice(["greedy", "epsilon_greedy", "epsilon_greedy", "categorical"])
    made: Data = {"choose": kind, ("logits" if kind == "categorical" else "values"): values}
    if where is not None and rng.random() < 0.9:
        made["where"] = where
    if kind == "epsilon_greedy":
        made["epsilon"] = schedule(rng, 0.05, 1.0) if rng.random() < 0.6 else 0.3
    if kind == "categorical":
        if rng.random() < 0.5:
            made["evaluate"] = "sample"
        learner = {k: v for k, v in data["learner"].items() if k not in ("replay", "target", "minibatches", "horizon")}
        data["learner"] = learner | {"kind": "on_policy", "updates": "1 per 3 episodes"}
    data["act"] = made


def target(rng: random.Random, data: Data) -> None:
    """How lagged copies follow."""
    if data["learner"]["kind"] == "replay":
        every = f"{rng.choice([1, 2])} {rng.choice(['updates', 'episodes'])}"
        kind = rng.choice(["copy", "polyak"])
        data["learner"]["target"] = {"kind": kind, "every": every} | ({"tau": 0.3} if kind == "polyak" else {})


def loss(bench: Workbench) -> bool:
    """One more loss, of anything that is a number for every episode."""
    rng, data = bench.rng, bench.data
    fits = [
        e for e in bench.pool("") if "batch" in e.axes and e.type.dtype == "float" and not e.text.startswith("env.")
    ]
    if not fits:
        return False
    entry = choice(rng, fits)
    form = rng.choice(
        ["square({})", "{}", "abs({})", "0 * {}", "square({} - 1)", "-{}", "minimum({}, 0)", "relu({} - 5)"]
    )
    made: Data = {"of": form.format(entry.text)}
    for axis in entry.axes:
        if axis not in ("batch", "time"):
            made.setdefault(rng.choice(["mean", "sum"]), []).append(axis)
    if rng.random() < 0.5:
        made["weight"] = rng.choice([0, 0.5, "rate", "1 - rate", "rate / 2", "0 * rate", "maximum(rate, 0.1)"])
    if rng.random() < 0.5:
        made["where"] = _mask(bench, entry)
    if rng.random() < 0.2:
        made["count"] = rng.choice(["slots", "all"])
    optimizers = data["learner"]["optimizers"]
    if len(optimizers) > 1:
        made["optimizer"] = rng.choice(list(optimizers))
    data["losses"][f"more{len(data['losses'])}"] = made
    return True


def _mask(bench: Workbench, entry: Entry) -> str:
    fits = [e for e in bench.pool("") if e.type.dtype == "bool" and set(e.axes) <= set(entry.axes)]
    if not fits:
        return "env.steps"
    mask = choice(bench.rng, fits)
    steps = "time" in entry.axes
    return bench.rng.choice(
        [f"env.steps & {mask.text}", f"env.steps & {mask.text}", mask.text] if steps else [mask.text]
    )


def optimizer(rng: random.Random, data: Data) -> None:
    """A second optimizer, which a new network of its own or one of the losses takes."""
    optimizers = data["learner"]["optimizers"]
    if len(optimizers) > 1 or len(data["losses"]) < 2:
        return
    (first,) = optimizers
    second: Data = {"kind": rng.choice(["adam", "rmsprop", "adamw", "radam", "sgd"])}
    second |= {"after": first} if rng.random() < 0.5 else {}
    optimizers["second"] = second | ({"clip": 1} if rng.random() < 0.5 else {})
    names = list(data["losses"])
    for name, one in data["losses"].items():
        one["optimizer"] = "second" if name == names[-1] else first


def logged(bench: Workbench) -> bool:
    """A value of every step, or of every episode, is written down."""
    fits = [e for e in bench.pool("") if e.type.dtype == "float" and e.axes in (("batch",), ("batch", "time"))]
    if not fits:
        return False
    bench.data.setdefault("log", {})["seen"] = choice(bench.rng, fits).text
    return True


def claims(bench: Workbench) -> bool:
    """Claim that what agents do is best for some joint value."""
    rng, nodes = bench.rng, bench.data["graph"]
    if "taken" not in nodes:
        return False
    fits = [
        e
        for e in bench.pool("")
        if e.type.dtype == "float"
        and {"batch", "time"} <= set(e.axes)
        and "taken" in {h for head in heads(e.text) if head in nodes for h in (head, *read_by(nodes, head))}
    ]
    if "q_tot" in nodes and rng.random() < 0.6:
        fits = [e for e in bench.pool("") if e.text == "q_tot"]
    if not fits:
        return False
    joint = choice(rng, fits)
    one = shaped(bench, "", joint, ("batch", "time"))
    if one is None or one.type.dtype != "float":
        return False
    igm = {"joint": one.text, "status": rng.choice(["proved"] * 4 + ["soft"])}
    greedy = [e.text for e in bench.pool("") if set(e.axes) == ACTED and e.type.dtype == "float"]
    if greedy and rng.random() < 0.2:
        igm["utilities"] = rng.choice(greedy)
    bench.data["claims"] = {"igm": igm}
    return True
