"""Acting, losses, optimizers and targets against one another: what a training would refuse, a check refuses."""

from __future__ import annotations

from compose.graph.elaborate import Elaboration
from compose.graph.proofs.signal import trained
from compose.language.diagnostics import Diagnostic, Path, did_you_mean, dotted


def elaborate_learning(elaboration: Elaboration) -> None:
    """Report acting that a learner cannot learn from, optimizers that wait for one another, what nothing follows."""
    spec = elaboration.spec
    if spec.act.sampled and spec.learner.off_policy and not spec.record and not elaboration.errors:
        _told(elaboration)
    _order(elaboration)
    _each(elaboration)
    _starts(elaboration)
    if spec.learner.pieces and not elaboration.errors:
        _carried(elaboration)
    elif spec.learner.span(3) == 2 and not elaboration.errors:
        _steps_alone(elaboration)
    bodies = [spec.graph, *(network.nodes for network in spec.networks.values())]
    lags = any(getattr(node, "target", False) for body in bodies for node in body.values())
    if not lags and ("learner", "target") in elaboration.loaded.document.values:
        text = "nothing follows it: no node uses a lagged copy of its weights"
        elaboration.graph.notes.append(Diagnostic("graph.unused", text, "learner.target"))


def _told(elaboration: Elaboration) -> None:
    """How likely a drawn action is now is not how likely it was when an older policy played it."""
    graph = elaboration.graph
    for node in graph.nodes(graph.learned()):
        if "log_prob" in getattr(node.op, "block", "") and any(v.field == "action" for v in node.operands()):
            text = f"losses read how likely actions are by the policy of now, and a {elaboration.spec.learner.kind} " \
                   "learner holds actions of older ones"
            hint = "learner: {kind: on_policy}, or record how likely they were"
            notes = (f"'{node.name}' is {dotted(node.where)}",)
            elaboration.report("train.learner", ("act", "choose"), text, hint, notes=notes)
            return


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


def _each(elaboration: Elaboration) -> None:
    """What steps for every index of an axis trains weights that have it in front."""
    graph = elaboration.graph
    for name, one in elaboration.spec.learner.optimizers.items() if not elaboration.errors else ():
        total = graph.totals.get(name) if one.each is not None else None
        weights = [graph.weights[weight] for weight in sorted(trained(graph, total))] if total is not None else []
        wrong = next((info for info in weights if info.axes[:1] != (one.each,)), None)
        if wrong is not None:
            have = dict.fromkeys(info.axes[0] for info in weights if info.weight.axes != info.axes)
            text = f"'{name}' trains {wrong.name}, which has no axis '{one.each}' in front"
            hint = did_you_mean(str(one.each), have) or f"each: {one.each} on the block that owns it"
            elaboration.report("train.optimizer_each", ("learner", "optimizers", name, "each"), text, hint)


def _starts(elaboration: Elaboration) -> None:
    """A start of weights is that of matrices which are there."""
    matrices: dict[str, set[str]] = {}
    for info in elaboration.graph.weights.values() if not elaboration.errors else ():
        if info.weight.init == "orthogonal":
            matrices.setdefault(info.network, set()).add(info.name.split(".")[1])
    for name in elaboration.applied if not elaboration.errors else ():
        init, held = elaboration.spec.networks[name].init, matrices.get(name, set())
        if init is not None and not held:
            text = f"network '{name}' has no matrices of its own"
            elaboration.report("graph.weights", ("networks", name, "init"), text)
        for node in set(init.gains) - held if init is not None and held else ():
            hint = did_you_mean(node, held) or f"nodes with matrices: {', '.join(sorted(held))}"
            at = ("networks", name, "init", "gains", node)
            text = f"no node '{node}' of network '{name}' has a matrix"
            elaboration.report("graph.weights", at, text, hint, key=True)


def _carried(elaboration: Elaboration) -> None:
    """What remembers begins a piece with what acting carried there, so acting computes it too."""
    graph = elaboration.graph
    carried, seen = {*graph.nodes(graph.played())}, [*graph.learned(), *graph.logged.values()]
    while more := [value for node in graph.nodes(seen) for value in node.late.values() if value not in seen]:
        seen += more
    for node in graph.nodes(seen):
        if node not in carried and node.op.carries(node):
            text = f"pieces begin in the middle of episodes, and acting does not carry what '{node.name}' remembers"
            hint = "leave out horizon, so that episodes are whole, or let acting compute it"
            at: Path = ("learner", "horizon")
            elaboration.report("train.carried", at, text, hint, notes=(f"'{node.name}' is {dotted(node.where)}",))
            return


def _steps_alone(elaboration: Elaboration) -> None:
    """What learns from single steps reads a step and the one after it, no more."""
    graph = elaboration.graph
    for node in graph.nodes([*graph.learned(), *graph.logged.values()]):
        more = bool(node.op.carries(node)) or node.op.delayed or node.op.ahead != 1
        if more and any(node.joins("time", value) for value in node.values.values()):
            text = f"batches are of single steps, and '{node.name}' reads others than a step and the one after it"
            hint = "replay: {of: episodes}, or an utility without memory"
            at: Path = ("learner", "replay", "of")
            elaboration.report("train.steps", at, text, hint, notes=(f"'{node.name}' is {dotted(node.where)}",))
            return
