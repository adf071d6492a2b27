"""A spec taken apart: every name with its definition, references resolved, defaults filled in."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from compose.language.block import Block
from compose.language.expressions import Apply, Number, Ref, Tree, Truth
from compose.language.models import Spec, canonical
from compose.language.moving import Moving
from compose.language.nodes import Application
from compose.language.values import Expr, Ratio
from compose.language.write import write
from compose.reading.diff.only_read import lags, only_read, owns_weights, unread_of_learner
from compose.reading.diff.phrases import quantity
from compose.reading.diff.spec_terms import Call, Item, Key, SpecTerm, Symbol, Use, Word, members

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ACT, LEARNER, CLAIMS = (Symbol("part", name) for name in ("act", "learner", "claims"))


class SpecParts:
    """Symbols and definitions of what losses, acting and claims of a spec need. A name that means nothing is a word."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.items: dict[Symbol, Item] = {}
        for name, value in spec.params.items():
            self._add(Symbol("param", name), {"": moving(value)})
        for name, size in spec.axes.items():
            self._add(Symbol("axis", name), {"": self.expression(size.tree, "")})
        for network in applied(spec):
            self._network(network)
        for name in spec.graph:
            self._node(Symbol("node", name))
        for name in spec.losses:
            self._loss(name)
        self._add(ACT, self._fields(spec.act), wires=("values", "logits", "mean", "variance", "where"))
        self._claims()
        if not spec.abstract:  # what a child will read is not known
            self.items = only_read(self.items, [s for s in self.items if s.kind in ("part", "loss")])
        self._learner()

    @cached_property
    def users(self) -> Mapping[Symbol, tuple[tuple[str, Symbol], ...]]:
        """Who names a symbol, and where. A network is named by what it holds."""
        found: dict[Symbol, list[tuple[str, Symbol]]] = {symbol: [] for symbol in self.items}
        for user, item in self.items.items():
            for place, symbol in members(item):
                found[symbol].append((place, user))
            if user.owner:
                found[Symbol("network", user.owner)].append(("member", user))
        return {symbol: tuple(users) for symbol, users in found.items()}

    def owner(self, symbol: Symbol) -> Symbol | None:
        """The network in which a symbol is known."""
        return Symbol("network", symbol.owner) if symbol.owner else None

    def held(self, network: Symbol, kind: str = "node") -> list[Symbol]:
        """What a network holds, in the order of the spec."""
        return [s for s in self.items if s.owner == network.name and s.kind == kind]

    # ------------------------------------------------------------ definitions

    def _add(self, symbol: Symbol, fields: Mapping[Key, SpecTerm], head: SpecTerm | None = None,
             wires: typing.Iterable[Key] = ()) -> None:
        self.items[symbol] = Item(symbol, head or Word(symbol.kind), fields, frozenset(wires) & fields.keys())

    def _network(self, name: str) -> None:
        network = self.spec.networks[name]
        fields: dict[Key, SpecTerm] = {"returns": self._ref(Ref((network.result,)), name)}
        if network.init is not None:
            said, gains = Word(f"{network.init.kind}, gain {network.init.gain:g}"), network.init.gains
            where = [Call("text", (self._ref(Ref((node,)), name), Word(f"{gain:g}"))) for node, gain in gains.items()]
            fields["init"] = Call("text", (said, Call("{}", tuple(where)))) if where else said
        self._add(Symbol("network", name), fields, wires=["returns"])
        for port, text in network.inputs.items():
            for word in NAME.findall(text):
                if word[0].isupper():
                    self._add(Symbol("variable", word, name), {})
            self._add(Symbol("input", port, name), {"axes": self._words(text, name)}, wires=["axes"])
        for node in network.nodes:
            self._node(Symbol("node", node, name))

    def _node(self, symbol: Symbol) -> None:
        owner = symbol.owner
        nodes = self.spec.networks[owner].nodes if owner else self.spec.graph
        node = nodes[symbol.name]
        if isinstance(node, Expr):
            self._add(symbol, {"": self.expression(node.tree, owner)}, Word("expression"), [""])
        elif isinstance(node, Application):
            applied, network = node.network, self.spec.networks.get(node.network)
            head = Call("apply", (Word(applied) if network is None else Use(Symbol("network", applied)),))
            known = network.inputs if network is not None else {}
            fields: dict[Key, SpecTerm] = {
                Symbol("input", port, applied) if port in known else port: self.expression(expr.tree, owner)
                for port, expr in node.inputs.items()}
            if node.repeat is not None and node.carry is not None:
                carried = Use(Symbol("input", node.carry, applied)) if node.carry in known else Word(node.carry)
                fields |= {"repeat": self._words(node.repeat, owner), "carry": carried, "tied": Word(node.tied)}
            if owns_weights(self.spec, node):
                fields |= {"target": Word(node.target), "frozen": Word(node.frozen)}
            self._add(symbol, fields, head, fields)
        else:
            self._block(symbol, node)

    def _block(self, symbol: Symbol, block: Block) -> None:
        fields: dict[Key, SpecTerm] = {}
        for name, info in type(block).model_fields.items():
            value = getattr(block, name)
            if name == "block" or value is None or (name == "target" and not owns_weights(self.spec, block)):
                continue
            term = Word(value) if is_word(info, value) else self._argument(value, symbol.owner)
            if name == "over" and isinstance(term, Call):
                term = Call("{}", term.arguments)
            fields[block.spelled(name)] = term
        wires = [block.spelled(name) for name in block.port_signatures()]
        self._add(symbol, fields, Word(f"block {block.block}"), [*wires, "target"])

    def _loss(self, name: str) -> None:
        loss, optimizers = self.spec.losses[name], self.spec.learner.optimizers
        fields = self._fields(loss)
        for axes in ("mean", "sum"):
            if isinstance(listed := fields.get(axes), Call):
                fields[axes] = Call("{}", listed.arguments)
        trains = loss.optimizer or (next(iter(optimizers)) if len(optimizers) == 1 else None)
        if trains in optimizers:
            fields["optimizer"] = Use(Symbol("optimizer", str(trains)))
        self._add(Symbol("loss", name), fields, wires=["of", "where"])

    def _learner(self) -> None:
        learner = self.spec.learner
        fields = self._fields(learner, but=("optimizers",))
        for name in unread_of_learner(lags=lags(self.items.values())):
            fields.pop(name, None)
        if not learner.off_policy:  # two updates from twenty episodes are not one from ten
            fields["updates"] = Word(str(learner.updates))
        self._add(LEARNER, fields)
        for name, optimizer in learner.optimizers.items():
            none = [name for name in ("momentum", "weight_decay") if getattr(optimizer, name, 0) == 0]
            settings = self._fields(optimizer, but=("kind", *none, *(("order",) if optimizer.each is None else ())))
            if optimizer.after in learner.optimizers:
                settings["after"] = Use(Symbol("optimizer", str(optimizer.after)))
            self._add(Symbol("optimizer", name), settings, Word(optimizer.kind))

    def _claims(self) -> None:
        claims, igm = self.spec.claims, self.spec.claims.igm_claim
        fields = self._fields(claims, but=("igm",))
        if igm is not None:
            fields["igm"] = Word(igm.status)
            if igm.status != "none":
                fields["igm of"] = self.expression(igm.joint.tree, "")
                if igm.utilities not in (None, self.spec.act.scores):  # what is acted on need not be said
                    fields["igm in"] = self.expression(igm.utilities.tree, "")
        self._add(CLAIMS, fields)

    def _fields(self, model: BaseModel, but: tuple[str, ...] = ()) -> dict[Key, SpecTerm]:
        """Every field of a model that has a value; those of models inside it under dotted names."""
        fields: dict[Key, SpecTerm] = {}
        for name, info in type(model).model_fields.items():
            value = getattr(model, name)
            if name in but or value is None:
                continue
            if isinstance(value, BaseModel) and not isinstance(value, Moving):
                fields |= {f"{info.alias or name}.{inner}": term for inner, term in self._fields(value).items()}
            elif isinstance(value, Moving | Ratio) or name == "epsilon":
                fields[info.alias or name] = moving(value)
            elif is_word(info, value):
                fields[info.alias or name] = Word(value)
            elif not (isinstance(value, tuple) and not value):
                fields[info.alias or name] = self._argument(value, "")
        return fields

    # ------------------------------------------------------------------ terms

    def _argument(self, value: Any, owner: str) -> SpecTerm:
        """The term of any validated value; text may name axes and params."""
        match value:
            case Expr():
                return self.expression(value.tree, owner)
            case bool() | int() | float():
                return Word(canonical(value) if not isinstance(value, bool) else value)
            case str():
                return self._words(value, owner)
            case tuple() | list():
                return Call("[]", tuple(self._argument(item, owner) for item in value))
            case Mapping():
                pairs = (Call(":", (Word(str(key)), self._argument(item, owner))) for key, item in value.items())
                return Call("{}", tuple(pairs))
            case BaseModel():
                return self._argument(write(value, defaults=True), owner)
        return Word(str(value))

    def _words(self, text: str, owner: str) -> SpecTerm:
        """Text in which axes, params and variables may be named: a signature, an axis with its prime."""
        parts: list[SpecTerm] = []
        for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*|[^\sA-Za-z_]+", text):
            found = self._sized(word, owner) if NAME.fullmatch(word) else None
            parts.append(Use(found) if found is not None else Word(word))
        return parts[0] if len(parts) == 1 else Call("text", tuple(parts))

    def _sized(self, name: str, owner: str) -> Symbol | None:
        """The variable, axis or param of that name."""
        candidates = (Symbol("variable", name, owner), Symbol("axis", name), Symbol("param", name))
        known: tuple[Callable[[], bool], ...] = (
            lambda: candidates[0] in self.items, lambda: name in self.spec.axes, lambda: name in self.spec.params)
        return next((s for s, test in zip(candidates, known, strict=True) if test()), None)

    def expression(self, tree: Tree, owner: str) -> SpecTerm:
        """An expression that stands in the graph or in a network (``owner``)."""
        match tree:
            case Number():
                return Word(canonical(tree.value))
            case Truth():
                return Word(tree.value)
            case Ref():
                return self._ref(tree, owner)
            case Apply():
                return Call(tree.function, tuple(self.expression(a, owner) for a in tree.arguments))
        raise TypeError(tree)

    def _ref(self, ref: Ref, owner: str) -> SpecTerm:
        head, *rest = ref.parts
        if head == "played" and rest and rest[0] in self.spec.record:  # what it is called is no part of the method
            return Call("recorded", (self.expression(self.spec.record[rest[0]].tree, ""),))
        network = self.spec.networks.get(owner)
        if network is not None and head in network.inputs and not rest:
            return Use(Symbol("input", head, owner))
        if head in (network.nodes if network is not None else self.spec.graph):
            return Use(Symbol("node", head, owner), self._tail(rest, head, owner))
        found = self._sized(head, owner) if not rest else None
        return Use(found) if found is not None else Word(str(ref))

    def _tail(self, rest: list[str], head: str, owner: str) -> tuple[Symbol | str, ...]:
        """What a reference asks for inside a node: nodes of the networks it leads through, at last an output."""
        tail: list[Symbol | str] = []
        for part in rest:
            nodes = self.spec.networks[owner].nodes if owner else self.spec.graph
            node = nodes.get(head)
            inner = self.spec.networks.get(node.network) if isinstance(node, Application) else None
            if not isinstance(node, Application) or inner is None or part not in inner.nodes:
                tail.append(part)
            else:
                head, owner = part, node.network
                tail.append(Symbol("node", head, owner))
        return tuple(tail)


def applied(spec: Spec) -> list[str]:
    """The networks that the graph applies, or that those apply, in the order of the spec."""
    found: set[str] = set()
    bodies = [spec.graph]
    while bodies:
        names = {node.network for node in bodies.pop().values() if isinstance(node, Application)} - found
        found |= names
        bodies += [spec.networks[name].nodes for name in names if name in spec.networks]
    return [name for name in spec.networks if name in found]


def moving(value: Any) -> SpecTerm:
    """A number, or the canonical text of a schedule or a ratio. What never moves is a number."""
    if isinstance(value, Moving) and len(levels := {level for _, level in value.points()}) == 1:
        value = levels.pop()
    return Word(quantity(value) if isinstance(value, Moving | Ratio) else canonical(value))


def is_word(info: FieldInfo, value: object) -> bool:
    """Is this value of a field one of the language's own words, whatever else may be called so?"""
    kinds = [info.annotation, *typing.get_args(info.annotation)]
    return isinstance(value, str) and any(typing.get_origin(kind) is typing.Literal for kind in kinds)
