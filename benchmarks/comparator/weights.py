"""The comparator's weights under the names that specs give them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from .update import Update

_NETWORKS = {"agent": "utility", "mixer.w1": "w1", "mixer.b1": "b1", "mixer.w2": "w2", "mixer.v": "v",
             **{f"mixer.{name}": name for name in ("scale", "shift", "key", "who", "what")}, "mixer": "mixer"}
"""Attentive hypernetworks and QPLEX's parts are networks of their own in specs; QMIX's are nodes of one."""
_NODES = {
    "embed.weight": "x.weight", "embed.bias": "x.bias", "attention.query.weight": "a.query",
    "attention.out.weight": "a.out", "attention.out.bias": "a.bias", "before.weight": "z.weight",
    "before.bias": "z.bias", "cell.weight_ih": "h.input", "cell.weight_hh": "h.hidden", "cell.bias_ih": "h.input_bias",
    "cell.bias_hh": "h.hidden_bias", "values.weight": "q.weight", "values.bias": "q.bias",
}  # fmt: skip
_WHOLE = re.compile(r"mixer\.(b1|v)\.(weight|bias)")
"""Of QMIX: no hypernetwork that attends."""

Piece = tuple[str, int | None, Tensor]
"""Name in the spec, index of its first axis if it is a part, and the part."""


def by_spec_name(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights (or gradients) under the names that a spec has for them; a row of axes may be one axis here."""
    found: dict[str, list[Tensor]] = {}
    parts = set()
    for name, tensor in tensors.items():
        for ours, index, part in _pieces(name, tensor):
            found.setdefault(ours, []).append(part)
            parts |= {ours} if index is not None else set()
    return {name: torch.stack(held) if name in parts else held[0] for name, held in found.items()}


def load(learner: Update, weights: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> None:
    """Copy in the weights of a spec's model, online and lagged. Raises KeyError unless the names are the same."""
    for networks, given in ((learner.online, weights), (learner.target, target)):
        mine = [piece for name, tensor in networks.named_parameters() for piece in _pieces(name, tensor)]
        if {name for name, _, _ in mine} != set(given):
            raise KeyError(f"weights do not match: {sorted({name for name, _, _ in mine} ^ set(given))}")
        with torch.no_grad():
            for name, index, part in mine:
                part.copy_((given[name] if index is None else given[name][index]).view_as(part))


def _pieces(name: str, tensor: Tensor) -> Iterator[Piece]:
    network = "mixer" if _WHOLE.fullmatch(name) else next(n for n in _NETWORKS if name.startswith(n + "."))
    ours, node = _NETWORKS[network], name.removeprefix(network + ".")
    number, _, kind = node.partition(".")
    if number.isdigit():
        yield f"{ours}.out.{kind}", int(number), tensor
    elif node == "attention.key_value.weight":
        key, value = tensor.chunk(2)
        yield from ((f"{ours}.a.key", None, key), (f"{ours}.a.value", None, value))
    else:
        gates = tensor.unflatten(0, (3, -1)) if node.startswith("cell.") else tensor
        yield f"{ours}.{_NODES.get(node, node)}", None, gates
