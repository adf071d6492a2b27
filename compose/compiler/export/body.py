"""The statements of a recorded step: which values get lines and names of their own, and which name."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import fx

from compose.compiler.export.expression import UnknownFunction, expression, text, unparsed
from compose.compiler.export.names import Scope
from compose.compiler.export.record import Step
from compose.language.diagnostics import Diagnostic, SpecError

WIDTH = 88
INDENT = 8
NAME = "nine_long"
"""About as long as the names are that are made here."""
CALLS = 3
"""Calls in one line, not counting the last."""
NOUNS = {
    "and_": "mask", "or_": "mask", "invert": "masked", "cat": "joined", "matmul": "product", "linear": "mapped",
    "masked_fill": "filled", "truediv": "quotient", "gru_cell": "cell", "lstm_cell": "cell",
    "sum": "total", "add": "sum", "mul": "scaled",
    "sub": "difference", "getitem": "rows",
}  # fmt: skip
"""Names for results of operations that nothing better names."""
HEAVY = {"linear", "matmul", "gru_cell", "lstm_cell", "cat", "softmax", "bmm", "einsum", "gru"}
"""Operations that deserve to be seen."""


@dataclass
class _Draft:
    """An expression that has no line of its own yet."""

    tree: ast.expr
    calls: int
    kinds: list[str]
    """Of its operations, the last one first."""
    weights: list[str]
    """Last parts of the names of the weights in it."""

    @property
    def heavy(self) -> str:
        """The last of its operations that are not buried inside a call with other operands; empty if there is none."""
        return next((kind for kind in self.kinds if kind in HEAVY), "")

    @property
    def source(self) -> str:
        return unparsed(self.tree)


@dataclass
class Section:
    """Lines of one node of the spec."""

    owner: str
    """Its name; empty at the edges."""
    lines: list[str] = field(default_factory=list)


class Body:
    """Writes statements, operation by operation."""

    def __init__(self, step: Step, given: Mapping[fx.Node, str], scope: Scope) -> None:
        """``given``: source text of every input. ``scope``: knows the names of arguments."""
        self.step, self.given, self.scope = step, given, scope
        self.sections: list[Section] = []
        self.drafts: dict[fx.Node, _Draft] = {}
        self.named: dict[fx.Node, str] = {}
        self.short = _unambiguous(step)
        for node in step:
            if node not in step.owners and all(n in given or n in self.drafts for n in node.all_input_nodes):
                self._add_edge(node)
        for node in step:
            if node not in self.named:
                self._add(node)

    def result(self, node: fx.Node) -> str:
        """Source text of an output."""
        return self._draft(node).source

    # ------------------------------------------------------------ statements

    def _add(self, node: fx.Node) -> None:
        draft = self._build(node)
        while self._is_long(node, draft) and self._shorten(node):
            draft = self._build(node)
        self.drafts[node] = draft
        if not self._waits(node):
            self._settle(node)

    def _add_edge(self, node: fx.Node) -> None:
        """A size, or an input with its time axis, which takes over the input's name where nothing else reads that."""
        self.drafts[node] = self._build(node)
        if node in self.step.names:
            self._settle(node)
        elif not _is_size(node) and all(user.op != "output" for user in node.users):
            (source,) = node.all_input_nodes
            name = self.given[source]
            others = [user for user in source.users if user is not node and not _is_size(user)]
            self._write("", self.scope.take(f"{name}_now") if others else name, node)

    def _is_long(self, node: fx.Node, draft: _Draft) -> bool:
        """Whether it takes more than a line and is no chain of methods and no call, which break well."""
        name = self.step.names.get(node, NAME).rpartition(".")[2]
        goes_on = any(user.op == "call_method" and user.args[0] is node for user in node.users)
        chain = _chain(draft.tree)
        lines = len(chain) + (goes_on and isinstance(_head(draft.tree), ast.Call))
        in_chain = lines > 2 and all(len(call) <= WIDTH - INDENT - 4 for call in chain)
        breaks = in_chain or (node.op == "call_function" and len(node.args) > 2)
        return len(f"{name} = {draft.source}") > WIDTH - INDENT and not breaks

    def _build(self, node: fx.Node) -> _Draft:
        try:
            tree = expression(node, lambda n: self._draft(n).tree)
        except UnknownFunction as error:
            owner = self.step.owners.get(node)
            message = f"calls {error}, which a file that imports torch only does not have"
            raise SpecError(Diagnostic("export.function", message, owner.name if owner else "")) from None
        parts = [self._draft(n) for n in node.all_input_nodes]
        called = isinstance(tree, ast.Call)
        weights = [w for p in parts for w in p.weights]
        kinds = [_kind(node), *(k for p in parts for k in p.kinds)]
        return _Draft(tree, called + sum(p.calls for p in parts), kinds, weights)

    def _draft(self, node: fx.Node) -> _Draft:
        if node in self.named:
            return _Draft(text(self.named[node]), 0, [], [])
        if node in self.given:
            source = self.step.sources[node]
            last = source.name.rpartition(".")[2]
            return _Draft(text(self.given[node]), 0, [], [last] if source.kind in ("weight", "target") else [])
        return self.drafts[node]

    def _waits(self, node: fx.Node) -> bool:
        """Whether its only reader may hold it inside its own line."""
        draft = self.drafts[node]
        name = self.step.names.get(node, "#")
        if _is_size(node) and "#" in name:
            return True
        users = list(node.users)
        if "#" not in name or len(users) != 1 or _uses(users[0], node) != 1 or draft.calls >= CALLS:
            return False
        user = users[0]
        if user.op == "output":
            return not draft.heavy
        if self._home(user) != self._home(node):
            return node not in self.step.owners
        follows = len(user.all_input_nodes) == 1 or (user.op == "call_method" and user.args[0] is node)
        return _kind(user) != "softmax" and (follows or (not draft.heavy and draft.calls <= 1))

    def _shorten(self, node: fx.Node) -> bool:
        """Give the longest waiting operand a line of its own; False if none waits."""
        waiting = [n for n in node.all_input_nodes if n in self.drafts and n not in self.named and not _is_size(n)]
        operators = (ast.BinOp, ast.Compare, ast.UnaryOp)
        waiting = [n for n in waiting if self.drafts[n].calls or isinstance(self.drafts[n].tree, operators)]
        if not waiting:
            return False
        self._settle(max(waiting, key=lambda n: len(self.drafts[n].source)))
        return True

    def _settle(self, node: fx.Node) -> None:
        """Give a value a line."""
        home = self._home(node)
        self._write(home, self._name(node, self.drafts[node], home), node)

    def _write(self, home: str, name: str, node: fx.Node) -> None:
        self.named[node] = name
        if not self.sections or self.sections[-1].owner != home:
            self.sections.append(Section(home))
        self.sections[-1].lines += self._statement(name, self.drafts[node])

    def _statement(self, name: str, draft: _Draft) -> list[str]:
        """One line, or several as ruff breaks them."""
        source, tree, room = draft.source, draft.tree, WIDTH - INDENT
        if len(f"{name} = {source}") <= room:
            return [f"{name} = {source}"]
        chain = _chain(tree)
        if not isinstance(tree, ast.Call) or len(chain) > 2:
            inner = [source] if len(source) <= room - 4 or not chain else chain
            return [f"{name} = (", *(f"    {line}" for line in inner), ")"]
        arguments = [unparsed(a) for a in tree.args] + [f"{k.arg}={unparsed(k.value)}" for k in tree.keywords]
        return [f"{name} = {unparsed(tree.func)}(", *(f"    {a}," for a in arguments), ")"]

    # ----------------------------------------------------------------- names

    def _home(self, node: fx.Node) -> str:
        owner = self.step.owners.get(node)
        return "" if owner is None else owner.name.partition("#")[0]

    def _name(self, node: fx.Node, draft: _Draft, home: str) -> str:
        spec = self.step.names.get(node, "#")
        if "#" not in spec:
            return self.scope.take(*([spec.rpartition(".")[2]] if spec in self.short else []), spec)
        return self.scope.take(f"{home.rpartition('.')[2]}_{self._noun(node, draft)}".lstrip("_"))

    def _noun(self, node: fx.Node, draft: _Draft) -> str:
        if len(draft.weights) == 1:
            return draft.weights[0]
        if any(_kind(user) == "softmax" for user in node.users):
            return "logits"
        kind = draft.heavy or _kind(node)
        if kind == "matmul" and any("softmax" in self.named.get(n, "") for n in self._reads(draft)):
            return "pooled"
        return NOUNS.get(kind, kind)

    def _reads(self, draft: _Draft) -> list[fx.Node]:
        names = {n.id for n in ast.walk(draft.tree) if isinstance(n, ast.Name)}
        return [n for n, name in self.named.items() if name in names]

    def _edge(self, node: fx.Node) -> str:
        """The name of an input with its time axis."""
        first = node.all_input_nodes[0]
        return f"{self.given[first]}_now" if first in self.given else _kind(node)


