"""A spec written in Python: the same data as a file, the same checks, the same `Spec`.

    s = SpecBuilder("refil", "QMIX plus an imagined factorisation.", extends="qmix_attention")
    g, p, utility = s.graph, s.params, s.network("utility")
    p.lambda_ = 0.5
    g.groups = block.random_partition(of=first(env.present), parts=2)
    g.q_in   = utility(entities=g.seen, visible=env.visible & g.groups.within)
    s.losses.td = patch(weight=1 - p.lambda_)
    spec = s.build()

Assigning to ``graph``, ``params``, ``axes``, ``losses`` or a network's ``nodes`` writes a member under its name;
reading gives a handle (:mod:`compose.language.handles`), whether the member is defined above, below or in an ancestor.
``None`` deletes what is inherited, ``patch(...)`` changes parts of it. A network is called like a function. What names
mean is checked by :meth:`SpecBuilder.build`, which reports every mistake in the text that the file would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from compose.language.closed import Closed
from compose.language.dump import dump
from compose.language.expressions import Ref
from compose.language.handles import (
    Handle,
    agents,
    ceil,
    elu,
    entities,
    env,
    exp,
    first,
    floor,
    leaky_relu,
    log,
    maximum,
    minimum,
    misuse,
    others,
    previous,
    relu,
    sigmoid,
    softplus,
    spelled,
    sqrt,
    square,
    stop,
    tanh,
)  # fmt: skip
from compose.language.load import Loaded, load_data
from compose.language.models import VERSION, Spec

__all__ = [
    "Handle", "Network", "Node", "SpecBuilder", "agents", "block", "ceil", "elu", "entities", "env", "exp", "first",
    "floor", "leaky_relu", "log", "loss", "maximum", "minimum", "moving", "others", "patch", "previous", "relu",
    "sigmoid", "softplus", "sqrt", "square", "stop", "tanh",
]  # fmt: skip


class Node(dict[str, Any]):
    """What is written under a name: a node, a loss, a schedule, or a patch on one. Not an operand: only names are."""

    def __setattr__(self, name: str, value: object) -> None:
        misuse(f"'{name}' cannot be assigned here: nothing would read it", "fields are arguments: block.TAG(of=...)")


def plain(value: object) -> Any:
    """What a file holds for a value: handles as text, tuples as lists."""
    match value:
        case Handle():
            return str(value)
        case Network():
            return value.name
        case Mapping():
            return {name: plain(member) for name, member in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


_LEFT_OUT = object()

SECTIONS = ("act", "learner", "claims")
"""Parts of a spec whose members have fixed names."""


def _given(settings: Mapping[str, object]) -> dict[str, Any]:
    """Keyword arguments as members: those not given left out, Python's keywords respelled."""
    return {spelled(name): plain(value) for name, value in settings.items() if value is not _LEFT_OUT}


def _wired(place: str, fields: Mapping[str, object]) -> dict[str, Any]:
    """The same for what is wired to a node, which must have names."""
    for port, value in fields.items():
        if any(isinstance(v, Node) for v in (value if isinstance(value, list | tuple) else (value,))):
            misuse(f"{place}: '{port}' is a node that has no name",
                   "give it one first: graph.NAME = ..., then wire graph.NAME")
    return _given(fields)


class Members(Closed):
    """One mapping of the spec, name by name: ``table.name = value`` or ``table["name"] = value``, each once."""

    _place: str
    _written: dict[str, Any]

    def __init__(self, place: str) -> None:
        self.__dict__["_place"] = place
        self.__dict__["_written"] = {}

    def __setitem__(self, name: str, value: object) -> None:
        name = spelled(name)
        if name in self._written:
            misuse(f"{self._place}.{name} is given twice")
        self._written[name] = plain(value)

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value


class Names(Members):
    """Members that expressions may name."""

    def __getitem__(self, name: str) -> Handle:
        return Handle(Ref((spelled(name),)))

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]


class Section(Members):
    """Settings: ``act(choose="greedy")`` writes several, ``act.epsilon = 0.1`` one, each once."""

    def __call__(self, **settings: object) -> None:
        for name, value in settings.items():
            if value is not _LEFT_OUT:
                self[name] = value


class Network(Closed):
    """A network: ``nodes`` is its body, in which its inputs are names too; calling it makes an application."""

    name: str
    nodes: Names
    _settings: dict[str, Any]

    def __init__(self, name: str) -> None:
        self.__dict__.update(name=name, nodes=Names(f"networks.{name}.nodes"), _settings={})

    def __call__(self, **inputs: object) -> Node:
        """Apply it: inputs by name, and ``target``, ``repeat``, ``carry``, ``tied`` as in a file."""
        return Node({"network": self.name} | _wired(f"network {self.name}", inputs))

    def _instead(self, name: str) -> str:
        if name == "nodes":
            return f"write its nodes one by one: network({self.name!r}).nodes.NAME = ..."
        known = ("inputs", "returns", "like", "replace")
        near = name if name in known else next(iter(get_close_matches(name, known, 1)), "")
        return f"write network({self.name!r}, {near}=...)" if near else f"a node is network({self.name!r}).nodes.{name}"

    def _data(self) -> dict[str, Any]:
        return self._settings | ({"nodes": self.nodes._written} if self.nodes._written else {})


