"""The comparator's weights under the names that specs give them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .learner import Learner

_NETWORKS = {"agent": "utility", "mixer.w1": "w1", "mixer.b1": "b1", "mixer.w2": "w2", "mixer.v": "v"}
_NODES = {
    "embed.weight": "x.weight", "embed.bias": "x.bias", "attention.query.weight": "a.query",
    "attention.out.weight": "a.out", "attention.out.bias": "a.bias", "before.weight": "z.weight",
    "before.bias": "z.bias", "cell.weight_ih": "h.input", "cell.weight_hh": "h.hidden", "cell.bias_ih": "h.input_bias",
    "cell.bias_hh": "h.hidden_bias", "values.weight": "q.weight", "values.bias": "q.bias",
    "rows.weight": "rows.weight", "rows.bias": "rows.bias",
}  # fmt: skip


def by_spec_name(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Views of weights (or gradients) under the names and in the shapes of a spec."""
    found = {}
    for name, tensor in tensors.items():
        network = next(n for n in _NETWORKS if name.startswith(n + "."))
        ours, node = _NETWORKS[network], name.removeprefix(network + ".")
        if node == "attention.key_value.weight":
            found[f"{ours}.a.key"], found[f"{ours}.a.value"] = tensor.chunk(2)
        else:
            found[f"{ours}.{_NODES[node]}"] = tensor.unflatten(0, (3, -1)) if node.startswith("cell.") else tensor
    return found


def load(learner: Learner, weights: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> None:
    """Copy in the weights of a spec's model, online and lagged. Raises KeyError unless the names are the same."""
    for networks, given in ((learner.online, weights), (learner.target, target)):
        mine = by_spec_name(dict(networks.named_parameters()))
        if set(mine) != set(given):
            raise KeyError(f"weights do not match: {sorted(set(mine) ^ set(given))}")
        with torch.no_grad():
            for name, view in mine.items():
                view.copy_(given[name])
