"""Pointwise activations by name."""

from typing import Any, Literal

Activation = Literal["none", "relu", "elu", "leaky_relu", "tanh", "sigmoid"]
"""All of them are monotone."""


def activate(name: Activation, x: Any) -> Any:
    """f(x), pointwise."""
    import torch

    if name == "none":
        return x
    return getattr(torch if name in ("tanh", "sigmoid") else torch.nn.functional, name)(x)