class Blocks(Closed):
    """``block.linear(of=x, to="embed")``: a node of the catalogue; ``block["vendor/name"](...)`` of a plug-in."""

    def __getitem__(self, tag: str) -> Any:
        def node(**fields: object) -> Node:
            return Node({"block": tag} | _wired(f"block {tag}", fields))

        return node

    def __getattr__(self, tag: str) -> Any:
        if tag.startswith("_"):
            raise AttributeError(tag)
        return self[spelled(tag)]


block = Blocks()


def patch(**changes: object) -> Node:
    """Changes to what is inherited under a name; None deletes a field."""
    return Node(_given(changes))


def loss(of: object, *, weight: object = _LEFT_OUT, mean: object = _LEFT_OUT, sum: object = _LEFT_OUT,
         where: object = _LEFT_OUT, count: object = _LEFT_OUT, optimizer: object = _LEFT_OUT) -> Node:
    """A loss: ``weight`` times the mean of ``of`` over valid steps; see :class:`compose.language.models.Loss`."""
    settings = {"weight": weight, "mean": mean, "sum": sum, "where": where, "count": count, "optimizer": optimizer}
    return Node(_wired("loss", {"of": of, **settings}))


def moving(kind: str, from_: object = _LEFT_OUT, to: object = _LEFT_OUT, over: object = _LEFT_OUT,
           at: object = _LEFT_OUT) -> Node:
    """A number that moves with a clock: ``moving("linear", 1.0, 0.05, over="50000 env_steps")``."""
    return Node(_given({"kind": kind, "from": from_, "to": to, "over": over, "at": at}))


class SpecBuilder(Closed):
    """One spec being written. ``act``, ``learner`` and ``claims`` are settings, written by calls or one by one."""

    params: Names
    axes: Names
    graph: Names
    losses: Members
    log: Names
    act: Section
    learner: Section
    claims: Section
    _head: dict[str, Any]
    _networks: dict[str, Network | None]

    def __init__(self, name: str, summary: str, *, extends: str | Sequence[str] = (), **settings: object) -> None:
        """``settings``: ``paper``, ``abstract``, ``example_env``."""
        head = {"compose": VERSION, "name": name, "summary": summary, **_given(settings)}
        self.__dict__.update(_head=head | ({"extends": plain(extends)} if extends else {}), _networks={})
        self.__dict__.update({table: Names(table) for table in ("params", "axes", "graph", "log")})
        self.__dict__.update({section: Section(section) for section in SECTIONS}, losses=Members("losses"))

    def _instead(self, name: str) -> str:
        if name in SECTIONS:
            return f"write {name}(NAME=...), or {name}.NAME = ..."
        if name in ("params", "axes", "graph", "losses", "log"):
            return f"write its members one by one: {name}.NAME = ..."
        if name in ("name", "summary", "extends", "paper", "abstract", "example_env"):
            return f"it is said at the beginning: SpecBuilder(..., {name}=...)"
        if name in ("network", "networks"):
            return "write network(NAME, inputs=..., returns=...)"
        return super()._instead(name)

    def network(self, name: str, *, inputs: Mapping[str, str | None] | None = None,
                returns: str | Mapping[str, str] | None = None, like: str | Network | None = None,
                replace: bool = False) -> Network:
        """A network, new or inherited. ``inputs`` name -> axes; ``returns`` the node its name means, or {node: axes};
        ``like`` another network of the same structure; ``replace`` drops what is inherited."""
        network = self._networks.setdefault(name, Network(name))
        if network is None:
            misuse(f"networks.{name} is deleted above")
        given = {"like": like, "inputs": inputs, "returns": returns, "replace": replace or None}
        for key, value in given.items():
            if value is not None:
                if key in network._settings:
                    misuse(f"networks.{name}.{key} is given twice")
                network._settings[key] = plain(value)
        return network

    def delete_network(self, *names: str) -> None:
        """Drop inherited networks."""
        for name in names:
            if self._networks.get(name) is not None:
                misuse(f"networks.{name} is in use above")
            self._networks[name] = None

    def data(self) -> dict[str, Any]:
        """The plain data of the file that this is."""
        networks = {name: network and network._data() for name, network in self._networks.items()}
        networks = {name: body for name, body in networks.items() if body != {}}
        order = ("params", "axes", "networks", "graph", "act", "losses", "learner", "log", "claims")
        parts = {name: networks if name == "networks" else getattr(self, name)._written for name in order}
        alone = "extends" not in self._head
        kept = {name: parts[name] for name in order if parts.get(name) or (alone and name in ("graph", "losses"))}
        return {**self._head, **kept}

    def dumps(self) -> str:
        """The file as text, ``extends`` and patches as they are. Raises SpecError."""
        return dump(self.data())

    def load(self) -> Loaded:
        """The checked spec with the text each value stands in. Raises SpecError with every mistake of form."""
        return load_data(self.data(), name=f"<{self._head['name']}>")

    def build(self) -> Spec:
        """The checked spec. Raises SpecError with every mistake of form."""
        return self.load().spec
