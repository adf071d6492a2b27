"""Block ``kmeans``."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import PositiveInt

from compose.blocks.choose.uniform import uniform_over
from compose.graph.align import align
from compose.language.axes import Axes, Type, join
from compose.language.block import AxisName, Block, Port, Size
from compose.language.operation import Run, Site


class Kmeans(Block):
    """Clusters of points (Lloyd 1982): labels that make ``sum_i |x_i - c_label(i)|^2`` small, c the clusters' means.

    ``of`` [... over Coordinate], ``where`` bool [... over] -> int [batch time ... over], at every step anew, without
    gradient. m points that count make ``min(clusters, m)`` clusters; the others get label 0. Each start takes points at
    random as centres, and the best of all starts is kept. Labels have no order: another draw may swap them.
    """

    block: Literal["kmeans"]
    of: Annotated[Port, "... Coordinate"]
    """x, positions."""
    where: Annotated[Port, "bool ..."]
    """Who counts."""
    over: AxisName
    """The axis whose rows are labelled."""
    clusters: Size
    """How many clusters at most."""
    restarts: PositiveInt = 10
    """Starts."""
    iterations: PositiveInt = 300
    """Steps of one start at most; it ends when no label changes."""
    drawn: Literal["update"] = "update"
    """When the draw is fresh: at every gradient update (and at every step where acting reads it)."""

    stopped: ClassVar[bool] = True

    def infer(self, site: Site) -> dict[str, Type]:
        site.axis(self.over, "where")
        (clusters,) = site.axes(self.clusters)
        return {"": Type((*self._sets(site), site.axis(self.over, "of")), "int", counts=clusters.rstrip("'"))}

    def _sets(self, site: Site) -> Axes:
        axis = site.axis(self.over, "of")
        return join(("batch", "time"), [a for a in site.bound["..."] if a != axis])

    def mixes(self, site: Site) -> Axes:
        return (site.axis(self.over, "of"),)

    def draws(self, site: Site) -> dict[str, Type]:
        return {"order": Type((*self._sets(site), str(self.restarts), site.axis(self.over, "of")))}

    def sample(self, name: str, uniform: Any, site: Site) -> Any:
        return uniform_over(self.draws(site)[name].axes, uniform, site)

    def compute(self, run: Run, *, of: Any, where: Any) -> Any:
        from compose.kernels.clusters import kmeans

        node, axis = run.node, run.node.axis(self.over, "of")
        rows, (xyz,) = (*self._sets(node), axis), node.bound["Coordinate"]
        points = align(of, (*node.bound["..."], xyz), (*rows, xyz)).detach()
        counts = align(where, node.bound["..."], rows)
        return kmeans(points, counts, run.draw("order"), node.count(self.clusters), self.iterations)
