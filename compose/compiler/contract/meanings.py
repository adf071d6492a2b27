"""Does an operation compute what it says of itself: picks, searches, duels, fillers, ranges, gradients?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor

from compose.compiler.contract.attacks import DRAWS, TOLERANCE, differs
from compose.compiler.contract.trial import Trial
from compose.graph.align import align
from compose.graph.node import Value
from compose.graph.proofs.rows import Mover, Operand, Place
from compose.language.axes import Axes
from compose.language.operation import Range

Given = dict[str, dict[str, Any]]


def picks(trial: Trial) -> Iterator[str]:
    """The output is the element that the index names."""
    for port, index in trial.node.op.picks.items():
        data, by = trial.operand(port), trial.operand(index)
        if data is None or by is None:
            continue
        given = trial.inputs()
        *lead, _ = data.axes
        for output, found in trial.run(given).items():
            axes = trial.node.values[output].type.axes
            rows = align(_tensor(given, data), (*lead, "?"), (*axes, "?")).expand(*trial.shape(axes), -1)
            at = align(_tensor(given, by), tuple(by.axes), axes).expand(trial.shape(axes))
            if differs(rows.gather(-1, at.unsqueeze(-1)).squeeze(-1), found, True):
                raise trial.fail(f"claims to pick from '{port}' what '{index}' names; it gives something else")
        yield f"picks:{port}"


def searches(trial: Trial) -> Iterator[str]:
    """The output is the largest element that the mask allows, or where it stands."""
    for port, mask in trial.node.op.searches.items():
        data, seen = trial.operand(port), trial.operand(mask)
        if data is None:
            continue
        for output, value in trial.node.values.items():
            (gone,) = [a for a in data.axes if not Mover(trial.graph.table, trial.node, data, output)(Place(a))]
            given = trial.inputs()
            x, dim = _tensor(given, data), list(data.axes).index(gone)
            allowed = torch.ones_like(x, dtype=torch.bool)
            if seen is not None:
                allowed = align(_tensor(given, seen), tuple(seen.axes), tuple(data.axes)).expand(x.shape)
            best = x.masked_fill(~allowed, -1e30).amax(dim)
            found = trial.run(given)[output]
            if value.type.dtype == "int":
                found = x.gather(dim, found.unsqueeze(dim)).squeeze(dim)
            if differs(best, found, allowed.any(dim)):
                raise trial.fail(f"claims to search '{port}' for the largest that '{mask}' allows; it gives another")
        yield f"searches:{port}"


def chooses(trial: Trial) -> Iterator[str]:
    """More of all logits changes nothing, for it is a matter of their softmax."""
    port = trial.node.op.chooses
    data = trial.operand(port)
    if data is None:
        return
    given = trial.inputs()
    for output, before in trial.run(given).items():
        gone = [a for a in data.axes if not Mover(trial.graph.table, trial.node, data, output)(Place(a))]
        x = _tensor(given, data)
        level = torch.randn(trial.shape(tuple(data.axes)), generator=trial.generator, dtype=x.dtype)
        for axis in gone:
            level = level.narrow(list(data.axes).index(axis), 0, 1)
        # absent rows may hold anything, and some rules give them a fixed logit
        present = {**given["field"], "present": torch.ones_like(given["field"]["present"])} \
            if "present" in given["field"] else given["field"]
        before = trial.run({**given, "field": present})[output]
        moved = {**present, _name(data): x + level}
        if len(gone) != 1 or differs(before, trial.run({**given, "field": moved})[output], True):
            text = "another level changes the result"
            raise trial.fail(f"claims to read '{port}' through a softmax along one axis; {text}")
    yield "chooses"


def duel(trial: Trial) -> Iterator[str]:
    """Advantages below 0 lower the result, whatever weighs them."""
    declared = trial.node.op.duel
    if declared is None:
        return
    values, advantages, weight = map(trial.operand, (declared.values, declared.advantages, declared.importance))
    if values is None or advantages is None or weight is None:
        return
    for _ in range(DRAWS):
        given, other = trial.inputs(), trial.inputs()
        best, gap = _tensor(given, values), -_tensor(given, advantages).abs()
        low = {**given["field"], _name(values): best + gap, _name(advantages): gap}
        high = {**given["field"], _name(advantages): torch.zeros_like(gap), _name(weight): _tensor(other, weight)}
        _below(trial, trial.run({**given, "field": low}), trial.run({**given, "field": high}), "claims to duel")
    yield "duel"


def weighs(trial: Trial) -> Iterator[str]:
    """It never falls with x where y is not negative; where x is 0, y does not matter."""
    if trial.node.op.weighs is None:
        return
    x, y = (trial.operand(port) for port in trial.node.op.weighs)
    if x is None or y is None:
        return
    for _ in range(DRAWS):
        given, other = trial.inputs(), trial.inputs()
        weight = _tensor(given, y).abs()
        low = {**given["field"], _name(x): -_tensor(given, x).abs(), _name(y): weight}
        high = {**low, _name(x): torch.zeros_like(_tensor(given, x))}
        zero = {**high, _name(y): _tensor(other, y).abs()}
        top = trial.run({**given, "field": high})
        _below(trial, trial.run({**given, "field": low}), top, "claims to weigh")
        for output, found in trial.run({**given, "field": zero}).items():
            if differs(found, top[output], True):
                raise trial.fail(f"claims that '{y.port}' does not matter where '{x.port}' is 0; it does")
    yield "weighs"


def density(trial: Trial) -> Iterator[str]:
    """The logarithm of the density of what a way of acting draws."""
    declared, ports = trial.node.op.density, [trial.operand(port) for port in ("of", "mean", "variance")]
    of, mean, variance = ports
    if not declared or of is None or mean is None or variance is None:
        return
    given, squashed = trial.inputs(), declared == "squashed_gaussian"
    if not squashed and declared != "gaussian":
        raise trial.fail(f"claims to be the density of what '{declared}' draws, which no way of acting is")
    given["field"][_name(variance)] = _tensor(given, variance).abs() + 0.1
    given["field"][_name(of)] = _tensor(given, of).tanh() * 0.9
    for output, found in trial.run(given).items():
        axes = trial.node.values[output].type.axes
        x, centre, spread = (align(_tensor(given, port), tuple(port.axes), axes) for port in (of, mean, variance))
        drawn = x.atanh() if squashed else x
        wanted = -(drawn - centre) ** 2 / (2 * spread) - (2 * torch.pi * spread).log() / 2
        wanted = wanted - torch.log1p(-x * x) if squashed else wanted
        if differs(wanted.expand(trial.shape(axes)), found, True):
            raise trial.fail(f"claims to be the density of what '{declared}' draws; it is not")
    yield "density"


def fills(trial: Trial) -> Iterator[str]:
    """Data where the mask is true, the filler elsewhere."""
    declared = trial.node.op.fills
    if declared is None:
        return
    given = trial.inputs()
    ports = [_wired(trial, given, port) for port in (declared.data, declared.mask, declared.filler)]
    for output, found in trial.run(given).items():
        axes = trial.node.values[output].type.axes
        data, mask, filler = (x if not isinstance(x, Tensor) else align(x, a, axes) for x, a in ports)
        if isinstance(mask, Tensor):
            data, filler = (torch.as_tensor(x, dtype=found.dtype) for x in (data, filler))
            wanted = torch.where(mask, data, filler)
            if differs(wanted.expand(found.shape), found, True):
                raise trial.fail(f"claims to fill '{declared.data}' with '{declared.filler}'; it gives something else")
            yield "fills"


def narrows(trial: Trial) -> Iterator[str]:
    """True only where every operand is."""
    if not trial.node.op.narrows():
        return
    given = trial.inputs()
    for output, found in trial.run(given).items():
        for operand in trial.operands():
            x = align(_tensor(given, operand), tuple(operand.axes), trial.node.values[output].type.axes)
            if bool((found & ~x).any()):
                raise trial.fail(f"claims to narrow '{operand.port}'; it is true where that is not")
    yield "narrows"


LIMITS: tuple[Range, ...] = ((0.0, 0.0), (1.0, 1.0), (-2.0, -1.0), (1.0, 2.0), (-1.0, 1.0), (0.0, 3.0))
"""Where numbers are held; masks only to 0, 1, or either."""


def ranges(trial: Trial) -> Iterator[str]:
    """Numbers in a range give results in the declared one, and no gradient where none is declared."""
    node, op = trial.node, trial.node.op
    ports = trial.operands()
    kinds = [[r for r in LIMITS if _fits(operand.value, r)] for operand in ports]
    if any(operand.value.type.dtype == "int" for operand in ports):
        kinds = [[(0.0, 2.0)] if o.value.type.dtype == "int" else k for o, k in zip(ports, kinds, strict=True)]
    for chosen in list(product(*kinds))[:64]:
        given = trial.inputs()
        for operand, (low, high) in zip(ports, chosen, strict=True):
            given["field"][_name(operand)] = _held(trial, operand, low, high)
        held = {o.value: r for o, r in zip(ports, chosen, strict=True)}
        declared = {port: _hull(held, wire) for port, wire in node.wires.items()}
        _spanned(trial, given, op.spans(declared))
        _dead(trial, given, op.dead(declared))
    yield "spans"
    yield from ["stopped"] if op.stopped else []


def _spanned(trial: Trial, given: Given, span: Range | None) -> None:
    for output, found in trial.run(given).items() if span is not None else ():
        assert span is not None
        if found.dtype != torch.int64 and (float(found.double().min()) < span[0] - TOLERANCE
                                           or float(found.double().max()) > span[1] + TOLERANCE):
            raise trial.fail(f"declares results in {span}; output '{output}' leaves it")


def _dead(trial: Trial, given: Given, dead: frozenset[str]) -> None:
    names = [_name(o) for o in trial.operands() if o.port in dead and o.value.type.dtype == "float"]
    leaves = [given["field"][name].requires_grad_() for name in names]
    for output, found in trial.run(given).items() if leaves else ():
        if found.requires_grad:
            for name, slope in zip(names, torch.autograd.grad(found.sum(), leaves, allow_unused=True), strict=True):
                if slope is not None and float(slope.abs().max()) > 0:
                    raise trial.fail(f"declares that no gradient passes to '{name}'; some does from output '{output}'")


def _fits(value: Value, limits: Range) -> bool:
    if value.type.dtype == "bool":
        return limits in ((0.0, 0.0), (1.0, 1.0))
    return value.type.sign != "nonneg" or limits[0] >= 0


def _held(trial: Trial, operand: Operand, low: float, high: float) -> Tensor:
    kind = operand.value.type
    if kind.dtype == "int":
        return trial.random(kind)
    if kind.dtype == "bool":
        return torch.full(trial.shape(kind.axes), low > 0)
    x = torch.rand(trial.shape(kind.axes), generator=trial.generator, dtype=torch.float64)
    return low + (high - low) * x


def _hull(held: Mapping[Value, Range], wire: Value | tuple[Value, ...]) -> Range:
    found = [held.get(v, v.range or ((0.0, 1.0) if v.type.dtype == "bool" else (-torch.inf, torch.inf)))
             for v in (wire if isinstance(wire, tuple) else (wire,))]
    return min(low for low, _ in found), max(high for _, high in found)


def _name(operand: Operand) -> str:
    return str(operand.value.field)


def _tensor(given: Given, operand: Operand) -> Tensor:
    found: Tensor = given["field"][_name(operand)]
    return found


def _wired(trial: Trial, given: Given, port: str) -> tuple[Any, Axes]:
    """What arrives at a port, and its axes; a constant as the number it is."""
    value = trial.node.wires[port]
    assert isinstance(value, Value)
    return (value.constant, ()) if value.field is None else (given["field"][value.field], value.type.axes)


def _below(trial: Trial, low: Mapping[str, Tensor], high: Mapping[str, Tensor], claim: str) -> None:
    for output, x in low.items():
        over = float((x - high[output]).max())
        if over > TOLERANCE * (1 + float(x.abs().max())):
            raise trial.fail(f"{claim}; output '{output}' is larger by {over:g} with lower values")


MEANINGS: Sequence[Callable[[Trial], Iterator[str]]] = (picks, searches, chooses, density, duel, weighs, fills, narrows,
                                                        ranges)
