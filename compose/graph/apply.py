"""Applications of networks: match inputs, elaborate the body, repeat it where asked."""

from __future__ import annotations

from dataclasses import replace

from compose.graph.graph import Applied
from compose.graph.match import Mismatch, match, siblings
from compose.graph.node import Value
from compose.graph.scope import Element, Failed, Scope
from compose.language.axes import Axes, Type, signature
from compose.language.diagnostics import Path, did_you_mean
from compose.language.models import Network
from compose.language.nodes import Application
from compose.language.values import Expr


def apply(scope: Scope, name: str, node: Application) -> Element:
    """Elaborate an application. Raises Failed after reporting."""
    elaboration, at = scope.elaboration, (*scope.where, name)
    network = _network(scope, node, at)
    given = _inputs(scope, node, network, at)
    bound: dict[str, Axes] = {}
    for port, text in network.inputs.items():
        try:
            match(signature(text), given[port].type, bound)
        except Mismatch as error:
            elaboration.fail("graph.axes", (*at, port), str(error), siblings(given[port], text, bound))
    given = {port: _full(value, network.inputs[port]) for port, value in given.items()}
    variables = {v: axes[0] for v, axes in bound.items() if v[0].isupper() and len(axes) == 1}
    turns = 1 if node.repeat is None else elaboration.turns(node.repeat, (*at, "repeat"))
    elaboration.applying.append(node.network)
    try:
        inner: list[Scope] = []
        for turn in range(turns):
            own = () if node.repeat is None or node.tied else ((node.repeat, turn),)
            label = f"{scope.prefix}{name}" if node.repeat is None else f"{scope.prefix}{name}[{turn}]"
            body = Scope(
                elaboration, network.nodes, ("networks", node.network, "nodes"), f"{label}.", node.network,
                dict(given), variables, (*scope.turns, *own), scope.target or node.target,
                scope.frozen or node.frozen, elaboration.loaded.document.key_span(at),
            )  # fmt: skip
            elaboration.applied.setdefault(node.network, []).append(body)
            elaboration.graph.applications[body.prefix] = Applied(body.inputs, variables)
            result = _result(body, network, node.network)
            if node.carry is not None:
                _feed_back(scope, node, given, result, at)
            inner.append(body)
    finally:
        elaboration.applying.pop()
    elaboration.graph.values.setdefault(f"{scope.prefix}{name}", result)
    return Element({"": result}, inner, node.repeat)


def _network(scope: Scope, node: Application, at: Path) -> Network:
    networks = scope.elaboration.spec.networks
    if node.network not in networks:
        hint = did_you_mean(node.network, networks) or f"networks: {', '.join(networks)}"
        gone = scope.elaboration.gone(("networks", node.network))
        scope.elaboration.fail("name.network", (*at, "network"), f"no network '{node.network}'", hint, notes=gone)
    if node.network in scope.elaboration.applying:
        applying = scope.elaboration.applying
        loop = " -> ".join([*applying[applying.index(node.network) :], node.network])
        scope.elaboration.fail("graph.cycle", (*at, "network"), f"a network cannot apply itself: {loop}")
    network = networks[node.network]
    if node.repeat is not None and node.carry not in network.inputs:
        hint = f"inputs: {', '.join(network.inputs)}"
        field = "carry" if node.carry is not None else "repeat"
        scope.elaboration.fail("graph.repeat", (*at, field), "`repeat` needs `carry`, the input that is fed back", hint)
    return network


def _inputs(scope: Scope, node: Application, network: Network, at: Path) -> dict[str, Value]:
    failed, given = False, {}
    for port in node.inputs:
        if port not in network.inputs:
            hint = did_you_mean(port, network.inputs) or f"inputs: {', '.join(network.inputs)}"
            text = f"network '{node.network}' has no input '{port}'"
            scope.elaboration.report("spec.unknown", (*at, port), text, hint, key=True)
            failed = True
    for port, text in network.inputs.items():
        if port not in node.inputs:
            if not failed:
                missing = f"input '{port}' of network '{node.network}' is not wired"
                scope.elaboration.report("graph.input", at, missing, f"{port}: {signature(text)}", key=True)
            failed = True
            continue
        try:
            given[port] = scope.expression(node.inputs[port], (*at, port))
        except Failed:
            failed = True
    if failed:
        raise Failed
    return given


def _full(value: Value, text: str) -> Value:
    """A bare ``true`` stands for a mask over all axes that the input declares."""
    wanted = signature(text)
    if not isinstance(value.constant, bool) or value.type.axes or wanted.lead or any(t.variable for t in wanted.tokens):
        return value
    return replace(value, type=Type(tuple(t.name for t in wanted.tokens), "bool"))


def _as_declared(value: Value, axes: set[str]) -> bool:
    """Has it these axes? ``batch`` and ``time`` may be missing, as everywhere: it is then constant along them."""
    have = set(value.type.axes)
    return have <= axes and axes - have <= {"batch", "time"}


def _result(body: Scope, network: Network, name: str) -> Value:
    returns, at = network.returns, ("networks", name, "returns")
    wanted = {network.result: None} if isinstance(returns, str) else returns
    for node, text in wanted.items():
        value = body.expression(Expr(node), at)
        if text is not None and not _as_declared(value, {t.name for t in signature(text).tokens}):
            place = body.elaboration.loaded.document.key_span((*body.where, node))
            message = f"the network returns {signature(text)}, but '{node}' is {value.type}"
            body.elaboration.fail("graph.axes", (*at, node), message, causes=((place, f"'{node}' is"),))
    return body.expression(Expr(network.result), at)


def _feed_back(scope: Scope, node: Application, given: dict[str, Value], result: Value, at: Path) -> None:
    assert node.carry is not None
    before = given[node.carry].type
    if before.axes != result.type.axes:
        text = f"{before} goes in and {result.type} comes out; they must be the same to repeat"
        scope.elaboration.fail("graph.repeat", (*at, "carry"), text)
    given[node.carry] = result
