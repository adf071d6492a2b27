"""Everything that differs between two specs, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from compose.reading.diff.changes import Change, compare
from compose.reading.diff.consequences import Consequences, consequences
from compose.reading.diff.matching import Matching
from compose.reading.diff.settings import settings
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Symbol
from compose.reading.diff.wiring import Line, Place, WiringLines


@dataclass(frozen=True)
class Diff:
    """Two sides, which name of one is which of the other, and what is different."""

    before: Side
    """The one side."""
    after: Side
    """The other."""
    matching: Matching
    """Which name of one is which of the other."""
    changes: tuple[Change, ...]
    """One for each name that came, went or means something else."""

    @property
    def equal(self) -> bool:
        """Is it one method? Renames and headers (name, summary, paper, example) are no difference; two runs in
        different environments are one."""
        return not self.changes and not self.elsewhere

    @property
    def elsewhere(self) -> bool:
        """Are these two runs, trained in different environments?"""
        both = (self.before.trained_in, self.after.trained_in)
        return None not in both and self.before.graph.schema != self.after.graph.schema

    @cached_property
    def wiring(self) -> list[Place]:
        """Nodes, networks, inputs and losses that came, went, or are wired otherwise."""
        return WiringLines(self.before, self.after, self.matching, self.changes).places()

    @cached_property
    def settings(self) -> list[Line]:
        """Numbers and choices that are different."""
        return settings(self.before, self.after, self.matching, self.changes)

    @cached_property
    def consequences(self) -> Consequences:
        """What follows from both."""
        return consequences(self.before, self.after, self.matching, self.changes)

    @property
    def renames(self) -> list[tuple[Symbol, Symbol]]:
        """Names that changed and mean the same."""
        return [(a, b) for a, b in self.matching.renamed() if a.kind != "part"]


def diff(before: Side, after: Side) -> Diff:
    """Compare two specs by what they mean."""
    matching, changes = compare(before.parts, after.parts)
    return Diff(before, after, matching, tuple(changes))
