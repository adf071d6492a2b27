"""What an operation claims, put to the test on random inputs. Each attack gives the claims that it could test."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from compose.compiler.contract.trial import Trial
from compose.graph.align import align
from compose.language.axes import Axes, Type

DRAWS, TOLERANCE = 30, 1e-9


def signs(trial: Trial) -> Iterator[str]:
    """Outputs declared nonneg are not negative."""
    claimed = [name for name, value in trial.node.values.items() if value.type.sign == "nonneg"]
    for _ in range(DRAWS if claimed else 0):
        outputs = trial.run(trial.inputs())
        for name in claimed:
            if float(outputs[name].min()) < 0:
                raise trial.fail(f"output '{name}' is declared nonneg, and can be {float(outputs[name].min()):g}")
    yield from ["nonneg"] if claimed else []


def monotone(trial: Trial) -> Iterator[str]:
    """No output falls when an input declared +1 rises (none rises, for -1)."""
    claims = trial.node.op.monotone_in(trial.node)
    for port, name, kind, _ in trial.ports():
        sign = claims.get(port, 0)
        if not sign or kind.dtype != "float":
            continue
        for draw in range(DRAWS):
            given = trial.inputs()
            before, x = trial.run(given), given["field"][name]
            given["field"][name] = x + _rise(x, draw, trial.generator)
            for output, after in trial.run(given).items():
                fall = float(((before[output] - after) * sign).max()) if after.is_floating_point() else 0.0
                if fall > TOLERANCE * (1 + float(before[output].abs().max())):
                    moved = f"output '{output}' moved the other way by {fall:g}"
                    raise trial.fail(f"claims monotone {port}: {sign:+d}; {moved}")
        yield f"monotone:{port}"


def moves(trial: Trial) -> Iterator[str]:
    """What claims to move rows gives numbers of its inputs alone."""
    if not trial.node.op.moves:
        return
    given = trial.inputs()
    known = torch.cat([given["field"][name].flatten() for _, name, _, _ in trial.ports()])
    for name, x in trial.run(given).items():
        if not bool(torch.isin(x, known).all()):
            raise trial.fail(f"claims to move rows; output '{name}' holds numbers that no input has")
    yield "moves"


def _rise(x: Tensor, draw: int, generator: torch.Generator) -> Tensor:
    """Nothing below zero: one element, some, or all of them; a little or a lot."""
    rise = torch.rand(x.shape, generator=generator, dtype=x.dtype) * 10.0 ** (draw % 4 - 2)
    if draw % 3 == 0:
        return rise
    chosen = torch.rand(x.shape, generator=generator)
    return rise * (chosen == chosen.max() if draw % 3 == 1 else chosen < 0.3)


def differs(before: Tensor, after: Tensor, where: Tensor | bool) -> bool:
    """Do two results differ anywhere in ``where`` (beyond rounding)?"""
    same = torch.isclose(before.double(), after.double(), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return bool((~same & where).any())


def changed(x: Tensor, where: Tensor, trial: Trial, kind: Type) -> Tensor:
    """Other numbers where ``where``."""
    other = ~x if kind.dtype == "bool" else trial.random(kind) * (1 if kind.dtype == "int" else 5)
    return torch.where(where.expand(x.shape), other, x)


def selected(trial: Trial, axes: Axes, axis: str, index: int) -> Tensor:
    """True at one index of one axis, broadcastable over ``axes``."""
    hot = torch.arange(trial.size(axis)) == index
    found: Tensor = align(hot, (axis,), axes)
    return found


def bounds(trial: Trial) -> Iterator[str]:
    """Rows that a mask hides from an index of the output do not change it there."""
    for data, mask in trial.node.op.bounds.items():
        tensors = {port: (name, made, seen) for port, name, made, seen in trial.ports()}
        if data not in tensors or mask not in tensors:
            continue
        (name, made, seen), (hiding, _, hides) = tensors[data], tensors[mask]
        for output, value in trial.node.values.items():
            kept = set(hides.axes) <= set(value.type.axes)
            rows = [a for a in seen.axes if a in hides.axes and (kept or a not in value.type.axes)]
            for axis in rows:
                for index in range(trial.size(axis)):
                    given = trial.inputs()
                    before = trial.run(given)[output]
                    shown = given["field"][hiding].select(hides.axes.index(axis), index)
                    left = tuple(a for a in hides.axes if a != axis)
                    where = selected(trial, seen.axes, axis, index)
                    given["field"][name] = changed(given["field"][name], where, trial, made)
                    if differs(before, trial.run(given)[output], ~align(shown, left, value.type.axes)):
                        text = f"a hidden row of '{axis}' changed the result"
                        raise trial.fail(f"claims that '{mask}' bounds '{data}'; {text}")
                yield f"bounds:{data}"


def absent_rows(trial: Trial) -> Iterator[str]:
    """Where presence is counted, what stands in absent rows changes nothing for those present."""
    node = trial.node
    for port, axis in node.op.counted(node):
        presence = node.presence.get(f"{port}:{axis}")
        if presence is None:
            continue
        for _ in range(5):
            given = trial.inputs()
            before, interpreter, _ = trial.interpret(given)
            absent = ~interpreter.value(presence)
            for _, name, made, seen in trial.ports():
                if axis in seen.axes:
                    x = given["field"][name]
                    lead = tuple(a for a in presence.type.axes if a in seen.axes)
                    if lead != presence.type.axes:
                        continue
                    given["field"][name] = changed(x, align(absent, presence.type.axes, seen.axes), trial, made)
            after = trial.run(given)
            for name, value in node.values.items():
                where: Tensor | bool = True
                if axis in value.type.axes:
                    where = ~align(absent, presence.type.axes, value.type.axes)
                if differs(before[name], after[name], where):
                    raise trial.fail(f"counts presence of '{axis}'; content of absent rows changed output '{name}'")
        yield f"presence:{port}:{axis}"
