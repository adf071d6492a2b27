"""Block ``prototype_attention``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.attend.attention import both, second_copy, shown
from compose.graph.simplex import simplex
from compose.language.axes import Type
from compose.language.block import Block, Port, Size
from compose.language.operation import By, Parts, Piece, Run, Site, Weight


class PrototypeAttention(Block):
    """Several attentions of full width side by side, one for each prototype, and not joined (OPT, Liu et al. 2024).

    For prototype n: ``z_n = f_k(q_n k_n / sqrt(width)) v_n`` with queries, keys and values mapped by weights of its
    own, without bias. f is a softmax or a sparsemax over the keys that the mask shows.
    ``queries`` [... Query WidthQ], ``keys`` [... Key WidthK], ``mask`` bool [... Query Key]
    -> [... Query prototypes width].

    Absent keys are never seen; a query that sees no key gets zeros. If queries and keys share an axis ``a``, a mask
    with ``a`` and ``a'`` is over pairs, one with ``a`` alone over keys.
    """

    block: Literal["prototype_attention"]
    phrase: ClassVar[str] = "{prototypes} attentions by {by} of {queries} over {keys}, seeing {mask}; width {width}"
    queries: Annotated[Port, "... Query WidthQ"]
    """Who looks."""
    keys: Annotated[Port, "... Key WidthK"]
    """What is looked at (keys and values)."""
    mask: Annotated[Port, "bool ... Query? Key?"]
    """True where the query may see the key."""
    prototypes: Size
    """How many attentions; the axis they stand on."""
    width: Size
    """Of each of them."""
    by: By = "softmax"
    """f; sparsemax leaves few keys with weight."""

    returns = "... Query prototypes width"
    bounds: ClassVar[dict[str, str]] = {"keys": "mask"}
    attends: ClassVar[bool] = True

    def adapt(self, types: dict[str, Type | tuple[Type, ...]]) -> dict[str, Type | tuple[Type, ...]]:
        return types | second_copy(types, ("queries", -2), ("keys", -2))

    def learned(self, site: Site) -> dict[str, Weight]:
        out, query, key = site.axes(self.prototypes, self.width), site.bound["WidthQ"], site.bound["WidthK"]
        fed = {"query": query, "key": key, "value": key}
        return {name: Weight((*out, *axes), fan=axes) for name, axes in fed.items()}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("mask", site.bound["Key"][0]),)

    def attended(self, run: Run, *, queries: Any, keys: Any, mask: Any) -> Any:
        logits = self._mapped(run, queries, "query") @ self._mapped(run, keys, "key").transpose(-1, -2)
        allowed = both(mask, run.present("mask", run.node.bound["Key"][0]))
        logits = logits / run.size(run.node.axes(self.width)[0]) ** 0.5
        return simplex(self.by, logits, allowed if allowed is True else allowed.unsqueeze(-3), -1)

    def compute(self, run: Run, *, queries: Any, keys: Any, mask: Any) -> Any:
        weights = self.attended(run, queries=queries, keys=keys, mask=mask)
        return (weights @ self._mapped(run, keys, "value")).transpose(-2, -3)

    def _mapped(self, run: Run, rows: Any, name: str) -> Any:
        """Rows mapped by a weight [... prototypes row width]."""
        import torch
        from torch.nn import functional as F

        sizes = [run.size(a) for a in run.node.axes(self.prototypes, self.width)]
        return torch.unflatten(F.linear(rows, run.weight(name).flatten(0, 1)), -1, sizes).transpose(-2, -3)

    def pieces(self, parts: Parts) -> Piece:
        node = parts.node
        (key,), (proto, width) = node.bound["Key"], node.axes(self.prototypes, self.width)
        size = node.size(width)
        assert size is not None

        def mapped(port: str, name: str, last: str) -> Piece:
            rows = parts.port(port)
            lead = tuple(a for a in rows.axes if a != last)
            labels = tuple("In" if a == last else a for a in rows.axes)
            return parts.product((rows, labels), (parts.weight(name), ("Proto", "Width", "In")),
                                 out=(*lead, "Proto", "Width"))

        q = mapped("queries", "query", node.bound["WidthQ"][0])
        k, v = (mapped("keys", name, node.bound["WidthK"][0]) for name in ("key", "value"))
        pairs = tuple(a for a in dict.fromkeys((*q.axes, *k.axes)) if a != "Width")
        logits = parts.product((q, q.axes), (k, k.axes), (size**-0.5, ()), out=pairs)
        weights = parts.simplex(self.by, logits, shown(parts, key), key)
        z = parts.product((weights, weights.axes), (v, v.axes),
                          out=(*(a for a in weights.axes if a not in (key, "Proto")), "Proto", "Width"))
        return parts.named(z, (*z.axes[:-2], proto, width))
