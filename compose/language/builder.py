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
from typing import Any

from compose.language.blocks import block
from compose.language.closed import Closed
from compose.language.dump import dump
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
    played,
    previous,
    relu,
    sigmoid,
    softplus,
    sqrt,
    square,
    stop,
    tanh,
)  # fmt: skip
from compose.language.load import Loaded, load_data
from compose.language.models import VERSION, Spec
from compose.language.networks import Network, Networks
from compose.language.sections import Act, Claims, Learner
from compose.language.writing import LEFT_OUT, Members, Names, Node, given, plain, wired

__all__ = [
    "Handle", "Network", "Node", "SpecBuilder", "agents", "block", "ceil", "elu", "entities", "env", "exp", "first",
    "floor", "leaky_relu", "log", "loss", "maximum", "minimum", "moving", "others", "patch", "played", "previous",
    "relu", "sigmoid", "softplus", "sqrt", "square", "stop", "tanh",
]  # fmt: skip


def patch(**changes: object) -> Node:
    """Changes to what is inherited under a name; None deletes a field."""
    return Node(given(changes))


def loss(of: object, *, weight: object = LEFT_OUT, mean: object = LEFT_OUT, sum: object = LEFT_OUT,
         where: object = LEFT_OUT, count: object = LEFT_OUT, optimizer: object = LEFT_OUT) -> Node:
    """A loss: ``weight`` times the mean of ``of`` over valid steps; see :class:`compose.language.models.Loss`."""
    settings = {"weight": weight, "mean": mean, "sum": sum, "where": where, "count": count, "optimizer": optimizer}
    return Node(wired("loss", {"of": of, **settings}))


def moving(kind: str, from_: object = LEFT_OUT, to: object = LEFT_OUT, over: object = LEFT_OUT,
           at: object = LEFT_OUT) -> Node:
    """A number that moves with a clock: ``moving("linear", 1.0, 0.05, over="50000 env_steps")``."""
    return Node(given({"kind": kind, "from": from_, "to": to, "over": over, "at": at}))


class SpecBuilder(Closed):
    """One spec being written. ``act``, ``learner`` and ``claims`` are settings, written by calls or one by one."""

    params: Names
    """Hyper-parameters: numbers, expressions, or ``moving(...)``."""
    axes: Names
    """Axes of the spec's own and their sizes."""
    graph: Names
    """Nodes of the main graph."""
    losses: Members
    """Terms to minimise, each a ``loss(...)``."""
    log: Names
    """Values that a training writes down."""
    record: Names
    """Values that are stored as they were while acting; read as ``played.NAME``."""
    networks: Networks
    """Sub-graphs that own weights; called like functions."""
    act: Act
    """How actions are chosen."""
    learner: Learner
    """How it is trained."""
    claims: Claims
    """What is to be proved."""
    _head: dict[str, Any]

    def __init__(self, name: str, summary: str, *, extends: str | Sequence[str] = (), **settings: object) -> None:
        """``settings``: ``paper``, ``abstract``, ``example_env``."""
        head = {"compose": VERSION, "name": name, "summary": summary, **given(settings)}
        self.__dict__.update(_head=head | ({"extends": plain(extends)} if extends else {}))
        self.__dict__.update({table: Names(table) for table in ("params", "axes", "graph", "record", "log")})
        self.__dict__.update(networks=Networks(), act=Act("act"), learner=Learner("learner"), claims=Claims("claims"),
                             losses=Members("losses"))

    def _instead(self, name: str) -> str:
        if name in ("act", "learner", "claims"):
            return f"write {name}(NAME=...), or {name}.NAME = ..."
        if name in ("params", "axes", "graph", "record", "losses", "log"):
            return f"write its members one by one: {name}.NAME = ..."
        if name in ("name", "summary", "extends", "paper", "abstract", "example_env"):
            return f"it is said at the beginning: SpecBuilder(..., {name}=...)"
        if name in ("network", "networks"):
            return "write network(NAME, inputs=..., returns=...)"
        return super()._instead(name)

    def network(self, name: str, *, inputs: Mapping[str, str | None] | None = None,
                returns: str | Mapping[str, str] | None = None, like: str | Network | None = None,
                init: Mapping[str, Any] | None = None, replace: bool = False) -> Network:
        """A network, new or inherited. ``inputs`` name -> axes; ``returns`` the node its name means, or {node: axes};
        ``like`` another network of the same structure; ``init`` how its weights start; ``replace`` drops what is
        inherited."""
        network = self.networks[name]
        given = {"like": like, "inputs": inputs, "returns": returns, "init": init, "replace": replace or None}
        for key, value in given.items():
            if value is not None:
                network._set(key, value)
        return network

    def delete_network(self, *names: str) -> None:
        """Drop inherited networks. Raises SpecError if one of them is in use above."""
        for name in names:
            if self.networks._made.get(name) is not None:
                misuse(f"networks.{name} is in use above")
            self.networks._made[name] = None

    def data(self) -> dict[str, Any]:
        """The plain data of the file that this is."""
        order = ("params", "axes", "networks", "graph", "act", "record", "losses", "learner", "log", "claims")
        parts = {name: self.networks._data() if name == "networks" else getattr(self, name)._written for name in order}
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
