"""Do the axes that arrive at ports fit their signatures? Binds variables and leading axes."""

from __future__ import annotations

from collections.abc import Mapping

from compose.graph.node import Value
from compose.language.axes import Axes, Signature, Type, join, signature


class Mismatch(ValueError):
    """What arrives does not fit; ``expected`` is the signature with what is bound so far filled in."""

    def __init__(self, expected: str, got: str, why: str = "") -> None:
        self.expected, self.why = expected, why
        super().__init__(self.about(got))

    def about(self, got: object) -> str:
        """The message, for what arrived before its axes were renamed."""
        return f"expected {self.expected}, got {got}" + (f": {self.why}" if self.why else "")


def match(signature: Signature, arrives: Type, bound: dict[str, Axes]) -> None:
    """Fit one type against one signature, entering what it binds into ``bound`` (``"..."`` holds leading axes).

    Lower-case axes and variables already bound are found by name; fresh variables take the last of what remains, from
    right to left; the rest are leading axes. Only ``time`` and optional axes may be missing. A mask (bool) may not
    bring leading axes that no data port before it has.

    Raises:
        Mismatch: with what was expected and what arrives.
    """

    def refuse(why: str = "") -> Mismatch:
        return Mismatch(describe(signature, bound), str(arrives), why)

    if signature.dtype != "any" and arrives.dtype != signature.dtype and not (
        signature.dtype == "float" and arrives.dtype == "int"
    ):
        raise refuse()
    scalar = not arrives.axes
    rest = list(arrives.axes)
    fresh = []
    for token in signature.tokens:
        if token.variable and token.name not in bound:
            fresh.append(token)
            continue
        for axis in bound[token.name] if token.variable else (token.name,):
            if axis in rest:
                rest.remove(axis)
            elif not (token.optional or axis in ("time", "batch") or (scalar and arrives.dtype == "bool")):
                raise refuse(f"axis '{axis}' is missing")
    for token in reversed(fresh):
        if rest and rest[-1] not in ("batch", "time"):
            bound[token.name] = (rest.pop(),)
        elif token.optional or (scalar and arrives.dtype == "bool"):
            bound[token.name] = ()
        else:
            raise refuse(f"nothing is left for {token.name}")
    if not signature.lead and rest:
        raise refuse(f"axis '{rest[0]}' does not belong here")
    if signature.lead:
        lead = bound.get("...")
        extra = [a for a in rest if lead is not None and a not in lead]
        if extra and arrives.dtype == "bool" and signature.dtype == "bool":
            raise refuse(f"axis '{extra[0]}' does not belong here")
        bound["..."] = join(lead or (), rest)


def describe(signature: Signature, bound: dict[str, Axes]) -> str:
    """The signature with bound variables and leading axes filled in."""
    words = [*(bound.get("...", ("...",)) if signature.lead else ())]
    for token in signature.tokens:
        words += bound.get(token.name, (token.name,)) if token.variable else (token.name,)
    prefix = "" if signature.dtype in ("float", "any") else signature.dtype
    return f"{prefix}[{' '.join(words)}]"


def binding(signature: Signature, bound: dict[str, Axes], binders: dict[str, str]) -> tuple[str, ...]:
    """What the variables of a signature stand for, and the port that said so."""
    names = [*(["..."] if signature.lead else []), *(t.name for t in signature.tokens if t.variable)]
    return tuple(f"{n} is [{' '.join(bound[n])}], from '{binders[n]}'" for n in names if n in binders and bound[n])


def siblings(value: Value, text: str, bound: Mapping[str, Axes]) -> str:
    """A hint for a value that does not fit: which outputs of the same node would, and which there are."""
    if value.node is None or not value.output:
        return ""
    outputs = {name: other for name, other in value.node.values.items() if name}
    fits = [other.name for other in outputs.values() if _fits(other, text, bound)]
    have = f"{value.node.name} has: {', '.join(outputs)}"
    return f"{have}. Did you mean '{fits[0]}'?" if fits else have


def _fits(value: Value, text: str, bound: Mapping[str, Axes]) -> bool:
    try:
        match(signature(text), value.type, dict(bound))
    except Mismatch:
        return False
    return True
