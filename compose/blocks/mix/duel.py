"""Block ``duel``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.language.axes import Type
from compose.language.block import AxisName, Block, Port
from compose.language.operation import Run, Site


class Duel(Block):
    """Duelling sum with importances: ``sum_f q_f + a_f (importance_f - 1)`` (QPLEX, Wang et al. 2021, Eq. 11-13).

    With ``q_f = v_f + a_f`` this is ``sum_f v_f + importance_f a_f``: greedy for the whole where every ``a_f`` is 0,
    provided that ``a_f <= 0`` and ``importance_f > 0``. Pass ``stop(a)``, as released codes do, to train utilities
    through the plain sum only. ``values``, ``advantages``, ``importance`` [... over] -> [...]. Absent factors add
    nothing.
    """

    block: Literal["duel"]
    phrase: ClassVar[str] = "sum over {over} of {values} + {advantages} * ({importance} - 1)"
    values: Annotated[Port, "... Factor"]
    """q, what each factor is worth."""
    advantages: Annotated[Port, "... Factor"]
    """a, by how much that is below its best; never above 0."""
    importance: Annotated[Port, "... Factor"]
    """Weights of the advantages, not negative."""
    over: AxisName
    """The axis of factors."""

    nonneg: ClassVar[tuple[str, ...]] = ("importance",)
    monotone: ClassVar[dict[str, int]] = {"values": 1}

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("values", site.bound["Factor"][0]),)

    def infer(self, site: Site) -> dict[str, Type]:
        axis = site.axis(self.over, "values")
        if axis != site.bound["Factor"][0]:
            site.fail("over", f"expected the last axis, '{site.bound['Factor'][0]}'")
        return {"": Type(site.bound["..."])}

    def compute(self, run: Run, *, values: Any, advantages: Any, importance: Any) -> Any:
        terms = values + advantages * (importance - 1)
        present = run.present("values", run.node.bound["Factor"][0])
        return (terms if present is None else terms.masked_fill(~present, 0.0)).sum(-1)
