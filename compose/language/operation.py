"""What every computation declares about itself, before and without any tensor.

An :class:`Operation` is one kind of computation: a block of the catalogue or a closed function. The graph asks it for
the types of its outputs, for its weights, and for the facts that proofs rest on. The compiler asks it to compute. It
never holds tensors; the same operation is used for any weights and any batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.hosts import By, Of, Parts, Piece, Run, Site

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["By", "Of", "Operation", "Parts", "Piece", "Rewrites", "Run", "Site", "Statistic", "Weight"]


@dataclass(frozen=True)
class Weight:
    """A weight as data: its axes in memory order and how it starts.

    ``init`` "fan_in" draws from U(-1/sqrt(n), 1/sqrt(n)) with n the product of the sizes of the axes ``fan``
    (torch's default for linear layers and GRU cells); "zeros" and "ones" are constant.
    """

    axes: Axes
    init: Literal["fan_in", "zeros", "ones"] = "fan_in"
    fan: Axes = ()


@dataclass(frozen=True)
class Statistic:
    """What a node remembers between updates, neither weight nor activation: its axes and the number it starts as."""

    axes: Axes
    start: float = 0.0


@dataclass(frozen=True)
class Rewrites:
    """The port at which a node stands, and weights that this node must have, for another to rewrite them."""

    port: str
    weights: tuple[str, ...]


class Operation:
    """One kind of computation. Subclasses declare; nothing here imports torch."""

    nonneg: ClassVar[tuple[str, ...]] = ()
    """Ports that must not be negative (sign types)."""

    within: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Port -> the least and the most that a number there may be: a discount is from 0 to 1. A spec with a number, or a
    param that moves, beyond them is refused."""

    monotone: ClassVar[Mapping[str, int]] = {}
    """Port -> +1 where no output ever falls when that input rises, -1 where none ever rises."""

    bounds: ClassVar[Mapping[str, str]] = {}
    """Data port -> mask port: rows of the data port's consumed axis count only where the mask is true."""

    aligned: ClassVar[bool] = True
    """Tensors arrive aligned to signatures; otherwise as they are, in the order of their own axes."""

    picks: ClassVar[Mapping[str, str]] = {}
    """Data port -> index port: the output is the element of the data port's last axis that the index names."""

    ahead: ClassVar[float] = math.inf
    """How many later steps it may read where it joins rows along ``time``: 0 for a recurrence or a delay."""

    itself: ClassVar[bool] = False
    """An axis of entities that goes is read at the reading agent's own row only."""

    moves: ClassVar[bool] = False
    """Every number of the output is one of the input's as it is: rows are moved, nothing is computed."""

    stopped: ClassVar[bool] = False
    """No gradient passes."""

    passes_masks: ClassVar[bool] = False
    """Of a mask it gives parts or copies, so that what contains the mask contains the result."""

    over_steps: ClassVar[bool] = False
    """A recurrence along ``time`` that can run on steps joined with ``batch`` into one axis (:meth:`Run.alive`)."""

    delayed: ClassVar[bool] = False
    """The output at a step depends on earlier steps only; a cycle may run through it."""

    late: ClassVar[tuple[str, ...]] = ()
    """Ports that :attr:`observe` reads and no output; what arrives there may depend on this operation's own outputs."""

    rewrites: ClassVar[Rewrites | None] = None
    """A late port whose node has its weights given anew by :meth:`rewritten`; :attr:`observe` does not read it."""

    watches: ClassVar[Literal["collection", "update"]] = "collection"
    """When :attr:`observe` looks: at newly collected episodes, or at every batch before its update."""

    def ports(self) -> Mapping[str, str]:
        """Port -> signature, in the order in which variables are bound."""
        raise NotImplementedError

    def adapt(self, types: dict[str, Type | tuple[Type, ...]]) -> dict[str, Type | tuple[Type, ...]]:
        """Rename axes of what arrives before ports are matched (the second copy of an axis in self-attention)."""
        return types

    def infer(self, site: Site) -> dict[str, Type]:
        """Types of the outputs by name; the name "" is what the bare node name means."""
        raise NotImplementedError

    def learned(self, site: Site) -> dict[str, Weight]:
        """Weights by name."""
        return {}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        """(port, axis) pairs whose presence the computation needs."""
        return ()

    def draws(self, site: Site) -> dict[str, Type]:
        """Random inputs by name."""
        return {}

    def sample(self, name: str, uniform: Any, site: Site) -> Tensor:
        """Make one draw; ``uniform(columns)`` gives numbers in [0, 1) [batch columns], or [batch time columns] if the
        draw has ``time``. Its first axes are ``batch`` (and ``time``)."""
        raise NotImplementedError

    def carries(self, site: Site) -> dict[str, Type]:
        """State that passes from one step to the next, by name, without the time axis; it starts as zeros."""
        return {}

    def statistics(self, site: Site) -> dict[str, Statistic]:
        """What it remembers, by name; kept in checkpoints, changed by :attr:`observe` alone."""
        return {}

    observe: ClassVar[Callable[..., dict[str, Any]]]
    """The pure function ``observe(self, run, *, port=tensor, ...)``: its statistics by name after episodes had this at
    the ports, late ones included. For operations that have :meth:`statistics`."""

    def rewritten(self, old: dict[str, Any], new: dict[str, Any], weights: dict[str, Any]) -> dict[str, Any]:
        """The weights that :attr:`rewrites` names when statistics change from ``old`` to ``new``."""
        raise NotImplementedError

    def mixes(self, site: Site) -> Axes:
        """Axes that an output keeps although its rows depend on one another along them."""
        return ()

    def renames(self, site: Site) -> dict[str, str]:
        """Axes whose rows leave under another name, row by row."""
        return {}

    def orders(self, site: Site) -> Axes:
        """Axes whose rows it treats by their position."""
        return ()

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        """As :attr:`monotone`, where it depends on arguments or on signs of what arrives."""
        return self.monotone

    compute: ClassVar[Callable[..., Any]]
    """The pure function ``compute(self, run, *, port=tensor, ...)``: tensors in, one tensor (or a dict by output name)
    out, in plain torch operations."""

    quick: ClassVar[Callable[..., Any] | None] = None
    """The same as :attr:`compute` by operations with backward passes of their own; what optimised programs call."""

    def pieces(self, parts: Parts) -> Piece | None:
        """The same computation as products, maps and softmaxes, for an operation with one output.

        Passes can then share and regroup its pieces. None: it stays whole.
        """
        return None
