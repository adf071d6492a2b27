"""The comparator for a compiled spec, with the spec's weights."""

from __future__ import annotations

from comparator import Learner, Method, Sizes, load

from compose.compiler.model import Model

METHODS = {
    "refil": Method(mixer="flex", recurrent=True, imagine=True),
    "refil_vdn": Method(mixer="sum", recurrent=True, imagine=True),
    "refil_group_matching": Method(mixer="linear", recurrent=False, imagine=True),
    "qmix_attention": Method(mixer="flex", recurrent=True, imagine=False),
    "qmix_attention_group_matching": Method(mixer="linear", recurrent=False, imagine=False),
    "vdn_attention": Method(mixer="sum", recurrent=True, imagine=False),
}
"""Specs that have a comparator."""


def by_hand(model: Model) -> Learner | None:
    """The same method in the same sizes, weights copied, on the same device; None if nobody wrote it by hand."""
    method = METHODS.get(model.spec.name)
    if method is None:
        return None
    sizes, params = model.schema.sizes, model.spec.params
    widths = {name: int(params.get(name, 0)) for name in ("embed", "hidden", "hyper", "mixing", "heads")}
    inputs = sizes["feature"] + (sizes["action"] if method.recurrent else 0)
    learner = Learner(Sizes(sizes["agent"], sizes["action"], inputs, **widths), method)
    learner.to(model.device, model.dtype)
    load(learner, model.weights, model.target)
    return learner
