"""The comparator for a compiled spec, with the spec's weights."""

from __future__ import annotations

from comparator import FlatLearner, FlatSizes, Learner, Method, Sizes, Update, load

from compose.compiler.model import Model

METHODS = {
    "refil": Method(mixer="flex", recurrent=True, imagine=True),
    "refil_vdn": Method(mixer="sum", recurrent=True, imagine=True),
    "refil_group_matching": Method(mixer="linear", recurrent=False, imagine=True),
    "qmix_attention": Method(mixer="flex", recurrent=True, imagine=False),
    "qmix_attention_group_matching": Method(mixer="linear", recurrent=False, imagine=False),
    "vdn_attention": Method(mixer="sum", recurrent=True, imagine=False),
}
"""Specs of methods that attend, and their comparators."""
FLAT = {"qmix_official": False, "qplex": True}
"""Specs of flat methods; is the mixer QPLEX's?"""


def by_hand(model: Model) -> Update | None:
    """The same method in the same sizes, weights copied, on the same device; None if nobody wrote it by hand."""
    name, sizes, params = model.spec.name, model.schema.sizes, model.spec.params
    widths = {width: int(params.get(width, 0)) for width in ("embed", "hidden", "hyper", "mixing", "heads")}
    learner: Update
    if name in FLAT:
        inputs = sizes["observation"] + sizes["action"] + sizes["agent"]
        flat = FlatSizes(sizes["agent"], sizes["action"], inputs, sizes["state"], widths["hidden"], widths["hyper"],
                         widths["mixing"], model.graph.table.size("kernel") or 0 if FLAT[name] else 0)
        learner = FlatLearner(flat, duplex=FLAT[name])
    elif name in METHODS:
        method = METHODS[name]
        inputs = sizes["feature"] + (sizes["action"] if method.recurrent else 0)
        learner = Learner(Sizes(sizes["agent"], sizes["action"], inputs, **widths), method)
    else:
        return None
    learner.to(model.device, model.dtype)
    load(learner, model.weights, model.target)
    return learner
