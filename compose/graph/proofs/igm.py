"""Individual-global-max: greedy local actions are greedy for the joint value.

A value *peaks* if none of the joint actions makes it larger than the greedy one does, everything else being equal. What
does not depend on the actions of this step peaks; so does the value of the action taken, in any value that ranks
actions as the utilities do; and so does whatever an operation that is monotone gives from what peaks (*monotone*).
An *advantage*, the value of the action taken less that of the best available one, is at most 0 and 0 for the greedy
action; so is its product with what is not negative, even if that depends on all actions (*advantage form*, QPLEX).

A joint value may depend on actions otherwise and be held to one that peaks by losses alone (*by constraint*, QTRAN). It
is then as good as the losses are small, which is a *soft* claim.
"""

from __future__ import annotations

from compose.graph.graph import Graph
from compose.graph.node import Value
from compose.graph.proofs.constraint import constrained
from compose.graph.proofs.greedy import Greedy
from compose.graph.proofs.peaks import Peaks
from compose.graph.proofs.proof import Proof


def igm(graph: Graph) -> Proof:
    """Check the joint value that the spec claims (``q_tot`` if it claims none)."""
    claim = graph.spec.claims.igm_claim
    expected = claim.status if claim is not None else None
    joint = graph.joint or graph.values.get("q_tot")
    utilities = graph.utilities or graph.act_values
    if joint is None or utilities is None or expected == "none":
        return Proof("igm", "not applicable", "no joint value", expected=expected)
    nodes = graph.nodes([utilities, joint, *graph.learned()])
    greedy = Greedy(graph, utilities, nodes)
    peaks = Peaks(greedy, nodes)
    path = peaks.wrong(joint)
    if not path and not peaks.picks(graph.nodes([joint])):
        how = f"{joint.name} does not depend on {utilities.name}"
        return _held(graph, joint, peaks, Proof("igm", "not proved", how, (), expected))
    if path:
        return _held(graph, joint, peaks, Proof("igm", "not proved", _why(peaks, joint, path), path, expected))
    way = _path(peaks, joint)
    if any(node in peaks.duels for node in graph.nodes([joint])):
        how = f"by advantage form: advantages are at most 0, and 0 for the greedy actions, whatever weighs them in {joint.name}"
        return Proof("igm", "proved", how, way, expected)
    how = f"monotone: {joint.name} never falls when a utility of {utilities.name} rises"
    return Proof("igm", "proved", how, way, expected)


def _held(graph: Graph, joint: Value, peaks: Peaks, proof: Proof) -> Proof:
    """The same, if losses do not hold the joint value either."""
    names = constrained(graph, joint, peaks)
    if names is None:
        return proof
    how = f"by constraint: {joint.name} is greedy with the utilities where losses '{names[0]}' and '{names[1]}' are 0"
    return Proof("igm", "soft", how, proof.path, proof.expected)


def _why(peaks: Peaks, joint: Value, path: tuple[str, ...]) -> str:
    if path[0] in peaks.starts:
        return f"{path[-1]}: not monotone in {path[-2]}"
    return f"{joint.name} depends on {path[0]} beside the utilities of the actions taken"


def _path(peaks: Peaks, joint: Value) -> tuple[str, ...]:
    """From a utility to the joint value."""
    names, value = [joint.name], joint
    while value.node is not None and peaks.greedy.picked(value.node) is None:
        step = next((v for v in value.node.operands() if peaks.moves(v)), None)
        if step is None:
            break
        names.append(step.name)
        value = step
    return (peaks.greedy.utilities.name, *reversed(names))


