"""Spec in, typed graph out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compose.graph.densities import check_densities
from compose.graph.elaborate import Elaboration
from compose.graph.graph import Graph, LossTerm
from compose.graph.later import refuse_later
from compose.graph.learning import elaborate_learning
from compose.graph.loops import find_loops
from compose.graph.losses import elaborate_losses
from compose.graph.match import Mismatch, match
from compose.graph.node import Node, Value
from compose.graph.placing import Placing
from compose.graph.ports import fit
from compose.graph.proofs.signal import trained
from compose.graph.readers import readings
from compose.graph.recording import check_record, elaborate_record
from compose.graph.schema import EntitySchema
from compose.graph.scope import Failed, Scope
from compose.language.axes import signature
from compose.language.diagnostics import Diagnostic, Path, SpecError, dotted, in_order
from compose.language.load import Loaded
from compose.language.values import Expr


def build_graph(loaded: Loaded, schema: EntitySchema | None = None) -> Graph:
    """Type the whole spec against an environment's schema; without one, sizes stay symbolic.

    Raises:
        SpecError: with every independent mistake.
    """
    elaboration = Elaboration(loaded, schema)
    elaborate(elaboration)
    if elaboration.errors:
        raise SpecError(*in_order(elaboration.errors.values()))
    return elaboration.graph


def elaborate(elaboration: Elaboration) -> None:
    """Type all that losses, acting and claims need; mistakes are kept in ``elaboration.errors``.

    Raises:
        SpecError: where going on makes no sense.
    """
    try:
        _elaborate(elaboration)
    except RecursionError:
        span = elaboration.loaded.document.key_span(("graph",))
        text = "nodes that read one another make a chain that is too long to follow"
        raise SpecError(Diagnostic("graph.size", text, "graph", span)) from None


def _elaborate(elaboration: Elaboration) -> None:
    spec, loaded = elaboration.spec, elaboration.loaded
    if spec.abstract:
        text = f"{spec.name} is abstract: it lacks what a child spec must add, and cannot be used alone"
        raise SpecError(Diagnostic("spec.abstract", text, "", loaded.document.key_span(("abstract",))))
    _actions(elaboration)
    _axes(elaboration)
    _shadows(elaboration)
    elaborate_losses(elaboration)
    _act(elaboration)
    elaborate_record(elaboration)
    _log(elaboration)
    _claims(elaboration)
    delays: list[Node] = []
    while elaboration.late:
        node, scope, port, expr = elaboration.late.pop()
        try:
            value = scope.expression(expr, (*node.where, port))
            if port in node.op.late:
                _watched(elaboration, node, port, value)
            else:
                node.wires[port] = value
                _closes(Placing(node, scope))
                delays.append(node)
        except Failed:
            continue
    _loops(elaboration, delays)
    check_record(elaboration)
    check_densities(elaboration)
    _unused(elaboration)
    _overlap(elaboration)
    elaborate_learning(elaboration)


def _actions(elaboration: Elaboration) -> None:
    """Choices are chosen among, numbers are drawn: acting must be of the environment's kind."""
    act, schema = elaboration.spec.act, elaboration.schema
    if schema is None or schema.continuous == (act.over == "part"):
        return
    if schema.continuous:
        text = f"'{act.choose}' chooses among actions, and an action of {schema.name} is {schema.sizes['part']} numbers"
        hint = "gaussian and squashed_gaussian draw numbers"
    else:
        many = schema.sizes["action"]
        text = f"'{act.choose}' draws numbers, and agents of {schema.name} choose among {many} actions"
        hint = "categorical draws one of them"
    raise SpecError(Diagnostic("act.kind", text, "act.choose", elaboration.span(("act", "choose")), hint))


