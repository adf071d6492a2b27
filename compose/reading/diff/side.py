"""One of the two things that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from compose.graph.graph import Graph
from compose.graph.proofs import Proof, prove
from compose.language.diagnostics import Path
from compose.language.load import Loaded
from compose.language.models import Spec
from compose.reading.diff.spec_parts import SpecParts
from compose.reading.diff.spec_terms import Symbol


@dataclass(frozen=True)
class Side:
    """A spec that types in an environment (or, with symbolic sizes, in none)."""

    loaded: Loaded
    graph: Graph
    title: str
    """What the user called it."""
    trained_in: str | None = None
    """Of a run: the name of the environment it was trained in."""

    @property
    def spec(self) -> Spec:
        return self.loaded.spec

    @property
    def environment(self) -> str | None:
        """The name of the environment whose sizes it has."""
        return None if self.graph.schema is None else self.graph.schema.name

    @cached_property
    def parts(self) -> SpecParts:
        return SpecParts(self.spec)

    @cached_property
    def proofs(self) -> list[Proof]:
        return prove(self.graph)

    def remark(self, symbol: Symbol, *field: str) -> str:
        """The comment beside the key of a definition, or beside one of its fields (else the definition's own)."""
        return self._remark((*symbol.path, *field)) or self._remark(symbol.path)

    def _remark(self, at: Path) -> str:
        span = self.loaded.document.keys.get(at)
        return comment(span.text) if span is not None else ""


def comment(line: str) -> str:
    """What follows ``#`` in a line of YAML, without the mark; empty if nothing does."""
    quote = ""
    for i, mark in enumerate(line):
        before = line[:i].rstrip(" ")[-1:]
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"" and before in ("", *":,[{-") and (i == 0 or line[i - 1] in " [{"):
            quote = mark
        elif mark == "#" and (i == 0 or line[i - 1] in " \t"):
            return line[i + 1 :].strip()
    return ""
