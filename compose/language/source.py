"""YAML text to plain data in which every value and key has its place.

A strict subset of YAML: one document, string keys, no tags, anchors, aliases or merge keys, bounded size. The events of
PyYAML's parser are read directly, because its nodes are built by unbounded recursion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NoReturn

import yaml

from compose.language import syntax
from compose.language.decode import decode
from compose.language.diagnostics import Diagnostic, Path, Span, SpecError, dotted
from compose.language.scalars import UNPRINTABLE, BadNumber, read
from compose.language.tree import Node, plain, walk

MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_KEY = 128
MAX_PROBLEMS = 50
"""So many problems are told at once; the rest can wait."""


@dataclass(frozen=True)
class Source:
    """One YAML text, read: ``root`` is the tree; ``data``, ``values`` and ``keys`` are views of it."""

    root: Node

    @cached_property
    def data(self) -> Any:
        return plain(self.root)

    @cached_property
    def values(self) -> dict[Path, Span]:
        return {at: node.span for at, node in walk(self.root)}

    @cached_property
    def keys(self) -> dict[Path, Span]:
        return {at: node.key for at, node in walk(self.root) if node.key}


def load(text: str | bytes, file: str, kind: str = "spec") -> Source:
    """Read a file's text; ``file`` is its name in messages, ``kind`` says what it should hold.

    Raises SpecError with all problems: ``yaml.syntax``, ``yaml.tab``, ``yaml.comma``, ``yaml.duplicate``, ``yaml.tag``,
    ``yaml.alias``, ``yaml.merge_key``, ``yaml.key``, ``yaml.no_value``, ``yaml.number``, ``yaml.character``,
    ``yaml.encoding``, ``yaml.documents``, ``yaml.empty``, ``yaml.root``, ``yaml.size``, ``yaml.depth``.
    """
    return Source(_root(decode(text, file), file, kind))


@lru_cache(maxsize=256)
def _root(text: str, file: str, kind: str) -> Node:
    """The tree of a text; remembered, as specs share ancestors and trees are never changed."""
    reader = _Reader(text, file, text.splitlines())
    root = reader.document(kind)
    if root is None:
        hint = "a spec starts with the line: compose: 1" if kind == "spec" else ""
        raise SpecError(Diagnostic("yaml.empty", f"{file} is empty", hint=hint))
    if not root.is_map:
        what = "a list" if isinstance(root.value, list) else "a single value"
        reader.report("yaml.root", f"a {kind} is a mapping (name: value), but this is {what}", root.span)
    reader.finish()
    return root


def load_value(item: str, start: int, file: str) -> Node:
    """Read the part of a line from ``start`` on as one value of any kind; spans are those of the whole line."""
    text = decode(" " * start + item[start:], file)
    reader = _Reader(text, file, [item])
    root = reader.document()
    if root is None:
        span = Span(file, 1, start + 1, start + 2, item)
        hint = "it comes after the '='; write null for 'nothing'"
        raise SpecError(Diagnostic("yaml.no_value", "there is no value", span=span, hint=hint))
    reader.finish()
    return root


class _Reader:
    def __init__(self, text: str, file: str, lines: list[str]) -> None:
        self.text, self.file, self.lines = text, file, lines
        self.loader: Any = yaml.SafeLoader(text)
        self.problems: list[Diagnostic] = []
        self.anchors: set[str] = set()
        self.nodes = self.depth = 0

    def report(self, code: str, message: str, span: Span, at: Path = (), hint: str = "", *notes: str) -> None:
        self.problems.append(Diagnostic(code, message, dotted(at), span, hint, notes))
        if len(self.problems) == MAX_PROBLEMS:
            self.finish()

    def finish(self) -> None:
        if self.problems:
            raise SpecError(*self.problems)

    def fatal(self, code: str, message: str, span: Span, hint: str = "") -> NoReturn:
        self.report(code, message, span, (), hint)
        raise SpecError(*self.problems)

    def next(self) -> Any:
        """The parser's next event; its errors as diagnostics."""
        try:
            return self.loader.get_event()
        except yaml.MarkedYAMLError as error:
            self.problems.append(syntax.diagnose(error, self.span))
        except (ValueError, OverflowError):
            mark = self.loader.get_mark()
            self.report("yaml.syntax", "no such character", self.span(mark, mark))
        raise SpecError(*self.problems)

    def span(self, start: Any, end: Any) -> Span:
        """The text between two marks, as far as it is on the first line. Tabs are shown as one blank."""
        row = max(0, min(start.line, len(self.lines) - 1))
        line = self.lines[row].replace("\t", " ") if self.lines else ""
        column = start.column + 1 if start.line == row else len(line) + 1
        stop = end.column + 1 if end.line == start.line else len(line.rstrip()) + 1
        return Span(self.file, row + 1, column, max(stop, column + 1), line)

    def document(self, kind: str = "value") -> Node | None:
        """The only document of the text, or None if there is none."""
        self.next()
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        event = self.next()
        bare = isinstance(event, yaml.ScalarEvent) and event.style is None and not event.value
        root = None if bare and not (event.tag or event.anchor) else self.node(event, ())
        self.next()
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            self.fatal("yaml.documents", f"a file holds one {kind}; here a second document starts",
                       self.span(event.start_mark, event.end_mark))
        return root

    def node(self, event: Any, at: Path) -> Node:
        span = self.span(event.start_mark, event.end_mark)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.fatal("yaml.size", f"more than {MAX_NODES} values in one file", span)
        if self.depth > MAX_DEPTH:
            self.fatal("yaml.depth", f"values are nested more than {MAX_DEPTH} deep", span)
        alias = isinstance(event, yaml.AliasEvent)
        if event.anchor is not None and not (alias and event.anchor in self.anchors):  # once for all aliases
            self.report("yaml.alias", "anchors (&) and aliases (*) are not part of the language", span, at,
                        "an expression that starts with & or * needs an operand before it"
                        if alias else "write the value out, or use like: or extends:")
            self.anchors.add(event.anchor)
        if alias:
            return Node(None, span)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.report("yaml.tag", f"YAML tags ({tag}) are not part of the language", span, at,
                        "quote text that starts with !")
        build: Callable[[Any, Path], Node] = (
            self.mapping if isinstance(event, yaml.MappingStartEvent)
            else self.sequence if isinstance(event, yaml.SequenceStartEvent) else self.scalar)
        self.depth += 1
        node = build(event, at)
        self.depth -= 1
        return node

    def scalar(self, event: Any, at: Path) -> Node:
        span = self.span(event.start_mark, event.end_mark)
        one_line = event.start_mark.line == event.end_mark.line
        if event.style in ("'", '"') and one_line and span.end - span.column > 2:
            span = replace(span, column=span.column + 1, end=span.end - 1)
        if bad := UNPRINTABLE.search(event.value):
            self.report("yaml.character", f"the character U+{ord(bad[0]):04X} is not allowed", span, at)
        if event.style is not None:
            return Node(event.value, span)
        try:
            return Node(read(event.value), span)
        except BadNumber as problem:
            self.report("yaml.number", str(problem), span, at, problem.hint)
            return Node(0, span)

    def sequence(self, start: Any, at: Path) -> Node:
        items: list[Node] = []
        seen = syntax.Torn()
        quiet = len(self.problems)
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            seen.add(event)
            item = self.node(event, (*at, len(items)))
            if _is_blank(event):
                self.report("yaml.no_value", "this item has no value", item.span, (*at, len(items)), "remove the '-'")
            items.append(item)
        self.close(start, seen, quiet, at)
        return Node(items, self.extent(start, event, None))

    def mapping(self, start: Any, at: Path) -> Node:
        members: dict[str, Node] = {}
        seen = syntax.Torn(mapping=True)
        quiet = len(self.problems)
        first: Span | None = None
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            seen.add(event)
            key = self.node(event, at)
            first = first or key.span
            name = self.key(event, key, at)
            event = self.next()
            seen.add(event)
            value = self.node(event, (*at, name))
            if _is_blank(event):
                hint = ("inside {...} a text with a comma needs quotes" if start.flow_style
                        else "write null to delete what is inherited" if at else "leave the key out, or give it one")
                self.report("yaml.no_value", "there is no value after this key", key.span, (*at, name), hint)
            if name in members and members[name].key is not None:
                self.report("yaml.duplicate", "this key is given twice", key.span, (*at, name), "",
                            f"first given at {members[name].key}")
            members[name] = replace(value, key=key.span)
        self.close(start, seen, quiet, at)
        return Node(members, self.extent(start, event, first))

    def key(self, event: Any, key: Node, at: Path) -> str:
        if not isinstance(key.value, str) or len(key.value) > MAX_KEY:
            found = (f"keys have at most {MAX_KEY} characters" if isinstance(key.value, str)
                     else f"keys are names, but this is read as {_kind(key.value)}")
            plain = isinstance(event, yaml.ScalarEvent) and not isinstance(key.value, str)
            self.report("yaml.key", found, key.span, at, "quote it" if plain else "")
            name = str(getattr(event, "value", "?"))
            return name if len(name) <= MAX_KEY else f"{name[:MAX_KEY // 4]}..."
        if key.value == "<<" and event.style is None:
            self.report("yaml.merge_key", "merge keys (<<) are not part of the language", key.span, at,
                        "use like: or extends:")
        return key.value

    def close(self, start: Any, seen: syntax.Torn, quiet: int, at: Path) -> None:
        """If a comma tore an expression apart, say that instead of what followed from it."""
        if start.flow_style and (torn := seen.found):
            del self.problems[quiet:]
            span = self.span(*torn)
            whole = self.text[torn[0].index : torn[1].index]
            if seen.decimal:
                self.report("yaml.comma", "numbers have a decimal point, not a comma", span, at,
                            f"write {whole.replace(',', '.')}")
                return
            self.report("yaml.comma", "the comma ends this value, which tears an expression apart", span, at,
                        f'quote it: "{whole}"' if "\n" not in whole and len(whole) < 80 else "quote it")

    def extent(self, start: Any, end: Any, first: Span | None) -> Span:
        """``{...}`` and ``[...]`` in full; of a block collection its first key, or first dash."""
        if start.flow_style:
            return self.span(start.start_mark, end.end_mark)
        return first or self.span(start.start_mark, start.start_mark)


def _is_blank(event: Any) -> bool:
    bare = isinstance(event, yaml.ScalarEvent) and event.style is None and event.value == ""
    return bare and event.tag is None and event.anchor is None


def _kind(value: object) -> str:
    kinds = {bool: "a truth value", int: "a number", float: "a number", dict: "a mapping", list: "a list"}
    return kinds.get(type(value), "null")
