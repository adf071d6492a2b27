"""Do rows stand where an operation says, and does nothing else read them?"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from compose.compiler.contract.attacks import changed, differs, selected
from compose.compiler.contract.trial import Trial
from compose.graph.align import align
from compose.graph.proofs.rows import Mover, Operand, Place
from compose.language.axes import Axes

TRIES = 2


def keeps(trial: Trial) -> Iterator[str]:
    """What stands at one row of an axis that is kept touches no output but at the rows where it is kept."""
    for operand, axis, index, given, before in _touched(trial):
        for output, value in trial.node.values.items():
            move = _mover(trial, operand, output)
            places = move(Place(operand.axes[axis]))
            if not places:
                continue
            after = trial.run(given)[output]
            elsewhere: Tensor | bool = True
            for place in places:
                row = _number(trial, place, index)
                if place.axis is not None:
                    elsewhere = elsewhere & ~selected(trial, value.type.axes, place.axis, row)
                elif row == 0:  # the row that is read
                    elsewhere = torch.zeros((), dtype=torch.bool)
            if differs(before[output], after, elsewhere):
                touched = f"index {index} of '{operand.axes[axis]}' of '{operand.port}' changed other indices"
                text = f"{touched} of output '{output}'; an axis that is mixed stands in `mixes`"
                raise trial.fail(text)
            yield f"keeps:{operand.port}:{operand.axes[axis]}"


def puts(trial: Trial) -> Iterator[str]:
    """An operand that is a single row touches no other row."""
    for operand in trial.operands():
        for output, value in trial.node.values.items():
            place = _mover(trial, operand, output)(Place(None))[0]
            if place.axis is None:
                continue
            given = trial.inputs()
            before = trial.run(given)[output]
            _change(trial, given, operand, torch.ones((), dtype=torch.bool))
            hit = selected(trial, value.type.axes, place.axis, _number(trial, place, 0))
            if differs(before, trial.run(given)[output], ~hit):
                raise trial.fail(f"says that '{operand.port}' stands at one row of '{place.axis}'; others changed")
            yield f"puts:{operand.port}"


def unmoved(trial: Trial) -> Iterator[str]:
    """What passes masks has every element of an operand, unchanged, where it is kept or put."""
    if not (trial.node.op.passes_masks or trial.node.op.unchanged()):
        return
    given = trial.inputs()
    found = trial.run(given)
    for operand in trial.operands():
        for output, value in trial.node.values.items():
            x, y, axes = given["field"][str(operand.value.field)], found[output], value.type.axes
            kept: list[str] = []
            move = _mover(trial, operand, output)
            for axis in operand.axes.values():
                place = move(Place(axis))[0]
                x, y = _same_rows(trial, x, y, place, len(kept), axes)
                kept += [] if place.axis is None else [place.axis]
            there = move(Place(None))[0]
            if there.axis is not None:
                y = y.narrow(axes.index(there.axis), _number(trial, there, 0), 1)
            if differs(align(x, tuple(kept), axes).expand(y.shape), y, True):
                raise trial.fail(f"claims to pass '{operand.port}' on unchanged; output '{output}' differs")
    yield "passes_masks"


def _same_rows(trial: Trial, x: Tensor, y: Tensor, place: Place, dim: int, axes: Axes) -> tuple[Tensor, Tensor]:
    """The rows of an operand along its ``dim``-th axis that an output has, and the output's."""
    if place.axis is None:
        return x.select(dim, -_number(trial, place, 0) if place.shift.rows < 0 else place.shift.rows), y
    start, at = _number(trial, place, 0), axes.index(place.axis)
    first, last = max(0, -start), min(x.shape[dim], y.shape[at] - start)
    return x.narrow(dim, first, last - first), y.narrow(at, first + start, last - first)


def ahead(trial: Trial) -> Iterator[str]:
    """What stands at a step touches no step that comes more than ``ahead`` before it; ``delayed``: nor its own."""
    op = trial.node.op
    least = 1 if op.delayed else -op.ahead
    for operand, axis, index, given, before in _touched(trial, only="time"):
        for output, value in trial.node.values.items():
            if "time" not in value.type.axes or _mover(trial, operand, output)(Place(axis)):
                continue
            rows = align(torch.arange(trial.size("time")) < index + least, ("time",), value.type.axes)
            if differs(before[output], trial.run(given)[output], rows):
                raise trial.fail(f"reads step {index} of '{operand.port}' too early, ahead is {op.ahead:g}")
            yield "delayed" if op.delayed else "ahead"


def steps_in(trial: Trial) -> Iterator[str]:
    """What stands at steps that no true step of the mask comes before (by so many at most) touches no true step."""
    declared = trial.node.op.steps_in
    if declared is None:
        return
    port, beyond = declared
    mask = trial.operand(port)
    if mask is None or "time" not in mask.axes:
        return
    for operand in trial.operands():
        if operand.port == port or "time" not in operand.axes:
            continue
        given = trial.inputs()
        before = trial.run(given)
        steps = given["field"][str(mask.value.field)]
        dim = mask.value.type.axes.index("time")
        near = steps.clone()
        for later in range(1, beyond + 1):
            moved = steps.roll(later, dim)
            moved.index_fill_(dim, torch.arange(later), False)
            near |= moved
        lead = tuple(a for a in mask.value.type.axes if a in operand.axes)
        if lead != mask.value.type.axes:
            continue
        _change(trial, given, operand, align(~near, lead, operand.value.type.axes))
        for output, value in trial.node.values.items():
            where: Tensor | bool = True
            if "time" in value.type.axes:
                if not set(lead) <= set(value.type.axes):
                    continue
                where = align(steps, lead, value.type.axes)
            if differs(before[output], trial.run(given)[output], where):
                raise trial.fail(f"reads '{operand.port}' where '{port}' is not true (nor {beyond} before)")
            yield "steps_in"


