"""What every computation declares about itself, before and without any tensor.

An :class:`Operation` is one kind of computation: a block of the catalogue or a closed function. The graph asks it for
the types of its outputs, for its weights, and for the facts that proofs rest on. The compiler asks it to compute. It
never holds tensors; the same operation is used for any weights and any batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.facts import (
    ALWAYS,
    ANYWHERE,
    NEVER,
    Duel,
    Fills,
    Kept,
    Range,
    Rewrites,
    Statistic,
    Weight,
    hull,
)
from compose.language.operation_context import By, Of, Parts, Piece, Run, Site

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ALWAYS", "ANYWHERE", "NEVER", "By", "Count", "Duel", "Fills", "Kept", "Of", "Operation", "Parts", "Piece",
           "Range", "Rewrites", "Run", "Site", "Statistic", "Weight", "hull"]

Count = Literal["present", "slots", "all"]
"""What takes part where rows are joined: those present, all slots with absent ones as zeros, all with their content."""


class Operation:
    """One kind of computation. Subclasses declare; nothing here imports torch.

    What is not declared counts as the worst: axes as joined, ports as not monotone, gradients as passing. Whatever
    proofs read stands here, and :mod:`compose.compiler.contract` attacks all of it.
    """

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

    searches: ClassVar[Mapping[str, str]] = {}
    """Data port -> mask port (wired or not): the output is the largest element along an axis that goes, or its index,
    among those that the mask allows."""

    chooses: ClassVar[str | None] = None
    """A port of logits: the output depends on them through their softmax along one axis."""

    density: ClassVar[str] = ""
    """The way of acting (``act.choose``) of whose draws it is the density, of ``of`` by ``mean`` and ``variance``."""

    duel: ClassVar[Duel | None] = None
    """Values are bests and advantages, which it weights."""

    fills: ClassVar[Fills | None] = None
    """It puts a filler in the place of what a mask hides."""

    weighs: ClassVar[tuple[str, str] | None] = None
    """Two ports x and y: where y is not negative, the result never falls when x rises, and where x is 0 it is what it
    is with any other y."""

    ahead: ClassVar[float] = math.inf
    """How many later steps it may read where it joins rows along ``time``: 0 for a recurrence or a delay."""

    steps_in: ClassVar[tuple[str, int] | None] = None
    """A mask port and a number n: along ``time`` it reads steps at which the mask is true, and n beyond each."""

    itself: ClassVar[bool] = False
    """An axis of entities that goes is read at the reading agent's own row only."""

    moves: ClassVar[bool] = False
    """Every number of the output is one of the input's as it is: rows are moved, nothing is computed."""

    stopped: ClassVar[bool] = False
    """No gradient passes."""

    passes_masks: ClassVar[bool] = False
    """Every element of an operand stands unchanged where :meth:`keeps` and :meth:`puts` say, so that what is known of a
    mask's rows is known of the result's."""

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

    attends: ClassVar[bool] = False
    """Is it an attention, of queries over keys, with :attr:`attended`?"""

    attended: ClassVar[Callable[..., Any]]
    """Of what :attr:`attends`: the weights of keys for queries, heads apart [... Head Query Key]. Called like
    :attr:`compute`, by those who look inside."""

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

    def for_episodes(self) -> bool:
        """Does a draw hold for all steps of an episode where it is acted on, too, one step at a time?"""
        return False

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

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        """Axes of an operand (the ``item``-th at its port) that an output keeps, row by row: an
        element of the output reads the operand at its own row alone (at the row of any of several axes of its own).

        An axis that is missing here is joined: another one of the same name in the output is a different axis.
        Leading axes are kept where tensors are aligned, all but those in :meth:`mixes`.
        """
        if not self.aligned:
            return {}
        leading = [a for a in operand(site, port, item).axes if a in site.bound["..."]]
        return self.follow(site, leading, output)

    def follow(self, site: Site, axes: Iterable[str], output: str) -> dict[str, tuple[Kept, ...]]:
        """These axes as :meth:`keeps` gives them, under their new names, but for those that are mixed or gone."""
        mixed, renamed = self.mixes(site), self.renames(site)
        pairs = ((axis, renamed.get(axis, axis)) for axis in axes if axis not in mixed)
        return {axis: (Kept(new),) for axis, new in pairs if new in site.result(output).axes}

    def puts(self, site: Site, port: str, item: int) -> Kept | None:
        """Where an operand stands that is a single row of an axis of the output."""
        return None

    def in_parts(self, site: Site) -> bool:
        """Where it joins rows of ``batch``: can processes hold parts of the batch, each computing its share of the sum
        (a loss), or its own rows, since all numbers of the whole batch are from :meth:`Run.everywhere`?"""
        return False

    def orders(self, site: Site) -> Axes:
        """Axes whose rows it treats by their position."""
        return ()

    def counts(self) -> Count:
        """What takes part where it joins rows (of axes in :meth:`counted`)."""
        return "present"

    def unchanged(self) -> bool:
        """Is the output its one operand, number by number?"""
        return False

    def narrows(self) -> bool:
        """Is the result a mask that is true only where every operand is?"""
        return False

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        """Between which numbers every output stays if operands stay in ``ranges`` (by port; masks from 0 to 1).

        None: nothing is known beyond signs.
        """
        return None

    def dead(self, ranges: Mapping[str, Range]) -> frozenset[str]:
        """Ports that get no gradient, or nothing but zeros, if operands stay in ``ranges``: all if it is ``stopped``,
        and those of which a mask that is false everywhere shows nothing."""
        hidden = {port for port, mask in self.bounds.items() if ranges.get(mask) == NEVER}
        return frozenset(ranges if self.stopped else hidden)

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


def operand(site: Site, port: str, item: int) -> Type:
    """The type of one operand, as the operation sees it."""
    found = site.types[port]
    return found[item] if isinstance(found, tuple) else found
