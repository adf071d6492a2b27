"""Block ``contrastive``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site


class Contrastive(Block):
    """How little the rows of an axis differ, each against all: ``-mean_n log softmax_m(z_n . z_m)[n]``.

    Every row is its own positive and the others are its negatives (OPT, Liu et al. 2024, the disagreement of
    prototypes; InfoNCE with the dot product). ``of`` [... over In] -> [...]: log N where all N rows are the
    same, towards 0 as their products with one another fall. Absent rows count nowhere; 0 if all are absent.
    """

    block: Literal["contrastive"]
    phrase: ClassVar[str] = "how alike the {over} of {of} are, each against all"
    of: Annotated[Port, "... Row In"]
    """z, vectors that should differ."""
    over: AxisName
    """The axis of the vectors; it goes."""

    def infer(self, site: Site) -> dict[str, Type]:
        (row,) = site.bound["Row"]
        if site.axis(self.over, "of") != row:
            site.fail("over", f"expected the axis before the last, '{row}'")
        return {"": Type(site.bound["..."])}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("of", site.bound["Row"][0]),)

    def compute(self, run: Run, *, of: Any) -> Any:
        present = run.present("of", run.node.bound["Row"][0])
        products = of @ of.transpose(-1, -2)
        own = products.diagonal(dim1=-2, dim2=-1)
        if present is None:
            return (products.logsumexp(-1) - own).mean(-1)
        there = present.squeeze(-1)
        terms = products.masked_fill(~there.unsqueeze(-2), -1e30).logsumexp(-1) - own
        return terms.masked_fill(~there, 0.0).sum(-1) / there.sum(-1).clamp(min=1)

    def quick(self, run: Run, *, of: Any) -> Any:
        from compose.kernels.contrastive import contrast

        if run.present("of", run.node.bound["Row"][0]) is not None:
            return self.compute(run, of=of)
        return contrast(of)[0]