def itself(trial: Trial) -> Iterator[str]:
    """Of an axis that goes, an agent reads its own row only."""
    if not trial.node.op.itself:
        return
    for operand, axis, index, given, before in _touched(trial):
        for output, value in trial.node.values.items():
            if _mover(trial, operand, output)(Place(operand.axes[axis])) or axis in ("batch", "time"):
                continue
            mine = selected(trial, value.type.axes, "agent", index)
            if differs(before[output], trial.run(given)[output], ~mine):
                raise trial.fail(f"says that agents read their own rows of '{axis}'; another one changed the result")
            yield "itself"


def orders(trial: Trial) -> Iterator[str]:
    """An axis that is not in ``orders`` is treated alike, row by row: other orders of its rows give the same."""
    node, op = trial.node, trial.node.op
    fixed = {*op.orders(node), "batch", "time", *(a for i in trial.graph.weights.values() for a in i.axes)}
    if op.draws(node) or op.statistics(node) or op.itself:  # what pairs agents with entities knows both by their order
        return
    every = dict.fromkeys(a for o in trial.operands() for a in o.axes.values() if a not in fixed)
    for axis in every:
        plain = all(move(Place(axis)) in ((), (Place(axis),)) for o in trial.operands() if axis in o.axes.values()
                    for move in (_mover(trial, o, output) for output in node.values))
        if plain:
            _reordered(trial, axis)
            yield f"orders:{axis}"
    kept = {p.axis for o in trial.operands() for output in node.values for a in o.axes.values()
            for p in _mover(trial, o, output)(Place(a))}
    for output, value in node.values.items():
        known = {*fixed, *kept, *op.mixes(node)}
        for axis in (a for a in value.type.axes if a not in known and not _put(trial, output, a)):
            x = trial.run(trial.inputs())[output]
            first = x.narrow(value.type.axes.index(axis), 0, 1)
            if differs(x, first.expand(x.shape), True):
                raise trial.fail(f"gives rows of '{axis}' that differ by their position; it belongs into `orders`")


def _reordered(trial: Trial, axis: str) -> None:
    for _ in range(TRIES):
        order = torch.randperm(trial.size(axis), generator=trial.generator)
        given = trial.inputs()
        before = trial.run(given)
        moved = {**given, "field": dict(given["field"])}
        for operand in trial.operands():
            own = next((own for own, seen in operand.axes.items() if seen == axis), None)
            if own is not None:
                name, dim = str(operand.value.field), operand.value.type.axes.index(own)
                moved["field"][name] = moved["field"][name].index_select(dim, order)
        if "present" in moved["field"] and any(key.endswith(f":{axis}") for key in trial.node.presence):
            moved["field"]["present"] = torch.ones_like(moved["field"]["present"])
            before = trial.run({**given, "field": {**given["field"], "present": moved["field"]["present"]}})
        after = trial.run(moved)
        for output, value in trial.node.values.items():
            x = before[output]
            if axis in value.type.axes:
                x = x.index_select(value.type.axes.index(axis), order)
            if differs(x, after[output], True):
                raise trial.fail(f"treats rows of '{axis}' by their position; it belongs into `orders`")


# ----------------------------------------------------------------- what they share


def _mover(trial: Trial, operand: Operand, output: str) -> Mover:
    return Mover(trial.graph.table, trial.node, operand, output)


def _put(trial: Trial, output: str, axis: str) -> bool:
    return any(_mover(trial, o, output)(Place(None))[0].axis == axis for o in trial.operands())


def _number(trial: Trial, place: Place, index: int) -> int:
    """The row at a place for an original row; of a single one that is read, how far from it the original is."""
    rows = place.shift.rows + sum(times * trial.size(axis) for axis, times in place.shift.sizes)
    return rows + index if place.axis is not None else rows - index


def _change(trial: Trial, given: dict[str, dict[str, Tensor]], operand: Operand, where: Tensor) -> None:
    name, kind = str(operand.value.field), operand.value.type
    given["field"][name] = changed(given["field"][name], where, trial, kind)


def _touched(trial: Trial, only: str | None = None) -> Iterator[
        tuple[Operand, str, int, dict[str, dict[str, Tensor]], dict[str, Tensor]]]:
    """Every operand with other numbers at one index of one axis, beside what came of it before."""
    for operand in trial.operands():
        for axis in operand.value.type.axes:
            for _ in range(TRIES if only in (None, axis) else 0):
                index = int(torch.randint(0, trial.size(axis), (), generator=trial.generator))
                given = trial.inputs()
                before = trial.run(given)
                _change(trial, given, operand, selected(trial, operand.value.type.axes, axis, index))
                yield operand, axis, index, given, before
