"""Block ``concat``."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from compose.graph.align import align, spread
from compose.language.axes import Axes, Sign, Type, join
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Kept, Run, Site, operand


class Concat(Block):
    """Operands one after the other: features side by side, or rows along a structural axis.

    Without ``along``: ``of`` a list of [... Last_i] -> [... Last_1+Last_2+...]; leading axes broadcast by name.
    With ``along: a, as: b``: rows of axis ``a`` (one row where an operand lacks it) -> axis ``b``, whose size the spec
    gives under ``axes``; presence is joined too. REFIL joins the imagined utilities of both groups so (2n factors).
    """

    block: Literal["concat"]
    phrase: ClassVar[str] = "{of} side by side[ along {along}][, as {as}]"
    kin: ClassVar[tuple[str, ...]] = ("cat", "stack", "concatenate", "append")
    of: Annotated[tuple[Port, ...], "any ..."] = Field(strict=False)
    """The operands, in order."""
    along: AxisName | None = None
    """The axis whose rows are joined."""
    as_: AxisName | None = Field(default=None, alias="as")
    """The name of the joined axis."""

    aligned: ClassVar[bool] = False
    passes_masks: ClassVar[bool] = True

    def _parts(self, site: Site) -> tuple[Type, ...]:
        found = site.types["of"]
        assert isinstance(found, tuple)
        return found

    def infer(self, site: Site) -> dict[str, Type]:
        parts = self._parts(site)
        if not parts:
            site.fail("of", "nothing to join")
        dtype = next((p.dtype for p in parts if p.axes), parts[0].dtype)
        for i, part in enumerate(parts):
            if part.dtype != dtype and not (part.dtype == "int" and dtype == "float"):
                site.fail(f"of.{i}", f"expected {dtype}, as the operands before it, got {part}")
            if part.dtype == "int" and part.counts != parts[0].counts:
                site.fail(f"of.{i}", f"an index of '{part.counts}' cannot stand beside one of '{parts[0].counts}'")
        sign: Sign = "nonneg" if all(p.sign == "nonneg" for p in parts) else "any"
        if (self.along is None) != (self.as_ is None):
            site.fail("along" if self.along else "as_", "'along' and 'as' come together")
        if self.along is None:
            for i, part in enumerate(parts):
                if not part.axes or part.axes[-1] in ("batch", "time"):
                    site.fail(f"of.{i}", f"an operand needs a last axis to join, got {part}")
            lead = join(*(p.axes[:-1] for p in parts))
            return {"": replace(parts[0], axes=(*lead, "+".join(p.axes[-1] for p in parts)), dtype=dtype, sign=sign)}
        return {"": replace(parts[0], axes=self._joined(site, parts), dtype=dtype, sign=sign)}

    def _joined(self, site: Site, parts: tuple[Type, ...]) -> Axes:
        assert self.along is not None
        assert self.as_ is not None
        if not any(self.along in p.axes for p in parts):
            site.fail("along", f"no operand has axis '{self.along}': {', '.join(map(str, parts))}")
        rows = tuple(self.along if self.along in p.axes else "1" for p in parts)
        site.join(self.as_, rows)
        return tuple(self.as_ if a == self.along else a for a in join(*(p.axes for p in parts)))

    def mixes(self, site: Site) -> Axes:
        """What ends as a width may stand before another operand's: every row then holds all of it."""
        ends = {p.axes[-1] for p in self._parts(site) if p.axes} if self.along is None else set()
        return tuple(a for a in join(*(p.axes[:-1] for p in self._parts(site))) if a in ends)

    def renames(self, site: Site) -> dict[str, str]:
        return {} if self.along is None or self.as_ is None else {self.along: self.as_}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        axes = operand(site, port, item).axes
        if self.along is None:
            before = tuple(part.axes[-1] for part in self._parts(site)[:item])
            return {**self.follow(site, axes[:-1], output), axes[-1]: (Kept(site.result(output).axes[-1], before),)}
        kept = self.follow(site, axes, output)
        place = self._place(site, item)
        return {**kept, self.along: (place,)} if self.along in axes else kept

    def puts(self, site: Site, port: str, item: int) -> Kept | None:
        along = self.along is not None and self.along not in operand(site, port, item).axes
        return self._place(site, item) if along else None

    def _place(self, site: Site, item: int) -> Kept:
        """Where an operand's rows begin."""
        assert self.along is not None
        return Kept(self.as_, tuple(self.along if self.along in p.axes else "1" for p in self._parts(site)[:item]))

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        return {"of": 1}

    def compute(self, run: Run, *, of: tuple[Any, ...]) -> Any:
        import torch

        kinds = self._parts(run.node)
        if self.along is None:
            lead = join(*(k.axes[:-1] for k in kinds))
            return torch.cat(spread(of, kinds, (*lead, "")), -1)
        axes = join(*(k.axes for k in kinds))
        at = axes.index(self.along)
        tensors = [(x, k) for x, k in zip(of, kinds, strict=True) if not isinstance(x, bool | int | float)]
        sizes = [next(x.shape[k.axes.index(a)] for x, k in tensors if a in k.axes) for a in axes]
        some = align(tensors[0][0], tensors[0][1].axes, axes)
        rows = []
        for x, kind in zip(of, kinds, strict=True):
            plain = isinstance(x, bool | int | float)
            row = torch.full_like(some.narrow(at, 0, 1), x) if plain else align(x, kind.axes, axes)
            mine = run.size(self.along) if self.along in kind.axes else 1
            rows.append(row.expand(*sizes[:at], mine, *sizes[at + 1 :]))
        return torch.cat(rows, at)
