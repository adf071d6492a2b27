"""Losses: an expression, a declared reduction, a weight that must not become negative."""

from __future__ import annotations

from compose.graph.average import Average
from compose.graph.elaborate import Elaboration
from compose.graph.graph import LossTerm
from compose.graph.intervals import interval
from compose.graph.node import Node, Value
from compose.graph.ports import floats
from compose.graph.scope import Failed
from compose.graph.structure import Spread, function
from compose.language.axes import Type, join
from compose.language.diagnostics import Path, did_you_mean
from compose.language.models import Loss
from compose.language.operation import Operation


def elaborate_losses(elaboration: Elaboration) -> None:
    """Type every loss of the spec into ``graph.losses``; mistakes are reported."""
    graph = elaboration.graph
    for name, loss in elaboration.spec.losses.items():
        try:
            term = graph.losses[name] = _loss(elaboration, name, loss)
        except Failed:
            continue
        part = _node(elaboration, function("*", 2), name, x0=term.average, x1=term.weight)
        before = graph.totals.get(term.optimizer)
        whole = part if before is None else _node(elaboration, function("+", 2), name, x0=before, x1=part)
        graph.totals[term.optimizer] = whole


def _loss(elaboration: Elaboration, name: str, loss: Loss) -> LossTerm:
    at, failed = ("losses", name), False
    values: dict[str, Value] = {}
    for field in ("of", "where", "weight"):
        try:
            values[field] = elaboration.main.expression(getattr(loss, field), (*at, field))
            if field == "weight":
                _weight(elaboration, values[field], (*at, field))
        except Failed:
            failed = True
    optimizer = _optimizer(elaboration, loss, at)
    if failed:
        raise Failed
    of, where, weight = values["of"], values["where"], values["weight"]
    lacking = set(where.type.axes) - set(of.type.axes)
    if lacking and lacking <= {"batch", "time"} and of.node is not None:  # the same for all episodes, or all steps
        of = elaboration.main.place(f"losses.{name}", Spread(), {"of": of, "like": where}, at)[""]
    _reduction(elaboration, loss, of, at)
    if where.type.dtype != "bool":
        elaboration.fail("graph.axes", (*at, "where"), f"expected a mask, got {where.type}")
    extra = [a for a in where.type.axes if a not in of.type.axes]
    if extra:
        text = f"'where' is {where.type}; the loss is {of.type} and has no axis '{extra[0]}'"
        elaboration.fail("graph.axes", (*at, "where"), text)
    counted = [a for a in (*loss.mean, *loss.sum) if elaboration.table.has_presence(a)]
    presence = {a: elaboration.presences.of(a, timed="time" in of.type.axes) for a in counted}
    of = floats(of, elaboration.main, (*at, "of"))
    operation = Average(loss.mean, loss.sum, loss.count, tuple(presence))
    average = _node(elaboration, operation, name, of=of, where=where, **presence)
    return LossTerm(name, of, where, weight, loss.mean, loss.sum, loss.count, optimizer, presence, average)


def _node(elaboration: Elaboration, operation: Operation, loss: str, **wires: Value) -> Value:
    node = Node(f"loss.{loss}", operation, ("losses", loss), elaboration.table, dict(wires))
    node.bound = {"...": join(*(value.type.axes for value in wires.values()))}
    node.values[""] = Value(node.name, Type(()), node)
    return node.values[""]


def _optimizer(elaboration: Elaboration, loss: Loss, at: Path) -> str:
    known = elaboration.spec.learner.optimizers
    if loss.optimizer is None:
        if len(known) != 1:
            hint = f"optimizer: {' or '.join(known)}"
            causes = tuple((elaboration.loaded.document.key_span(("learner", "optimizers", name)), f"'{name}' is")
                           for name in known)
            text = "several optimizers; the loss must say which one it trains"
            elaboration.fail("loss.optimizer", at, text, hint, causes=causes)
        return next(iter(known))
    if loss.optimizer not in known:
        elaboration.fail("loss.optimizer", (*at, "optimizer"), f"no optimizer '{loss.optimizer}'",
                         did_you_mean(loss.optimizer, known) or f"optimizers: {', '.join(known)}")
    return loss.optimizer


def _reduction(elaboration: Elaboration, loss: Loss, of: Value, at: Path) -> None:
    if of.type.dtype == "bool" or "batch" not in of.type.axes:
        elaboration.fail("graph.axes", (*at, "of"), f"a loss needs numbers with an axis 'batch', got {of.type}")
    for field, axes in (("mean", loss.mean), ("sum", loss.sum)):
        for axis in axes:
            if axis not in of.type.axes and axis != "batch":
                elaboration.fail("graph.axes", (*at, field), f"no axis '{axis}' in {of.type}",
                                 did_you_mean(axis, of.type.axes))
        if len(set(axes)) < len(axes):
            twice = next(axis for axis in axes if axes.count(axis) > 1)
            elaboration.fail("graph.axes", (*at, field), f"axis '{twice}' stands twice")
    both = set(loss.mean) & set(loss.sum)
    if both:
        elaboration.fail("loss.reduction", (*at, "sum"), f"axis '{both.pop()}' is in 'mean' and in 'sum'")
    loose = [a for a in of.type.axes if a not in ("batch", "time", *loss.mean, *loss.sum)]
    if loose:
        hint = "average it, add it up, or mix it before the loss"
        if "action" in loose:
            hint = "these are the values of all actions: `take` the one that was taken, or say how they are reduced"
        *others, last = (f"'{a}'" for a in loose)
        names = f"axes {', '.join(others)} and {last}" if others else f"axis {last}"
        text = f"{names} of {of.type} {'are' if others else 'is'} neither in 'mean' nor in 'sum'"
        elaboration.fail("loss.reduction", (*at, "of"), text, hint)


def _weight(elaboration: Elaboration, weight: Value, at: Path) -> None:
    if weight.type.axes or weight.type.dtype == "bool":
        elaboration.fail("loss.weight", at, f"a weight is one number, got {weight.type}")
    low, high = interval(weight)
    if low < 0:
        reach = f"is {low:g}" if low == high else f"can be {low:g} (it moves between {low:g} and {high:g})"
        causes = elaboration.set_at(elaboration.spec.losses[str(at[1])].weight.tree)
        elaboration.fail("loss.weight", at, f"the weight {reach}; a loss weight must not be negative", causes=causes)
