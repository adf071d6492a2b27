"""What an operation may ask of whoever holds it: in the graph, while it computes, while it is taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

from compose.language.axes import Axes, Type

if TYPE_CHECKING:
    from torch import Tensor

    from compose.language.values import Expr


By = Literal["softmax", "sparsemax"]
"""How logits become weights that sum to one."""

Of = Literal["true", "slots", "one"]
"""What a row's share is of: the rows that count, all slots, or nothing (rows are added up)."""


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

    def result(self, output: str) -> Type:
        """The type of an output, once all are inferred."""

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

    def everywhere(self, x: Tensor) -> Tensor:
        """The sum of a tensor over all processes that hold parts of the batch, without gradient; x itself where one
        holds it all. For operations that learn :meth:`Operation.in_parts`."""


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
