"""Explaining YAML that cannot be parsed, above all expressions that need quotes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from compose.language.diagnostics import Diagnostic, Span

_QUOTE = "an expression that contains , : { } [ ] or starts with - & * ! | > % @ may need quotes"


def diagnose(error: yaml.MarkedYAMLError, span: Callable[[Any, Any], Span]) -> Diagnostic:
    """The parser's complaint in plain words, at the place where something has to be done about it."""
    mark = error.problem_mark or error.context_mark
    problem, start = error.problem or error.context or "not YAML", error.context_mark
    here, there = span(mark, mark), span(start, start) if start else None
    if r"'\t'" in problem:
        return Diagnostic("yaml.tab", "a tab cannot be used here", span=here, hint="use blanks")
    notes: tuple[str, ...] = ()
    if problem.startswith("expected ',' or") and there is not None:
        found, here, hint, notes = _flow(problem, here, there)
    elif "end of stream" in problem and there is not None:
        found, here, hint = "this quote is never closed", there, ""
    elif problem == "could not find expected ':'" and there is not None:
        found, here, hint = "there is no ':' after this key", there, ""
    elif problem.startswith("mapping values"):
        second = ":" in here.text[: here.column - 1]
        found = "a second ':' on this line" if second else "this key cannot stand here"
        hint = _QUOTE if second else "is it indented too far, or has the line above a value already?"
    elif problem.startswith("expected <block end>"):
        found, hint = _block(problem, error.context or "")
    else:
        found, hint = _said(problem)
    return Diagnostic("yaml.syntax", found, span=here, hint=hint, notes=notes)


def _flow(problem: str, here: Span, there: Span) -> tuple[str, Span, str, tuple[str, ...]]:
    """Inside ``{...}`` or ``[...]``: what is wrong, where, what may help, notes."""
    opener, got = there.text[there.column - 1 : there.column], problem.rpartition("got ")[2].strip("'")
    note = (f"'{opener}' is opened at {there}",)
    if got in ("}", "]"):
        return f"'{got}' cannot close '{opener}'", here, "", note
    if got == "<stream end>" or here.line != there.line:
        return f"'{opener}' is never closed", there, "", ()
    if got == ":":
        return "a second ':' in one member", here, _QUOTE, note
    return f"expected ',' or '{'}' if opener == '{' else ']'}' before this", here, _QUOTE, note


def _block(problem: str, context: str) -> tuple[str, str]:
    """Between lines: what is wrong, what may help."""
    got = problem.rpartition("found ")[2].strip("'")
    if got in ("}", "]"):
        return f"'{got}' closes nothing", ""
    if got in ("<scalar>", ","):
        return "nothing may follow the value on this line", _QUOTE
    if "collection" in context:
        return "expected another item of the list: '- ...'", "is this line indented as it should be?"
    return "this line's indentation fits none of the lines above it", ""


def _said(problem: str) -> tuple[str, str]:
    """Other complaints."""
    if problem.startswith("found character"):
        return f"a value cannot start with {problem.split()[2]}", "quote it"
    if problem.startswith("found unknown escape"):
        return f"there is no escape \\{problem[-2]}", "between single quotes a backslash means itself"
    if problem.startswith("sequence entries"):
        return "a list's '-' cannot stand here", "put it on a line of its own, or write [a, b]"
    if problem.startswith("expected alphabetic"):
        return "anchors (&) and aliases (*) are not part of the language", \
            "an expression that starts with & or * needs an operand before it"
    if problem.startswith("expected the node content"):
        return f"a value is missing before {problem.rpartition('found ')[2]}", ""
    if "document start" in problem:
        return "nothing may follow the end of the document", ""
    telling = ("indicator", "cannot start", "not allowed", "tag")
    return problem, _QUOTE if any(word in problem for word in telling) else ""


class Torn:
    """Notices that the comma of ``{of: minimum(a, b)}`` cuts an expression: a parenthesis opens in one scalar and
    closes in a later one. ``found`` is the first such stretch, as a pair of marks. In a mapping it notices the comma of
    ``{lr: 0,5}`` too, where a number follows a number without a blank; ``decimal`` says that it is one."""

    def __init__(self, *, mapping: bool = False) -> None:
        self.found: tuple[Any, Any] | None = None
        self.decimal = False
        self._mapping, self._key = mapping, False
        self._open = 0
        self._start: Any = None
        self._last: Any = None

    def add(self, event: Any) -> None:
        """The next key, value or item of one flow collection."""
        last, self._last, self._key = self._last, event, self._mapping and not self._key
        if self.found or not isinstance(event, yaml.ScalarEvent) or event.style is not None:
            return
        start: Any = event.start_mark
        if self._key and _whole(last) and event.value.isdecimal() and start.index == last.end_mark.index + 1:
            self.found, self.decimal = (last.start_mark, event.end_mark), True
            return
        if self._open == 0:
            self._start = event.start_mark
        self._open = max(0, self._open + event.value.count("(") - event.value.count(")"))
        if self._open == 0 and self._start is not event.start_mark:
            self.found = (self._start, event.end_mark)


def _whole(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.style is None and event.value.lstrip("+-").isdecimal()
