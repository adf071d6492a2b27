"""Block ``attention``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.graph.simplex import simplex
from compose.language.axes import Type, prime
from compose.language.block import Block, Port, Size
from compose.language.operation import Parts, Piece, Run, Site, Weight
from compose.language.values import Expr


class Attention(Block):
    """Multi-head scaled dot-product attention of queries over keys, under a mask (Vaswani et al. 2017).

    Per head, with d = width / heads: ``softmax_k(q k / sqrt(d)) v``; heads side by side, then one output map.
    ``queries`` [... Query WidthQ], ``keys`` [... Key WidthK], ``mask`` bool [... Query Key] -> [... Query to].

    Absent keys are never seen. A query that sees no key gets zeros before the output map, so its bias after it.
    If queries and keys share an axis ``a``, a mask with ``a`` and ``a'`` is over pairs, one with ``a`` alone over keys.
    Projections of queries, keys and values have no bias (REFIL's official code).
    """

    block: Literal["attention"]
    phrase: ClassVar[str] = "attention of {queries} over {keys}, seeing {mask}; {heads} heads, width {width}, to {to}"
    kin: ClassVar[tuple[str, ...]] = ("multihead_attention", "self_attention", "mha", "transformer")
    queries: Annotated[Port, "... Query WidthQ"]
    """Who looks."""
    keys: Annotated[Port, "... Key WidthK"]
    """What is looked at (keys and values)."""
    mask: Annotated[Port, "bool ... Query? Key?"]
    """True where the query may see the key."""
    heads: Size = Expr("4")
    """Number of heads; divides ``width``."""
    width: Size
    """Of all heads together."""
    to: Size
    """Width of the result."""
    bias: bool = True
    """Whether the output map has a bias."""

    returns = "... Query to"
    bounds: ClassVar[dict[str, str]] = {"keys": "mask"}
    attends: ClassVar[bool] = True

    def adapt(self, types: dict[str, Type | tuple[Type, ...]]) -> dict[str, Type | tuple[Type, ...]]:
        return types | second_copy(types, ("queries", -2), ("keys", -2))

    def learned(self, site: Site) -> dict[str, Weight]:
        width, query, key, to = site.axes(self.width), site.bound["WidthQ"], site.bound["WidthK"], site.axes(self.to)
        size, heads = site.size(width[0]), site.count(self.heads)
        if size is not None and size % heads:
            site.fail("heads", f"width {size} does not divide into {heads} heads")
        weights = {
            "query": Weight((*width, *query), fan=query),
            "key": Weight((*width, *key), fan=key),
            "value": Weight((*width, *key), fan=key),
            "out": Weight((*to, *width), fan=width),
        }
        return weights | ({"bias": Weight(to, fan=width, bias=True)} if self.bias else {})

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("mask", site.bound["Key"][0]),)

    def attended(self, run: Run, *, queries: Any, keys: Any, mask: Any) -> Any:
        q, k = self._projected(run, queries, "query"), self._projected(run, keys, "key")
        logits = q @ k.transpose(-1, -2) / (run.size(run.node.axes(self.width)[0]) / run.node.count(self.heads)) ** 0.5
        allowed = both(mask, run.present("mask", run.node.bound["Key"][0]))
        return simplex("softmax", logits, allowed if allowed is True else allowed.unsqueeze(-3), -1)

    def compute(self, run: Run, *, queries: Any, keys: Any, mask: Any) -> Any:
        from torch.nn import functional as F

        weights = self.attended(run, queries=queries, keys=keys, mask=mask)
        joined = (weights @ self._projected(run, keys, "value")).transpose(-2, -3).flatten(-2)
        return F.linear(joined, run.weight("out"), run.weight("bias") if self.bias else None)

    def _projected(self, run: Run, rows: Any, name: str) -> Any:
        """Rows mapped by a weight [... heads row part]."""
        from torch.nn import functional as F

        split: Any = F.linear(rows, run.weight(name)).unflatten
        return split(-1, (run.node.count(self.heads), -1)).transpose(-2, -3)

    def pieces(self, parts: Parts) -> Piece:
        node, heads = parts.node, parts.node.count(self.heads)
        queries, keys = parts.port("queries"), parts.port("keys")
        (key,), (width,), out = node.bound["Key"], node.axes(self.width), node.axes(self.to)
        size = node.size(width)
        assert size is not None

        def of_heads(name: str, at: int) -> Piece:
            weight = parts.weight(name)
            return parts.divided(weight, weight.axes[at], heads, ("Head", "Part"))

        def projected(rows: Piece, width: str, name: str) -> Piece:
            lead = tuple(a for a in rows.axes if a != width)
            return parts.product((rows, tuple("In" if a == width else a for a in rows.axes)),
                                 (of_heads(name, 0), ("Head", "Part", "In")), out=(*lead, "Head", "Part"))

        q = projected(queries, node.bound["WidthQ"][0], "query")
        k, v = (projected(keys, node.bound["WidthK"][0], name) for name in ("key", "value"))
        pairs = tuple(a for a in dict.fromkeys((*q.axes, *k.axes)) if a != "Part")
        logits = parts.product((q, q.axes), (k, k.axes), ((size / heads) ** -0.5, ()), out=pairs)
        weights = parts.simplex("softmax", logits, shown(parts, key), key)
        joined = parts.product((weights, weights.axes), (v, v.axes),
                               out=(*(a for a in weights.axes if a != key), "Part"))
        y = parts.product((joined, joined.axes), (of_heads("out", 1), ("Out", "Head", "Part")),
                          out=(*(a for a in joined.axes if a not in ("Head", "Part")), "Out"))
        y = parts.named(y, (*y.axes[:-1], *out))
        return parts.map("+", y, parts.named(parts.weight("bias"), out)) if self.bias else y


def second_copy(types: dict[str, Type | tuple[Type, ...]], *places: tuple[str, int]) -> dict[str, Type]:
    """If two ports share the axis at these positions, the second one's is the second copy (primed), and a mask that
    names it once means the second port's."""
    (first, i), (second, j) = places
    a, b, mask = types[first], types[second], types["mask"]
    assert isinstance(a, Type)
    assert isinstance(b, Type)
    assert isinstance(mask, Type)
    if len(a.axes) < 2 or len(b.axes) < 2 or a.axes[i] != b.axes[j]:
        return {}
    axis = b.axes[j]
    seen = mask if prime(axis) in mask.axes else mask.renamed(axis, prime(axis))
    return {second: b.renamed(axis, prime(axis)), "mask": seen}


def both(mask: Any, present: Any) -> Any:
    """Where the mask is true and the key is present; True when neither restricts."""
    if present is None:
        return mask
    return present if mask is True else mask & present


def shown(parts: Parts, key: str) -> Piece:
    """The keys that port ``mask`` shows and that are present, as a piece."""
    return both_pieces(parts, parts.port("mask"), parts.present("mask", key))


def both_pieces(parts: Parts, mask: Piece, present: Piece | None) -> Piece:
    """:func:`both` of pieces."""
    if present is None:
        return mask
    return present if mask is True else parts.map("&", mask, present, dtype="bool")
