"""Acting, losses, optimizers and targets against one another: what a training would refuse, a check refuses."""

from __future__ import annotations

from compose.graph.elaborate import Elaboration
from compose.language.diagnostics import Diagnostic, did_you_mean


def elaborate_learning(elaboration: Elaboration) -> None:
    """Report acting that a learner cannot learn from, optimizers that wait for one another, what nothing follows."""
    spec = elaboration.spec
    if spec.act.sampled and spec.learner.off_policy:
        text = f"a {spec.learner.kind} learner acts greedily or epsilon-greedily, not '{spec.act.choose}'"
        hint = "learner: {kind: on_policy}, or choose: epsilon_greedy"
        elaboration.report("train.learner", ("act", "choose"), text, hint)
    _order(elaboration)
    bodies = [spec.graph, *(network.nodes for network in spec.networks.values())]
    lags = any(getattr(node, "target", False) for body in bodies for node in body.values())
    if not lags and ("learner", "target") in elaboration.loaded.document.values:
        text = "nothing follows it: no node uses a lagged copy of its weights"
        elaboration.graph.notes.append(Diagnostic("graph.unused", text, "learner.target"))


def _order(elaboration: Elaboration) -> None:
    """``after`` names another optimizer, and following it comes to an end."""
    after = {name: one.after for name, one in elaboration.spec.learner.optimizers.items()}
    waiting: set[str] = set()
    for name, before in after.items():
        at = ("learner", "optimizers", name, "after")
        if before is None:
            continue
        if before not in after:
            hint = did_you_mean(before, after) or f"optimizers: {', '.join(after)}"
            elaboration.report("loss.optimizer", at, f"no optimizer '{before}'", hint)
            continue
        trail: list[str] = [name]
        step: str | None = before
        while step in after and step not in trail:
            trail.append(step)
            step = after[step]
        if step == name and name not in waiting:
            waiting |= {*trail}
            elaboration.report("train.optimizer_order", at, f"never lets it step: {' after '.join([*trail, name])}")
