"""What of a spec is read at all. The rest changes nothing, whatever it says, and is no part of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compose.language.block import Block
from compose.language.models import Spec
from compose.language.nodes import AnyNode, Application
from compose.language.operation import Operation
from compose.reading.diff.spec_terms import Item, Symbol, Word, members

_LAGGED = ("target.kind", "target.every", "target.tau")


def unread_of_learner(*, lags: bool) -> tuple[str, ...]:
    """The fields of a learner that nothing looks at; ``lags`` says whether anything has a lagged copy."""
    return () if lags else _LAGGED


def only_read(items: Mapping[Symbol, Item], roots: Iterable[Symbol]) -> dict[Symbol, Item]:
    """Definitions that ``roots`` need, in the same order."""
    found: dict[Symbol, None] = {}
    opened = list(roots)
    while opened:
        symbol = opened.pop()
        if symbol in items and symbol not in found:
            found[symbol] = None
            opened += (other for _, other in members(items[symbol]))
    return {symbol: item for symbol, item in items.items() if symbol in found}


def owns_weights(spec: Spec, node: AnyNode) -> bool:
    """Can a node have weights, so that it matters whether it uses their lagged copies?"""
    opened, seen = [node], set[str]()
    while opened:
        one = opened.pop()
        if isinstance(one, Block) and type(one).learned is not Operation.learned:
            return True
        if isinstance(one, Application) and one.network not in seen and one.network in spec.networks:
            seen.add(one.network)
            opened += spec.networks[one.network].nodes.values()
    return False


def lags(items: Iterable[Item]) -> bool:
    """Does any of these use a lagged copy of weights?"""
    return any(item.fields.get("target") == Word(True) for item in items)
