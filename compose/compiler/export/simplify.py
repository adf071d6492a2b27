"""Rewrites of a recorded step that make it shorter to read: no value changes, but for rounding in the recurrence.

They know the shapes of every value from two runs with different batches: a size that differs is the batch's.
"""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor, fx

from compose.compiler.export.expression import BINARY
from compose.compiler.export.record import Step
from compose.compiler.export.samples import samples
from compose.compiler.export.views import BATCH, BATCHES, ONE, Shape, Shapes, View, as_one_view, viewed
from compose.compiler.model import Model


def simplify(model: Model, step: Step) -> None:
    """Rewrite a step in place."""
    for rewrite in (_one_step, _choices, _known_sizes, _without_empty, _views, _slices, _repeated):
        rewrite(step, _measured(model, step))
        _drop_unused(step)


# -------------------------------------------------------------------- shapes


class _Shapes(dict[fx.Node, Shape]):
    """Shapes of all tensors; ``masks`` are those of truth values."""

    masks: set[fx.Node]


def _measured(model: Model, step: Step) -> _Shapes:
    first, second = (_evaluated(model, step, batch) for batch in BATCHES)
    tensors = {node: x for node, x in first.items() if isinstance(x, Tensor)}
    shapes = _Shapes({node: tuple(zip(x.shape, second[node].shape, strict=True)) for node, x in tensors.items()})
    shapes.masks = {node for node, x in tensors.items() if x.dtype == torch.bool}
    return shapes


def _evaluated(model: Model, step: Step, batch: int) -> dict[fx.Node, Any]:
    """The value of every operation on a sample."""
    (sample,) = samples(model, batch=batch, steps=1, seed=0)
    kept: dict[str, Any] = {"weight": model.weights, "target": model.target, "state": model.initial_state(batch)}
    found: dict[fx.Node, Any] = {}
    for node, (kind, name) in ((n, (s.kind, s.name)) for n, s in step.sources.items()):
        found[node] = kept[kind][name] if kind in kept else sample.of(kind, name)
    with torch.no_grad():
        for node in step:
            args: Any = fx.map_arg(node.args, lambda n: found[n])
            kwargs: Any = fx.map_arg(node.kwargs, lambda n: found[n])
            if node.op == "call_method":
                found[node] = getattr(args[0], str(node.target))(*args[1:], **kwargs)
            else:
                assert callable(node.target)
                found[node] = node.target(*args, **kwargs)
    return found


# ------------------------------------------------------------------ rewrites


def _one_step(step: Step, shapes: Shapes) -> None:
    """``torch.gru`` and ``torch.lstm`` over a single step are one ``torch.gru_cell`` or ``torch.lstm_cell``."""
    for node in list(step):
        plain = node.args[3:5] == (True, 1) and node.args[7:] == (False, False)
        if node.target not in (torch.gru, torch.lstm) or not plain or shapes[node.args[0]][0] != ONE:  # type: ignore[index]
            continue
        sequence, state, weights = node.args[:3]
        states = state if node.target is torch.lstm else (state,)
        with step.graph.inserting_before(node):
            x, *before = (step.graph.call_method("squeeze", (n, 0)) for n in (sequence, *states))  # type: ignore[misc]
            if node.target is torch.gru:
                made = [step.graph.call_function(torch.gru_cell, (x, *before, *weights))]  # type: ignore[misc]
                last = made
            else:
                cell = step.graph.call_function(torch.lstm_cell, (x, tuple(before), *weights))  # type: ignore[misc]
                last = [step.graph.call_function(operator.getitem, (cell, i)) for i in (0, 1)]
                made = [cell, *last]
            again = [step.graph.call_method("unsqueeze", (n, 0)) for n in last]
        _own(step, node, x, *before, *made, *again)
        for user in list(node.users):
            number = user.args[1]
            assert isinstance(number, int)
            _replace(step, user, again[max(number - 1, 0)])


def _choices(step: Step, shapes: _Shapes) -> None:
    """One mask or another as ``(c & a) | (~c & b)``: onnxruntime cannot choose between masks."""
    for node in list(step):
        if getattr(node.target, "__name__", node.target) != "where" or node not in shapes.masks:
            continue
        first, condition, second = node.args if node.op == "call_method" else (node.args[i] for i in (1, 0, 2))
        with step.graph.inserting_before(node):
            opposite = step.graph.call_function(operator.invert, (condition,))
            parts = [step.graph.call_function(operator.and_, (c, x))
                     for c, x in ((condition, first), (opposite, second))]
            made = step.graph.call_function(operator.or_, tuple(parts))
        _own(step, node, opposite, *parts, made)
        _replace(step, node, made)


def _known_sizes(step: Step, shapes: Shapes) -> None:
    """``x.shape[i]`` as a number, or as the batch of an input."""
    for node in list(step):
        if node.target is operator.getitem and _is_shape(node.args[0]):
            source, index = node.args[0].args[0], node.args[1]  # type: ignore[union-attr]
            a, b = shapes[source][index]  # type: ignore[index]
            if a == b:
                _replace(step, node, a)
            elif (a, b) == BATCHES:
                _replace(step, node, _batch(step, shapes))
        elif node.target in BINARY and all(isinstance(a, int) for a in node.args):
            assert callable(node.target)
            _replace(step, node, node.target(*node.args))