def _watched(elaboration: Elaboration, node: Node, port: str, value: Value) -> None:
    """What a node only looks at has the axes of its port."""
    wanted = signature(node.op.ports()[port])
    try:
        match(wanted, value.type, {})
    except Mismatch as error:
        elaboration.fail("graph.axes", (*node.where, port), error.about(value.type))
    wants = node.op.rewrites
    if wants and port == wants.port and (value.node is None or not set(wants.weights) <= set(value.node.weights)):
        text = f"expected a node with weights to rewrite: {' and '.join(wants.weights)}"
        elaboration.fail("graph.weights", (*node.where, port), text)
    node.late[port] = value


def _closes(placing: Placing) -> None:
    """A loop must bring back the axes that its delay declares."""
    node, elaboration = placing.node, placing.elaboration
    declared, arrives = node.values[""].type, node.type("of")
    if set(declared.axes) != set(arrives.axes):
        elaboration.fail("graph.axes", (*node.where, "of"), f"expected {declared}, as `axes` says, got {arrives}")
    fit(placing)


def _loops(elaboration: Elaboration, delays: list[Node]) -> None:
    """What goes round through a delay can be computed step by step."""
    elaboration.graph.loops = find_loops(elaboration.graph, delays)
    for loop in dict.fromkeys(elaboration.graph.loops.values()):
        if loop.stuck is not None:
            node, why = loop.stuck
            through = dotted(loop.delays[0].where)
            text = f"this stands in a loop through '{through}', which is computed step by step, but {why}"
            elaboration.report("graph.loop", node.where, text, key=True)


def _axes(elaboration: Elaboration) -> None:
    for name, size in elaboration.spec.axes.items():
        try:
            elaboration.measure(size, ("axes", name))
        except Failed:
            elaboration.unsized.add(name)


def _shadows(elaboration: Elaboration) -> None:
    spec = elaboration.spec
    taken = {**dict.fromkeys(spec.axes, "an axis"), **dict.fromkeys(spec.params, "a param"), "env": "the environment",
             "played": "what acting records"}
    bodies: list[tuple[Path, Mapping[str, Any], Mapping[str, str]]] = [(("graph",), spec.graph, {})]
    bodies += [(("networks", n, "nodes"), net.nodes, net.inputs) for n, net in spec.networks.items()]
    for where, nodes, inputs in bodies:
        for name in nodes:
            if name in taken or name in inputs:
                what = taken.get(name, "an input of the network")
                hint = "give the node another name"
                elaboration.report("name.shadow", (*where, name), f"'{name}' is also {what}", hint, key=True)


def _act(elaboration: Elaboration) -> None:
    act = elaboration.spec.act
    wanted = ("batch", "time", "agent", act.over)
    for field, given in act.wires.items():
        dtype, short = "bool" if field == "where" else "float", {"batch", "time"}
        short |= {"agent"} if field == "variance" else set()
        try:
            value = elaboration.main.expression(given, ("act", field))
        except Failed:
            continue
        missing = set(wanted) - set(value.type.axes)
        if set(value.type.axes) - set(wanted) or missing - short or value.type.dtype != dtype:
            expected = f"{'bool' if dtype == 'bool' else ''}[{' '.join(wanted)}]"
            elaboration.report("graph.axes", ("act", field), f"expected {expected}, got {value.type}")
        elif refuse_later(elaboration, value, ("act", field)):
            continue
        elif field == "where":
            elaboration.graph.act_where = value
        elif field == "variance" and value.type.sign != "nonneg":
            hint = "such as exp(x), softplus(x), or square of a deviation"
            elaboration.report("graph.sign", ("act", field), "a variance must not be negative, and this may be", hint)
        elif field == "variance":
            elaboration.graph.act_variance = value
        else:
            elaboration.graph.act_values = value


def _log(elaboration: Elaboration) -> None:
    for name, expr in elaboration.spec.log.items():
        try:
            value = elaboration.main.expression(expr, ("log", name))
        except Failed:
            continue
        if value.type.axes not in (("batch",), ("batch", "time")):
            text = f"expected one number for an episode or a step, [batch] or [batch time], got {value.type}"
            hint = "reduce the other axes first, as `mean` does" if "batch" in value.type.axes else ""
            elaboration.report("graph.axes", ("log", name), text, hint)
        else:
            elaboration.graph.logged[name] = value