def _head(tree: ast.expr) -> ast.expr:
    """What the first method of a chain is called on."""
    while isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        tree = tree.func.value
    return tree


def _chain(tree: ast.expr) -> list[str]:
    """A chain of methods as lines: ``f(x).a(1).b()`` -> ``f(x)``, ``.a(1)``, ``.b()``; nothing for anything else.

    A bare name stays with the first method.
    """
    calls = list[str]()
    while isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        whole = ast.Call(ast.Attribute(text("_"), tree.func.attr, ast.Load()), tree.args, tree.keywords)
        calls.insert(0, unparsed(whole)[1:])
        tree = tree.func.value
    if not calls:
        return []
    head = unparsed(tree)
    return [head + calls[0], *calls[1:]] if isinstance(tree, ast.Name) else [head, *calls]


def _unambiguous(step: Step) -> set[str]:
    """Names of values whose last part no other has."""
    names = [n for n in step.names.values() if "#" not in n]
    last = [n.rpartition(".")[2] for n in names]
    return {n for n in names if last.count(n.rpartition(".")[2]) == 1}


def _kind(node: fx.Node) -> str:
    return str(node.target) if node.op == "call_method" else getattr(node.target, "__name__", "value")


def _is_size(node: fx.Node) -> bool:
    """``x.shape`` and ``x.shape[0]`` are short enough to stand wherever they are read."""
    source = node.args[0] if node.args else None
    return (node.target is getattr and node.args[1] in ("shape", "dtype", "device")) or (
        node.target is operator.getitem and isinstance(source, fx.Node) and source.target is getattr)


def _uses(user: fx.Node, node: fx.Node) -> int:
    found = []
    fx.map_arg((user.args, user.kwargs), lambda n: found.append(n) or n)  # type: ignore[func-returns-value]
    return found.count(node)