def _without_empty(step: Step, shapes: Shapes) -> None:
    """``torch.cat`` of one tensor and empty ones is that tensor."""
    for node in list(step):
        if node.target is torch.cat:
            full = [n for n in node.args[0] if (0, 0) not in shapes[n]]  # type: ignore[union-attr,index]
            if len(full) == 1:
                _replace(step, node, full[0])


def _views(step: Step, shapes: Shapes) -> None:
    """Chains of views that keep the order of elements become one view, or none."""
    chains: dict[fx.Node, list[fx.Node]] = {}
    for node in list(step):
        source = viewed(node, shapes)
        if source is None:
            continue
        chain = chains.get(source, [source])
        if shapes[chain[0]] == () and all(user.target in BINARY for user in node.users):
            _replace(step, node, chain[0])  # a number broadcasts as it is
            continue
        same = next((n for n in chain if shapes[n] == shapes[node]), None)
        if same is not None:
            _replace(step, node, same)
            chains[node] = chains.get(same, [same])
        elif len(chain) > 1 and (short := as_one_view(shapes[chain[0]], shapes[node])) is not None:
            made = _view(step, shapes, node, chain[0], short)
            shapes[made] = shapes[node]
            _own(step, node, made)
            _replace(step, node, made)
            chains[node] = chains[made] = [chain[0], made]
        else:
            chains[node] = [*chain, node]


def _slices(step: Step, shapes: Shapes) -> None:
    """``x.narrow(-2, 0, 8)`` as ``x[..., :8, :]``, ``x.select(1, 0)`` as ``x[:, 0]``."""
    for node in list(step):
        numbers = all(isinstance(a, int) for a in node.args[1:]) and not node.kwargs
        if node.target not in ("narrow", "select") or not numbers:
            continue
        source, dim, start, *length = node.args
        rows: Any = slice(start or None, start + length[0]) if length else start  # type: ignore[operator]
        all_of = slice(None)
        index = (*[all_of] * dim, rows) if dim >= 0 else (..., rows, *[all_of] * (-dim - 1))  # type: ignore[operator]
        with step.graph.inserting_before(node):
            made = step.graph.call_function(operator.getitem, (source, index))
        _own(step, node, made)
        _replace(step, node, made)


def _repeated(step: Step, shapes: Shapes) -> None:
    """The same operation on the same values is done once."""
    seen: dict[Any, fx.Node] = {}
    for node in list(step):
        key = repr((node.op, node.target, node.args, sorted(node.kwargs.items())))
        if key in seen:
            _replace(step, node, seen[key])
        else:
            seen[key] = node


def _drop_unused(step: Step) -> None:
    for node in reversed(list(step)):
        if not node.users:
            step.graph.erase_node(node)
            step.owners.pop(node, None)
            step.names.pop(node, None)


# ------------------------------------------------------------------- helpers


def _is_shape(node: Any) -> bool:
    return isinstance(node, fx.Node) and node.target is getattr and node.args[1] == "shape"


def _view(step: Step, shapes: Shapes, node: fx.Node, source: fx.Node, view: View) -> fx.Node:
    """A view of ``source`` in the place of ``node``."""
    method, arguments = view
    if BATCH in str(arguments):
        batch = _batch(step, shapes)
        start, sizes = arguments
        arguments = (start, tuple(batch if size == BATCH else size for size in sizes))
    with step.graph.inserting_before(node):
        if method == "getitem":
            return step.graph.call_function(operator.getitem, (source, *arguments))
        return step.graph.call_method(method, (source, *arguments))


def _batch(step: Step, shapes: Shapes) -> fx.Node:
    """The operation that reads the size of the batch."""
    known = next((n for n, name in step.names.items() if name == "batch"), None)
    if known is not None:
        return known
    source = next(n for n, s in step.sources.items() if s.kind not in ("weight", "target") and BATCHES in shapes[n])
    with step.graph.inserting_before(next(iter(step))):
        shape = step.graph.call_function(getattr, (source, "shape"))
        made = step.graph.call_function(operator.getitem, (shape, shapes[source].index(BATCHES)))
    step.names[made] = "batch"
    return made


def _own(step: Step, like: fx.Node, *made: fx.Node) -> None:
    if like in step.owners:
        step.owners.update(dict.fromkeys(made, step.owners[like]))


def _replace(step: Step, node: fx.Node, by: Any) -> None:
    """Let everything that reads ``node`` read ``by``, a node or a number."""

    def swap(n: fx.Node) -> Any:
        return by if n is node else n

    for user in list(node.users):
        user.args, user.kwargs = fx.map_arg(user.args, swap), fx.map_arg(user.kwargs, swap)
    if isinstance(by, fx.Node) and node in step.names and by not in step.sources:
        step.names.setdefault(by, step.names[node])

