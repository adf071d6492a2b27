"""Programs through ``torch.compile``: one graph for any batch size and length, no Python between its kernels.

Recurrences are one opaque operation there (unrolled over time they would take minutes to compile); their backward pass
runs the forward pass once more.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx


@torch.library.custom_op("compose::gru", mutates_args=())
def gru(of: Tensor, alive: Tensor | None, start: Tensor, weights: list[Tensor]) -> Tensor:
    """``torch.gru`` of one layer over [time rows In], or over packed rows [step In] of which ``alive`` go on."""
    return _gru(of, alive, start, weights)


def _gru(of: Tensor, alive: Tensor | None, start: Tensor, weights: list[Tensor]) -> Tensor:
    if alive is None:
        found = torch.gru(of, start, weights, True, 1, 0.0, True, False, False)
    else:
        found = torch.gru(of, alive, start, weights, True, 1, 0.0, True, False)
    return found[0].clone()


@gru.register_fake
def _(of: Tensor, alive: Tensor | None, start: Tensor, weights: list[Tensor]) -> Tensor:
    return of.new_empty((*of.shape[:-1], weights[1].shape[1]))


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    of, alive, start, weights = inputs
    ctx.packed = alive is not None
    ctx.save_for_backward(of, start, *weights, *([alive] if ctx.packed else []))


@torch.library.custom_op("compose::gru_backward", mutates_args=())
def gru_backward(grad: Tensor, of: Tensor, alive: Tensor | None, start: Tensor, weights: list[Tensor]) -> list[Tensor]:
    """Gradients of ``of``, ``start`` and the weights."""
    with torch.enable_grad():
        given = [x.detach().requires_grad_() for x in (of, start, *weights)]
        return list(torch.autograd.grad(_gru(given[0], alive, given[1], given[2:]), given, grad))


@gru_backward.register_fake
def _(grad: Tensor, of: Tensor, alive: Tensor | None, start: Tensor, weights: list[Tensor]) -> list[Tensor]:
    return [torch.empty_like(x) for x in (of, start, *weights)]


def _backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    saved = list(ctx.saved_tensors)
    alive = saved.pop() if ctx.packed else None
    of, start, *weights = saved
    to_of, to_start, *to_weights = gru_backward(grad.contiguous(), of, alive, start, weights)
    return to_of, None, to_start, to_weights


gru.register_autograd(_backward, setup_context=_keep)


def _opaque(of: Tensor, *given: Any) -> tuple[Tensor, Tensor]:
    """Takes the place of ``torch.gru`` in a program; the last state is read off the outputs where it is needed."""
    packed = isinstance(given[1], Tensor)
    alive, start, weights = given[:3] if packed else (None, *given[:2])
    y = gru(of, alive, start, list(weights))
    return y, y[-1:]


def native(module: fx.GraphModule) -> Callable[..., Any]:
    """``module`` compiled, when it is first called; sizes may change from call to call."""
    found = copy.deepcopy(module)
    for node in found.graph.nodes:
        if node.op == "call_function" and node.target is torch.gru:
            node.target = _opaque
    found.recompile()
    return torch.compile(found, dynamic=True)
