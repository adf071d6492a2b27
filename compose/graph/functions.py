"""Closed functions: operators and functions of expressions. None takes an argument beyond tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from compose.language.axes import Axes, Type, join
from compose.language.operation import Operation, Run, Site


@dataclass(frozen=True)
class Function(Operation):
    """A function applied to one or two operands, which broadcast by axis name."""

    name: str
    arity: int

    def ports(self) -> Mapping[str, str]:
        return {f"x{i}": "any ..." for i in range(self.arity)}

    def operands(self, site: Site) -> list[Type]:
        return [site.type(port) for port in self.ports()]

    def joint(self, site: Site) -> Axes:
        return join(*(t.axes for t in self.operands(site)))

    def compute(self, run: Run, **ports: Any) -> Any:
        return COMPUTE[self.name](*ports.values())


ARITHMETIC = ("+", "-", "*", "/", "minimum", "maximum")
COMPARISON = ("<", "<=", "==", ">=", ">")
RISING = ("relu", "leaky_relu", "elu", "sigmoid", "softplus", "exp", "log", "stop")
NONNEG = ("square", "abs", "exp", "relu", "sigmoid", "softplus")


class Elementwise(Function):
    """Arithmetic, comparisons, logic and pointwise functions."""

    def infer(self, site: Site) -> dict[str, Type]:
        operands = self.operands(site)
        for i, operand in enumerate(operands):
            wants_bool = self.name in ("&", "|", "not")
            if self.name != "stop" and self.name != "==" and wants_bool != (operand.dtype == "bool"):
                side = f"operand {i + 1} of '{self.name}'" if len(operands) > 1 else f"'{self.name}'"
                hint = "masks join with & | ~; use a `where` block to turn one into numbers"
                site.fail("", f"{side}: expected {'bool' if wants_bool else 'numbers'}, got {operand}", hint)
        if self.name in (*COMPARISON, "&", "|", "not"):
            return {"": Type(self.joint(site), "bool")}
        return {"": Type(self.joint(site), operands[0].dtype if self.name == "stop" else "float", self.sign(site))}

    def sign(self, site: Site) -> Any:
        signs = [t.sign == "nonneg" for t in self.operands(site)]
        if self.name in ("+", "*", "/", "minimum", "stop", "ceil", "floor"):
            return "nonneg" if all(signs) else "any"
        return "nonneg" if self.name in NONNEG or (self.name == "maximum" and any(signs)) else "any"

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        if self.name in RISING or self.name in ("minimum", "maximum", "+"):
            return dict.fromkeys(self.ports(), 1)
        if self.name == "-":
            return {"x0": 1, "x1": -1}
        if self.name == "neg":
            return {"x0": -1}
        nonneg = {port: site.type(port).sign == "nonneg" for port in self.ports()}
        if self.name == "*":
            return {p: 1 for p, other in (("x0", "x1"), ("x1", "x0")) if nonneg[other]}
        if self.name == "/" and nonneg["x1"]:
            return {"x0": 1}
        return {"x0": 1} if self.name in ("square", "abs") and nonneg["x0"] else {}


class First(Function):
    """``first(x)``: x at the first step of the episode, without the time axis."""

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": site.type("x0").without(["time"])}

    def carries(self, site: Site) -> dict[str, Type]:
        kept = site.type("x0").without(["time"])
        return {"first": kept, "started": Type(("batch",), "bool")} if "time" in site.type("x0").axes else {}

    monotone: ClassVar[Mapping[str, int]] = {"x0": 1}

    def compute(self, run: Run, **ports: Any) -> Any:
        import torch

        axes = run.node.type("x0").axes
        if "time" not in axes:
            return ports["x0"]
        value, kept, started = ports["x0"].select(axes.index("time"), 0), run.state("first"), run.state("started")
        if kept is not None and started is not None:
            value = value.where(~started.reshape(-1, *[1] * (len(axes) - 2)), kept)
        run.carry("first", value)
        run.carry("started", value.new_ones((value.shape[0],), dtype=torch.bool))
        return value


class Previous(Function):
    """``previous(x)``: x one step earlier; zeros at the first step. The only closed function that shifts back."""

    monotone: ClassVar[Mapping[str, int]] = {"x0": 1}
    delayed: ClassVar[bool] = True

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

    @property
    def old(self) -> str:
        return "agent" if self.name == "entities" else "entity"

    @property
    def new(self) -> str:
        return {"agents": "agent", "others": "other", "entities": "entity"}[self.name]

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
            return x.narrow(dim, agents, run.size("entity") - agents)
        import torch.nn.functional as F

        return F.pad(x, (0, 0) * (-dim - 1) + (0, run.size("entity") - agents))


@dataclass(frozen=True)
class Select(Operation):
    """One index of an axis (one turn of ``each``)."""

    axis: str
    index: int
    monotone: ClassVar[Mapping[str, int]] = {"of": 1}

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

    def ports(self) -> Mapping[str, str]:
        return {f"x{i}": "any ..." for i in range(self.turns)}

    def position(self, site: Site) -> int:
        return sum(a in ("batch", "time") for a in site.type("x0").axes)

    def infer(self, site: Site) -> dict[str, Type]:
        first, at = site.type("x0"), self.position(site)
        other = next((site.type(p) for p in self.ports() if site.type(p).axes != first.axes), first)
        if other.axes != first.axes:
            site.fail("", f"turns of '{self.axis}' differ: {first} and {other}")
        sign = "nonneg" if all(site.type(p).sign == "nonneg" for p in self.ports()) else "any"
        return {"": Type((*first.axes[:at], self.axis, *first.axes[at:]), first.dtype, sign)}  # type: ignore[arg-type]

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        return dict.fromkeys(self.ports(), 1)

    def compute(self, run: Run, **ports: Any) -> Any:
        import torch

        return torch.stack(list(ports.values()), self.position(run.node))


@dataclass(frozen=True)
class Renamed(Operation):
    """The same numbers, one axis under another name."""

    old: str
    new: str

    def ports(self) -> Mapping[str, str]:
        return {"x0": "any ..."}

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


def function(name: str, arity: int) -> Function:
    """The closed function or operator of that name."""
    kind = {"first": First, "previous": Previous, "agents": Rows, "others": Rows, "entities": Rows}.get(name)
    return (kind or Elementwise)(name, arity)


def _clamped(x: Any, y: Any, low: bool) -> Any:
    import torch

    if isinstance(x, int | float):
        x, y = y, x
    if isinstance(y, int | float):
        return x.clamp(min=y) if low else x.clamp(max=y)
    return torch.maximum(x, y) if low else torch.minimum(x, y)


def _torch(name: str, **options: Any) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        import torch.nn.functional as F

        return getattr(F, name)(x, **options)

    return call


COMPUTE: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, "==": lambda x, y: x == y, ">=": lambda x, y: x >= y,
    ">": lambda x, y: x > y, "&": lambda x, y: x & y, "|": lambda x, y: x | y,
    "neg": lambda x: -x, "not": lambda x: not x if isinstance(x, bool) else ~x,
    "stop": lambda x: x if isinstance(x, bool | int | float) else x.detach(),
    "square": lambda x: x * x, "abs": lambda x: x.abs(), "exp": lambda x: x.exp(), "log": lambda x: x.log(),
    "relu": _torch("relu"), "leaky_relu": _torch("leaky_relu"), "elu": _torch("elu"),
    "sigmoid": lambda x: x.sigmoid(), "softplus": _torch("softplus"),
    "minimum": lambda x, y: _clamped(x, y, False), "maximum": lambda x, y: _clamped(x, y, True),
    "ceil": lambda x: x.ceil(), "floor": lambda x: x.floor(),
}  # fmt: skip
