"""The contract test of operations: what a block declares is compared with what it does, and attacked.

For authors of blocks. ``check_block(Linear, {"block": "linear", "of": "batch time agent embed", "to": "hidden"})`` puts
the block into a graph of one node, fed by tensors of the types that the example writes at its ports. Axes get distinct
prime sizes, so that no two are mixed up unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from compose.compiler.contract.attacks import absent_rows, bounds, monotone, moves, signs
from compose.compiler.contract.forms import FORMS, pieces
from compose.compiler.contract.meanings import MEANINGS
from compose.compiler.contract.parts import parts
from compose.compiler.contract.places import ahead, itself, keeps, orders, puts, steps_in, unmoved
from compose.compiler.contract.trial import Trial, Types, seen, sized, trial_of
from compose.compiler.interpret import Given, Interpreter, NodeRun
from compose.compiler.trace import trace
from compose.language.axes import Type, signature
from compose.language.block import Block
from compose.language.diagnostics import SpecError
from compose.language.operation import Operation


def check_block(cls: type[Block], example: Mapping[str, Any], sizes: Mapping[str, Any] | None = None) -> set[str]:
    """Compare a block with its declarations.

    Args:
        example: the block as a spec writes it, with a type at every port: ``"[bool|int|nonneg] axis axis ..."``, or a
            number, or a list of types.
        sizes: sizes of axes that are not free (``{"factor": "2 * agent"}``); all others get primes of their own.

    Returns:
        The claims that this example could put to the test: ``monotone:of``, ``bounds:keys``, ``nonneg``.

    Raises:
        ContractError: declared and computed differ, or a claim is refuted.
        SpecError: the example itself is refused.
    """
    block = cls.model_validate({k: "x" if k in _ports(cls) and isinstance(v, str) else
                                ["x"] * len(v) if k in _ports(cls) and isinstance(v, list) else v
                                for k, v in example.items()})
    types = {field: _types(example[name]) for name, field in _ports(cls).items() if name in example}
    words = [w for k, v in example.items() if k != "block" for text in (v if isinstance(v, list) else [v])
             for w in re.findall(r"\b[a-z][a-z0-9_]*\b", str(text))]
    return check_operation(block, types, sizes, words)


def check_operation(op: Operation, types: Types, sizes: Mapping[str, Any] | None = None,
                    words: list[str] | None = None) -> set[str]:
    """The same for any operation; ``types``: port -> what arrives there."""
    trial = trial_of(op, types, sizes or {}, words or [])
    check_shapes(trial, "meta")
    check_shapes(trial, "cpu")
    _traces(trial)
    _without_time(op, types, sizes or {}, words or [])
    _with_true_masks(op, types, sizes or {}, words or [])
    claims: set[str] = set()
    for attack in ATTACKS:
        trial.generator.manual_seed(0)  # so that no attack depends on those before it
        claims.update(attack(trial))
    return claims


ATTACKS = (
    signs, monotone, moves, bounds, absent_rows, keeps, puts, unmoved, ahead, steps_in, itself, orders,
    parts, *MEANINGS, *FORMS,
)  # fmt: skip


def _ports(cls: type[Block]) -> dict[str, str]:
    return {cls.spelled(name): name for name in cls.port_signatures()}


def _types(text: Any) -> Any:
    if isinstance(text, list):
        return tuple(_types(t) for t in text)
    if not isinstance(text, str):
        return text
    nonneg = text.startswith("nonneg ")
    parsed = signature(text.removeprefix("nonneg "))
    return Type(tuple(t.name for t in parsed.tokens), parsed.dtype, "nonneg" if nonneg else "any")  # type: ignore[arg-type]


def check_shapes(trial: Trial, device: str) -> None:
    """Shapes, dtypes, weights, draws and state are exactly the declared ones."""
    node, given = trial.node, trial.inputs()
    moved = {kind: {n: x.to(device) for n, x in tensors.items()} for kind, tensors in given.items()}
    outputs, interpreter, sources = trial.interpret(moved)
    for name, value in node.values.items():
        found, kind = outputs[name], value.type
        if not trial.fits(found, kind):
            raise trial.fail(f"output '{name}' is declared {sized(kind, trial)}, computed {seen(found)}")
    if given["statistic"]:
        _check_statistics(trial, moved)
    for what, declared in (("weight", {w.name for w in node.weights.values()}), ("draw", set(given["draw"]))):
        used = {name for kind, name in sources.read_ if kind == what}
        if used != declared:
            raise trial.fail(f"declares {what}s {sorted(declared)}, uses {sorted(used)}")
    states = {f"{node.name}.{name}": kind for name, kind in node.op.carries(node).items()}
    mine = {k: v for k, v in interpreter.carried.items() if k.startswith(f"{node.name}.")}
    if set(states) != set(mine):
        raise trial.fail(f"declares state {sorted(states)}, carries {sorted(mine)}")
    for name, kind in states.items():
        if not trial.fits(mine[name], kind):
            raise trial.fail(f"state '{name}' is declared {sized(kind, trial)}, carried {seen(mine[name])}")
    if states:
        trial.run({**moved, "state": mine})


def _check_statistics(trial: Trial, given: dict[str, dict[str, Any]]) -> None:
    """New statistics have the names and shapes of the old ones."""
    run = NodeRun(trial.node, Interpreter(trial.graph, Given(given), torch.float64))
    op, ports = trial.node.op, trial.node.op.ports()
    rewritten = op.rewrites and op.rewrites.port
    late = {port: _late(trial, ports[port], given) for port in op.late if port in ports and port != rewritten}
    observed = op.observe(run, **run.ports(), **late)
    found = {f"{trial.node.name}.{name}": x for name, x in observed.items()}
    if set(found) != set(given["statistic"]):
        raise trial.fail(f"declares statistics {sorted(given['statistic'])}, observes {sorted(found)}")
    for name, old in given["statistic"].items():
        if found[name].shape != old.shape or found[name].dtype != old.dtype:
            raise trial.fail(f"statistic '{name}' is {list(old.shape)}, observed {seen(found[name])}")


def _late(trial: Trial, text: str, given: dict[str, dict[str, Any]]) -> Any:
    """Something at a port that only `observe` reads, beside the fields that are there."""
    parsed = signature(text)
    made = trial.random(Type(tuple(t.name for t in parsed.tokens), "bool" if parsed.dtype == "bool" else "float"))
    return made.to(next(iter(given["field"].values())).device)


def _traces(trial: Trial) -> None:
    """Written down as a program (sizes of batch and time unknown), it computes the same; also from carried state."""
    given, node = trial.inputs(), trial.node

    def body(interpreter: Interpreter) -> dict[str, Any]:
        return dict(zip(node.values, interpreter.evaluate(list(node.values.values())), strict=True))

    _, first, _ = trial.interpret(given)
    for state in {}, first.carried:
        try:
            program = trace(trial.graph, body, stateful=bool(state), dtype=torch.float64)
        except Exception as error:
            raise trial.fail(f"cannot be traced by torch.fx: {error}") from error
        for name, found in program({**given, "state": state}).items():
            if not torch.equal(found.nan_to_num(), trial.run({**given, "state": state})[name].nan_to_num()):
                raise trial.fail(f"output '{name}' differs when traced by torch.fx")


def _without_time(op: Operation, types: Types, sizes: Mapping[str, Any], words: list[str]) -> None:
    """A port, or every one, may drop `time` (constant over the episode): refused, or typed and computed."""
    fewer = {port: kind.without(["time"]) for port, kind in types.items() if isinstance(kind, Type)}
    for constant in *({port: kind} for port, kind in fewer.items()), fewer:
        if all(kind == types[port] for port, kind in constant.items()):
            continue
        try:
            trial = trial_of(op, {**types, **constant}, sizes, words)
        except SpecError:
            continue
        try:
            check_shapes(trial, "meta")
        except (ValueError, IndexError, RuntimeError) as error:
            raise trial.fail(f"types where {' and '.join(constant)} have no axis 'time', and fails: {error}") from error


def _with_true_masks(op: Operation, types: Types, sizes: Mapping[str, Any], words: list[str]) -> None:
    """A mask may be plain True."""
    for port in op.bounds.values():
        if isinstance(types.get(port), Type):
            try:
                trial = trial_of(op, {**types, port: True}, sizes, words)
            except SpecError:
                continue
            check_shapes(trial, "cpu")
            list(pieces(trial))
