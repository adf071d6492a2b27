"""Individual-global-max: greedy local actions are greedy for the joint value.

Proved by monotonicity, in two steps. Along every path from the utilities that are acted on to the joint value, each
operation never falls when that input rises: operations declare in which ports they are monotone; sign types prove the
weights of mixers not negative. And the joint value depends on the actions of this step only through the utilities of
the actions taken: no weight, offset, reward or other network may look at them. A joint value held to its utilities only
by losses (QTRAN) is a *soft* claim.
"""

from __future__ import annotations

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof

Path = tuple[str, ...]
UNKNOWN = 0
OUTCOMES = ("action", "reward", "terminated", "success")
"""Fields that depend on the actions of this step."""


def igm(graph: Graph) -> Proof:
    """Check the joint value that the spec claims (``q_tot`` if it claims none)."""
    claim = graph.spec.claims.igm_claim
    expected = claim.status if claim is not None else None
    joint = graph.joint or graph.values.get("q_tot")
    utilities = graph.utilities or graph.act_values
    if joint is None or utilities is None or expected == "none":
        return Proof("igm", "not applicable", "no joint value", expected=expected)
    direction, path = follow(graph, utilities, joint)
    if direction is None:
        return Proof("igm", "not proved", f"{joint.name} does not depend on {utilities.name}", expected=expected)
    beside = aside(graph, utilities, joint)
    if direction == 1 and beside:
        how = f"{joint.name} depends on {beside[0]} beside the utilities of the actions taken"
        return Proof("igm", "not proved", how, beside, expected)
    if direction == 1:
        how = f"monotone: {joint.name} never falls when a utility of {utilities.name} rises"
        return Proof("igm", "proved", how, path, expected)
    how = "it falls where a utility rises" if direction == -1 else f"not monotone in {path[-2]}"
    how += "; held by losses, not by structure" if expected == "soft" else ""
    return Proof("igm", "not proved", f"{path[-1]}: {how}", path, expected)


def follow(graph: Graph, source: Value, end: Value) -> tuple[int | None, Path]:
    """How ``end`` moves when ``source`` rises: 1, -1, UNKNOWN or None (not at all), with a path that shows it."""
    found: dict[Value, tuple[int | None, Path]] = {source: (1, (source.name,))}
    for node in graph.nodes([end]):
        if source in node.values.values():
            continue
        result = _through(node, found)
        for value in node.values.values():
            found[value] = result
    return found.get(end, (None, ()))


def _through(node: Node, found: dict[Value, tuple[int | None, Path]]) -> tuple[int | None, Path]:
    monotone = node.op.monotone_in(node)
    direction: int | None = None
    path: Path = ()
    ports = [(p, v) for p, w in node.wires.items() for v in (w if isinstance(w, tuple) else (w,))]
    for port, value in ports:
        moves, before = found.get(value, (None, ()))
        if moves is None:
            continue
        mine = UNKNOWN if moves == UNKNOWN or port not in monotone else moves * monotone[port]
        if moves == UNKNOWN:
            return UNKNOWN, before
        if mine == UNKNOWN or direction not in (None, mine):
            return UNKNOWN, (*before, node.name)
        direction, path = mine, (*before, node.name)
    return direction, path


def aside(graph: Graph, utilities: Value, joint: Value) -> Path:
    """A path from the actions of this step to ``joint`` that does not pick utilities; empty if there is none."""
    paths: dict[Value, Path] = {}
    ranked = {utilities}
    for node in graph.nodes([joint]):
        read = {v: paths.get(v, (v.name,) if v.field in OUTCOMES else ()) for v in node.operands()}
        for port, index in node.op.picks.items():
            of, by = node.wires[port], node.wires[index]
            if of in ranked and isinstance(by, Value) and by.field == "action" and node.type(port).axes[-1] == "action":
                read[by] = ()
        path = next(((*p, node.name) for p in read.values() if p), ())
        for output in node.values.values():
            late = node.joins("time", output)
            ahead: Path = ("later steps", node.name) if late and node.op.ahead > 0 else ()
            paths[output] = () if node.op.delayed else path or ahead
            if not late and _ranks(node, output, ranked):
                ranked.add(output)
    return paths.get(joint, (joint.name,) if joint.field in OUTCOMES else ())


def _ranks(node: Node, output: Value, ranked: set[Value]) -> bool:
    """Does an output put the actions of every agent in the order of its utilities?"""
    if node.weights or node.op.itself or node.op.renames(node) or not {"agent", "action"} <= set(output.type.axes):
        return False
    monotone, mixed = node.op.monotone_in(node), node.op.mixes(node)
    ports = [(p, v) for p, w in node.wires.items() for v in (w if isinstance(w, tuple) else (w,))]
    same = all(monotone.get(p) == 1 if v in ranked else "action" not in v.type.axes for p, v in ports)
    return same and not {"agent", "action"} & set(mixed) and any(v in ranked for _, v in ports)