def _claims(elaboration: Elaboration) -> None:
    claim = elaboration.spec.claims.igm_claim
    if claim is not None and claim.status != "none":
        at = ("claims", "igm", "joint") if not isinstance(elaboration.spec.claims.igm, str) else ("claims", "igm")
        try:
            elaboration.graph.joint = elaboration.main.expression(claim.joint or Expr("q_tot"), at)
            if claim.utilities is not None:
                at = ("claims", "igm", "utilities")
                value = elaboration.graph.utilities = elaboration.main.expression(claim.utilities, at)
                if not {"agent", "action"} <= set(value.type.axes):
                    elaboration.fail("graph.axes", at, f"expected [batch time agent action], got {value.type}")
        except Failed:
            return


def _overlap(elaboration: Elaboration) -> None:
    """An optimizer trains what its losses reach: something, and no weight may be trained by two."""
    owners: dict[str, LossTerm] = {}
    terms = elaboration.graph.losses if not elaboration.errors else {}
    for name, term in terms.items():
        shared = []
        for weight in sorted(trained(elaboration.graph, term.value)):
            if owners.setdefault(weight, term).optimizer != term.optimizer:
                shared.append(weight)
        if shared:
            other = owners[shared[0]]
            text = f"'{name}' trains {shared[0]} with optimizer '{term.optimizer}'; " \
                   f"'{other.name}' trains it with '{other.optimizer}'"
            hint = "`stop` it, or apply it `frozen`, in one of the losses, or give both one optimizer"
            elaboration.report("loss.overlap", ("losses", name), text, hint, key=True)
    busy = {term.optimizer for term in owners.values()}
    for name in elaboration.spec.learner.optimizers if not elaboration.errors else ():
        if name not in busy:
            mine = [term.name for term in terms.values() if term.optimizer == name]
            text = f"optimizer '{name}' trains nothing: " + (
                f"no weight gets a gradient from {' or '.join(mine)}" if mine else "no loss names it")
            causes = tuple((elaboration.span(("losses", loss, "of")), "") for loss in mine)
            elaboration.report("loss.optimizer", ("learner", "optimizers", name), text, key=True, causes=causes)


def _unused(elaboration: Elaboration) -> None:
    """Nodes that nothing reads: an error where the spec wrote them, a note where it inherited them."""
    spec, loaded, sound = elaboration.spec, elaboration.loaded, not elaboration.errors
    read = readings(spec)
    idle = [("params", name) for name in spec.params if ("params", name) not in read]
    elaboration.graph.notes += [Diagnostic("graph.unused", f"nothing reads param '{at[1]}'", dotted(at)) for at in idle]
    bodies: list[tuple[Path, Mapping[str, Any], list[Scope]]] = [(("graph",), spec.graph, [elaboration.main])]
    for name, network in spec.networks.items():
        scopes = elaboration.applied.get(name, [])
        if scopes:
            bodies.append((("networks", name, "nodes"), network.nodes, scopes))
        elif sound:
            text = f"network '{name}' is never applied; it owns no weights"
            elaboration.graph.notes.append(Diagnostic("graph.unused", text, dotted(("networks", name))))
    for where, nodes, scopes in bodies:
        for name in nodes:
            if any(name in scope.elements for scope in scopes):
                continue
            at = (*where, name)
            if loaded.document.is_own(at) and sound:
                hint = "read it from a loss or from `act`, or leave it out"
                elaboration.report("graph.unused", at, f"nothing reads '{name}'", hint, key=True)
            else:
                note = Diagnostic("graph.unused", f"nothing reads the inherited '{name}'", dotted(at))
                elaboration.graph.notes.append(note)
