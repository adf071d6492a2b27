"""How the weights of a network start, where not as each block says."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveFloat

from compose.language.base import Frozen, Model
from compose.language.facts import Weight
from compose.language.role import Role, section
from compose.language.values import Name


def _none() -> MappingProxyType[str, Any]:
    return MappingProxyType({})


class Orthogonal(Model):
    """Matrices start orthogonal, times a gain (Saxe et al. 2014), biases as zeros; scales and shifts as they would.

    A weight with more than two axes is one matrix, from what is fed in (its last axis, or axes) to all the others; so
    is the matrix of all three gates of a `gru`.
    """

    noun: ClassVar[str] = "the start"

    kind: Literal["orthogonal"]
    """How."""
    gain: PositiveFloat = 1.0
    """The singular values of every matrix."""
    gains: Annotated[Frozen[Name, PositiveFloat], section(Role("gain", "a gain"))] = Field(default_factory=_none)
    """Node of the network -> the gain of its matrices, where it is another one."""

    def weight(self, node: str, weight: Weight) -> Weight:
        """A weight of a node, started in this way."""
        if weight.init != "fan_in":
            return weight
        if weight.bias:
            return replace(weight, init="zeros")
        return replace(weight, init="orthogonal", gain=self.gains.get(node, self.gain))

    def __str__(self) -> str:
        others = "".join(f", {node} {gain:g}" for node, gain in self.gains.items())
        return f"{self.kind}, gain {self.gain:g}{others}"
