"""Block ``split``."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Axes, Type
from compose.language.block import AxisName, Block, Port, Size
from compose.language.operation import Kept, Run, Site
from compose.language.values import Name


class Split(Block):
    """Consecutive stretches of an axis, each an output of its own: the reverse of ``concat``.

    ``of`` [... along ...] -> for every ``name: axis`` of ``into`` an output ``name`` [... axis ...], in order.
    ``name: 1`` is a single row, without its axis. Together they are as long as ``along``.
    """

    block: Literal["split"]
    phrase: ClassVar[str] = "{of} cut along {along} into {into}"
    of: Annotated[Port, "any ..."]
    """What is divided."""
    along: AxisName
    """The axis that is divided."""
    into: dict[Name, Size]
    """Outputs and the axis of each."""

    aligned: ClassVar[bool] = False
    passes_masks: ClassVar[bool] = True
    monotone: ClassVar[dict[str, int]] = {"of": 1}

    def _rows(self, site: Site) -> dict[str, Axes]:
        return {name: () if size.text == "1" else site.axes(size) for name, size in self.into.items()}

    def infer(self, site: Site) -> dict[str, Type]:
        of, along, rows = site.type("of"), site.axis(self.along, "of"), self._rows(site)
        parts = tuple(axes[0] if axes else "1" for axes in rows.values())
        if along in ("batch", "time"):
            site.fail("along", f"'{along}' cannot be divided")
        if site.has_presence(along):
            site.join(along, parts)
        have, sizes = site.size(along), [site.size(p) for p in parts]
        known = [s for s in sizes if s is not None]
        if have is not None and len(known) == len(sizes) and have != sum(known):
            site.fail("into", f"'{along}' has {have} rows; {' + '.join(parts)} are {sum(known)}")
        return {name: of.renamed(along, axes[0]) if axes else of.without([along]) for name, axes in rows.items()}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        along, rows = site.axis(self.along, "of"), self._rows(site)
        names = list(rows)
        before = tuple(axis for name in names[: names.index(output)] for axis in rows[name] or ("1",))
        kept = Kept(rows[output][0], before=before) if rows[output] else Kept(None, after=before)
        return {**self.follow(site, site.type("of").without([along]).axes, output), along: (kept,)}

    def compute(self, run: Run, *, of: Any) -> Any:
        dim, at, found = run.node.type("of").axes.index(run.node.axis(self.along, "of")), 0, {}
        for name, axes in self._rows(run.node).items():
            length = run.size(axes[0]) if axes else 1
            found[name] = of.narrow(dim, at, length) if axes else of.select(dim, at)
            at += length
        return found
