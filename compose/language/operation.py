"""What every computation declares about itself, before and without any tensor.

An :class:`Operation` is one kind of computation: a block of the catalogue or a closed function. The graph asks it for
the types of its outputs, for its weights, and for the facts that proofs rest on. The compiler asks it to compute. It
never holds tensors; the same operation is used for any weights and any batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, Protocol

from compose.language.axes import Axes, Type

if TYPE_CHECKING:
    from torch import Tensor

    from compose.language.values import Expr


By = Literal["softmax", "sparsemax"]
"""How logits become weights that sum to one."""

Of = Literal["true", "slots", "one"]
"""What a row's share is of: the rows that count, all slots, or nothing (rows are added up)."""


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


class Site(Protocol):
    """Where an operation stands in a graph: what arrives at its ports, and what names mean there."""

    @property
    def types(self) -> Mapping[str, Type | tuple[Type, ...]]:
        """What arrives at every port; a tuple where a port takes several operands."""

    @property
    def bound(self) -> Mapping[str, Axes]:
        """The axes that variables of the signatures stand for; "..." holds the leading axes."""

    def type(self, port: str) -> Type:
        """The type that arrives at a port with one operand."""

    def axes(self, *sizes: Expr) -> Axes:
        """The axes that size arguments name: ``embed`` -> ("embed",), ``scalar`` -> ()."""

    def axis(self, name: str, port: str) -> str:
        """An axis named in an argument, which must be one of the axes of ``port``."""

    def indexes(self, port: str, axis: str, *, new: bool = False) -> None:
        """Report whole numbers at a port that are known to index more rows than the axis has; or, unless the axis is
        ``new``, to index another one."""

    def size(self, axis: str) -> int | None:
        """The number of rows of an axis; None while it is symbolic."""

    def count(self, size: Expr) -> int:
        """A whole number given as an argument (``heads``)."""

    def join(self, axis: str, rows: tuple[str, ...]) -> None:
        """Declare that an axis joins the rows of others ("1" for a single row)."""

    def has_presence(self, axis: str) -> bool:
        """Can rows of this axis be absent?"""

    def fail(self, field: str, message: str, hint: str = "") -> NoReturn:
        """Report a mistake at a field of this node."""


class Run(Protocol):
    """What an operation may ask for while it computes. Tensors arrive aligned to the port's signature: leading axes,
    then the signature's own; a missing axis has size 1, so that everything broadcasts from the right."""

    @property
    def node(self) -> Site:
        """Where the operation stands."""

    @property
    def dtype(self) -> Any:
        """The torch dtype of floats in this model."""

    def weight(self, name: str) -> Tensor:
        """A weight of this node, with the axes it declared."""

    def present(self, port: str, axis: str, axes: Axes | None = None) -> Tensor | None:
        """Who is present along ``axis``, broadcastable against ``port`` (or over ``axes``); None if nobody can be
        absent."""

    def dims(self, port: str, axes: Axes) -> tuple[int, ...]:
        """Negative positions of axes in the tensor at ``port``."""

    def draw(self, name: str) -> Tensor:
        """A random draw declared by :meth:`Operation.draws`."""

    def state(self, name: str) -> Tensor | None:
        """What was carried from the step before; None at the start of an episode."""

    def carry(self, name: str, value: Tensor) -> None:
        """Hand a value to the next step."""

    def statistic(self, name: str) -> Tensor:
        """A statistic of this node as it stands, with the axes it declared."""

    def alive(self) -> tuple[Tensor, Tensor] | None:
        """How many episodes have each time (int64 [time], on the CPU), and a number for every episode, if ``batch`` and
        ``time`` arrive as one axis: time by time, longest episode first, only as long as each runs. Else None."""

    def size(self, axis: str) -> int:
        """The number of rows of an axis."""


Piece = Any
"""A tensor-to-be with named ``axes``, as :class:`Parts` gives it; or a plain number."""


class Parts(Protocol):
    """What an operation takes itself apart with (:meth:`Operation.pieces`). Axes are found by name, in any order."""

    @property
    def node(self) -> Site:
        """Where the operation stands."""

    def port(self, name: str) -> Piece:
        """What arrives at a port, its axes named as the operation sees them; a constant as the number it is."""

    def weight(self, name: str) -> Piece:
        """A weight of this node; its axes have names of their own."""

    def present(self, port: str, axis: str) -> Piece | None:
        """Who is present along ``axis``; None if nobody can be absent."""

    def product(self, *factors: tuple[Piece, Axes], out: Axes) -> Piece:
        """The product of pieces summed over all labels but ``out``; every factor comes with labels for its axes."""

    def map(self, function: str, *operands: Piece, dtype: Any = "float") -> Piece:
        """A closed function (``+``, ``relu``, ``&`` ...) of pieces."""

    def simplex(self, by: By, logits: Piece, allowed: Piece, axis: str) -> Piece:
        """Softmax or sparsemax along ``axis`` where allowed, zeros elsewhere (``allowed`` may be True)."""

    def share(self, mask: Piece, axis: str, of: Of) -> Piece:
        """Weights of a mean along ``axis`` where the mask is true, else 0: 1 / (number of its true rows, or of all its
        slots), or 1 (a sum)."""

    def divided(self, piece: Piece, axis: str, rows: int, names: tuple[str, str]) -> Piece:
        """One axis as two, the first with so many rows."""

    def named(self, piece: Piece, axes: Axes) -> Piece:
        """The same under other names of its axes."""


class Operation:
    """One kind of computation. Subclasses declare; nothing here imports torch."""

    nonneg: ClassVar[tuple[str, ...]] = ()
    """Ports that must not be negative (sign types)."""

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
    """Ports that :attr:`observe` alone reads; what arrives there may depend on this operation's own outputs."""

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
        """Weights, by name, of the node at the port ``rescales`` when statistics change from ``old`` to ``new``."""
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
