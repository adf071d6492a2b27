"""Functions of structure: shift in time, pick, join and rename rows. None changes a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from compose.graph.functions import Elementwise, Function, Root
from compose.language.axes import Axes, Type, join, leads
from compose.language.operation import Kept, Operation, Run, Site


class First(Function):
    """``first(x)``: x at the first step of the episode, without the time axis."""

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("x0").without(["time"])}

    def carries(self, site: Site) -> dict[str, Type]:
        kept = site.type("x0").without(["time"])
        began = Type(tuple(a for a in kept.axes if a == "batch"), "bool")
        return {"first": kept, "started": began} if "time" in site.type("x0").axes else {}

    monotone: ClassVar[Mapping[str, int]] = {"x0": 1}
    ahead: ClassVar[float] = 0

    def compute(self, run: Run, **ports: Any) -> Any:
        import torch

        axes = run.node.type("x0").axes
        if "time" not in axes:
            return ports["x0"]
        value, kept, started = ports["x0"].select(axes.index("time"), 0), run.state("first"), run.state("started")
        if kept is not None and started is not None:
            value = value.where(~started.reshape(-1, *[1] * (len(axes) - 2)), kept)
        run.carry("first", value)
        run.carry("started", value.new_ones((value.shape[0],) if "batch" in axes else (), dtype=torch.bool))
        return value


class Previous(Function):
    """``previous(x)``: x one step earlier; zeros at the first step. The only closed function that shifts back."""

    monotone: ClassVar[Mapping[str, int]] = {"x0": 1}
    delayed: ClassVar[bool] = True
    ahead: ClassVar[float] = 0

    def infer(self, site: Site) -> dict[str, Type]:
        if "time" not in site.type("x0").axes:
            site.fail("", f"'previous' needs an axis 'time', got {site.type('x0')}")
        return {"": site.type("x0")}

    def carries(self, site: Site) -> dict[str, Type]:
        return {"previous": site.type("x0").without(["time"])}

    def mixes(self, site: Site) -> Axes:
        return ("time",)

    def compute(self, run: Run, **ports: Any) -> Any:
        return shift(run, ports["x0"], run.node.type("x0").axes.index("time"))


def shift(run: Run, value: Any, dim: int, start: float = 0.0) -> Any:
    """One step later along time, ``start`` (or what was carried) first; carries the last step on."""
    import torch

    before = run.state("previous")
    first = torch.full_like(value.narrow(dim, 0, 1), start) if before is None else before.unsqueeze(dim)
    run.carry("previous", value.select(dim, -1))
    return torch.cat([first, value.narrow(dim, 0, value.shape[dim] - 1)], dim)


class Rows(Function):
    """``agents(x)``, ``others(x)``: the agents' (the other entities') rows of x, on an axis of their own.
    ``entities(x)``: rows of agents as rows of entities; zeros for those who are no agents."""

    monotone: ClassVar[Mapping[str, int]] = {"x0": 1}
    passes_masks: ClassVar[bool] = True

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        kept = dict(super().keeps(site, port, item, output))
        if self.name == "others" and self.old in kept:
            kept[self.old] = tuple(Kept(k.axis, before=("agent",)) for k in kept[self.old])
        return kept

    @property
    def old(self) -> str:
        return "agent" if self.name == "entities" else "entity"

    @property
    def new(self) -> str:
        return {"agents": "agent", "others": "other", "entities": "entity"}[self.name]

    def renames(self, site: Site) -> dict[str, str]:
        have = site.type("x0").axes
        return {self.old: self.new + "'" if self.new in have else self.new} if self.old in have else {}

    def infer(self, site: Site) -> dict[str, Type]:
        arrives = site.type("x0")
        if not arrives.axes and arrives.dtype == "bool":
            return {"": arrives}
        if self.old not in arrives.axes:
            site.fail("", f"'{self.name}' needs an axis '{self.old}', got {arrives}")
        return {"": arrives.renamed(self.old, self.new + "'" if self.new in arrives.axes else self.new)}

    def compute(self, run: Run, **ports: Any) -> Any:
        x = ports["x0"]
        if isinstance(x, bool):
            return x
        axes = run.node.type("x0").axes
        dim = axes.index(self.old) - len(axes)
        agents = run.size("agent")
        if self.name == "agents":
            return x.narrow(dim, 0, agents)
        if self.name == "others":
            others = x.narrow(dim, agents, run.size("entity") - agents)
            return others.contiguous()  # strides that depend on the batch would fix its size in exported programs
        import torch.nn.functional as F

        return F.pad(x, (0, 0) * (-dim - 1) + (0, run.size("entity") - agents))


class Floats(Function):
    """Whole numbers as floats, where a float is wanted."""

    monotone: ClassVar[Mapping[str, int]] = {"x0": 1}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": replace(site.type("x0"), dtype="float", counts=None)}

    def compute(self, run: Run, **ports: Any) -> Any:
        return ports["x0"].to(run.dtype)


@dataclass(frozen=True)
class Select(Operation):
    """One index of an axis (one turn of ``each``)."""

    axis: str
    index: int
    monotone: ClassVar[Mapping[str, int]] = {"of": 1}
    passes_masks: ClassVar[bool] = True

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        return {**super().keeps(site, port, item, output), self.axis: (Kept(None, row=self.index),)}

    def orders(self, site: Site) -> Axes:
        return (self.axis,)

    def ports(self) -> Mapping[str, str]:
        return {"of": "any ..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("of").without([self.axis])}

    def compute(self, run: Run, **ports: Any) -> Any:
        return ports["of"].select(run.node.type("of").axes.index(self.axis), self.index)


@dataclass(frozen=True)
class Stack(Operation):
    """Values of equal types along a new axis, after batch and time."""

    axis: str
    turns: int
    passes_masks: ClassVar[bool] = True

    def puts(self, site: Site, port: str, item: int) -> Kept | None:
        return Kept(self.axis, row=int(port[1:]))

    def orders(self, site: Site) -> Axes:
        return (self.axis,)

    def ports(self) -> Mapping[str, str]:
        return {f"x{i}": "any ..." for i in range(self.turns)}

    def position(self, site: Site) -> int:
        return sum(map(leads, site.bound["..."]))

    def infer(self, site: Site) -> dict[str, Type]:
        first, at = site.type("x0"), self.position(site)
        other = next((site.type(p) for p in self.ports() if site.type(p).axes != first.axes), first)
        if other.axes != first.axes:
            site.fail("", f"turns of '{self.axis}' differ: {first} and {other}")
        sign = "nonneg" if all(site.type(p).sign == "nonneg" for p in self.ports()) else "any"
        return {"": replace(first, axes=(*first.axes[:at], self.axis, *first.axes[at:]), sign=sign)}  # type: ignore[arg-type]

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        return dict.fromkeys(self.ports(), 1)

    def compute(self, run: Run, **ports: Any) -> Any:
        import torch

        alike = torch.broadcast_tensors(*ports.values())  # type: ignore[no-untyped-call]
        return torch.stack(alike, self.position(run.node))


@dataclass(frozen=True)
class Renamed(Operation):
    """The same numbers, one axis under another name."""

    old: str
    new: str
    passes_masks: ClassVar[bool] = True

    def ports(self) -> Mapping[str, str]:
        return {"x0": "any ..."}

    def renames(self, site: Site) -> dict[str, str]:
        return {self.old: self.new}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("x0").renamed(self.old, self.new)}

    def compute(self, run: Run, **ports: Any) -> Any:
        return ports["x0"]


@dataclass(frozen=True)
class Presence(Operation):
    """Presence along an axis that joins others: theirs, one after the other; True where nobody can be absent."""

    axis: str
    parts: tuple[str, ...]
    """The joined axes; their rows stand in this order."""
    known: tuple[bool, ...]
    """Which of them have presences of their own (one port each, in order)."""

    def ports(self) -> Mapping[str, str]:
        return {f"x{i}": "any ..." for i, known in enumerate(self.known) if known}

    passes_masks: ClassVar[bool] = True

    def renames(self, site: Site) -> dict[str, str]:
        return dict.fromkeys(self.parts, self.axis)

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        at, kept = int(port[1:]), super().keeps(site, port, item, output)
        return {**kept, self.parts[at]: (Kept(self.axis, self.parts[:at]),)}

    def infer(self, site: Site) -> dict[str, Type]:
        leads = [tuple(a for a in site.type(p).axes if a != self.parts[int(p[1:])]) for p in self.ports()]
        return {"": Type((*join(*leads), self.axis), "bool")}

    def compute(self, run: Run, **ports: Any) -> Any:
        import torch

        some = next(iter(ports.values()))[..., :1]
        rows = [
            ports[f"x{i}"] if known else torch.ones_like(some).repeat_interleave(run.size(part), -1)
            for i, (part, known) in enumerate(zip(self.parts, self.known, strict=True))
        ]
        return torch.cat(rows, -1)


KINDS: dict[str, type[Function]] = {
    "first": First, "previous": Previous, "agents": Rows, "others": Rows, "entities": Rows, "sqrt": Root,
}  # fmt: skip
"""Functions that are more than elementwise."""


def function(name: str, arity: int) -> Function:
    """The closed function or operator of that name."""
    return KINDS.get(name, Elementwise)(name, arity)


class Spread(Operation):
    """A value with the axes of another added: the same numbers along them, sharing memory."""

    monotone: ClassVar[Mapping[str, int]] = {"of": 1}

    def ports(self) -> Mapping[str, str]:
        return {"of": "any ...", "like": "any ..."}

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": replace(site.type("of"), axes=site.bound["..."])}

    def compute(self, run: Run, *, of: Any, like: Any) -> Any:
        import torch

        return torch.broadcast_tensors(of, like)[0]  # type: ignore[no-untyped-call]
