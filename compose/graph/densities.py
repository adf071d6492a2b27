"""Densities of the action, where it is numbers: those that are learned from must be of what acting draws."""

from __future__ import annotations

from compose.graph.elaborate import Causes, Elaboration
from compose.graph.functions import Function
from compose.graph.node import Node, Value
from compose.graph.proofs.greedy import unstopped
from compose.graph.recording import CHOSEN
from compose.language.diagnostics import Path


def check_densities(elaboration: Elaboration) -> None:
    """Refuse a density of ``env.action`` of another kind than acting draws by, and densities none of which is of the
    mean and the variance that it draws by: every other log-probability of what was done would be wrong, silently."""
    act, graph = elaboration.spec.act, elaboration.graph
    mean, variance = graph.act_values, graph.act_variance
    if elaboration.errors or mean is None or variance is None:
        return
    found = [node for node in graph.nodes([*graph.learned(), *graph.played()]) if node.op.density and _of_action(node)]
    other = next((node for node in found if node.op.density != act.choose), None)
    if other is not None:
        text = f"'{act.choose}' draws the action, but '{other.name}' is the density of what {other.op.density} draws"
        elaboration.report("act.density", ("act", "choose"), text, f"{act.choose}_log_prob is the density of this",
                           causes=_at(elaboration, other, "block"))
        return
    for field, drawn in (("mean", mean), ("variance", variance)):
        wrong = found[0] if found else None
        found = [node for node in found if _same(node.wires.get(field), drawn)]
        if wrong is not None and not found:
            has, draws = getattr(wrong.op, field, None), getattr(act, field)
            text = f"the action is drawn by the {field} '{draws}', but '{wrong.name}' is its density by '{has}'"
            elaboration.report("act.density", ("act", field), text, f"one density of env.action must be by act.{field}",
                               causes=_at(elaboration, wrong, field))


def _of_action(node: Node) -> bool:
    of = node.wires.get("of")
    return isinstance(of, Value) and unstopped(of).field == CHOSEN


def _at(elaboration: Elaboration, node: Node, field: str) -> Causes:
    at: Path = (*node.where, field)
    return ((elaboration.span(at), ""),)


def _same(one: object, other: object) -> bool:
    """Are two values the same number, by what they are or as the same expression?"""
    if not isinstance(one, Value) or not isinstance(other, Value):
        return False
    one, other = unstopped(one), unstopped(other)
    if one is other:
        return True
    if one.node is None or other.node is None:
        return one.node is other.node and (one.field, one.constant, one.param) == (other.field, other.constant,
                                                                                    other.param)
    ops = one.node.op, other.node.op
    return isinstance(ops[0], Function) and ops[0] == ops[1] and all(
        _same(x, other.node.wires[port]) for port, x in one.node.wires.items())
