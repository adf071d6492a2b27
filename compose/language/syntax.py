"""Explaining YAML that cannot be parsed, above all expressions that need quotes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from compose.language.diagnostics import Diagnostic, Span

_QUOTE = "an expression that contains , : { } [ ] or starts with - & * ! | > % @ may need quotes"


def diagnose(error: yaml.MarkedYAMLError, span: Callable[[Any, Any], Span]) -> Diagnostic:
    """The parser's complaint with its place, and where the collection that it was reading starts."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "not YAML"
    here = span(mark, mark)
    if r"'\t'" in problem:
        return Diagnostic("yaml.tab", "a tab cannot be used here", span=here, hint="use blanks")
    notes: tuple[str, ...] = ()
    if error.context and error.context_mark:
        start = span(error.context_mark, error.context_mark)
        notes = (f"{error.context} that starts at {start}",)
    telling = ("indicator", "cannot start", "node content", "not allowed", "tag")
    needs_quotes = "{" in here.text or "[" in here.text or any(word in problem for word in telling)
    return Diagnostic("yaml.syntax", problem, span=here, hint=_QUOTE if needs_quotes else "", notes=notes)


class Torn:
    """Notices that the comma of ``{of: minimum(a, b)}`` cuts an expression: a parenthesis opens in one scalar and
    closes in a later one. ``found`` is the first such stretch, as a pair of marks."""

    def __init__(self) -> None:
        self.found: tuple[Any, Any] | None = None
        self._open = 0
        self._start: Any = None

    def add(self, event: Any) -> None:
        """The next key, value or item of one flow collection."""
        if self.found or not isinstance(event, yaml.ScalarEvent) or event.style is not None:
            return
        if self._open == 0:
            self._start = event.start_mark
        self._open = max(0, self._open + event.value.count("(") - event.value.count(")"))
        if self._open == 0 and self._start is not event.start_mark:
            self.found = (self._start, event.end_mark)
