"""What people write out of habit, and what to write here."""

from __future__ import annotations

from collections.abc import Mapping

from compose.language.block import Block, catalogue
from compose.language.diagnostics import did_you_mean
from compose.language.expressions import FUNCTIONS


def function_hint(name: str) -> str:
    """What to write instead of a function that is not there."""
    block = catalogue().get(name)
    said = [OTHERWISE.get(name, ""), "" if block is None else f"'{name}' is a block: {form(block)}"]
    found = "; over an axis, ".join(filter(None, said))
    return found or did_you_mean(name, FUNCTIONS) or f"functions: {', '.join(FUNCTIONS)}"


def block_hint(name: str) -> str:
    """What to write instead of a block that is not there."""
    if name in FUNCTIONS:
        places = ", ".join("xyz"[: FUNCTIONS[name]])
        return f"'{name}' is a function, not a block: write NODE: {name}({places})"
    kin = [form(block) for tag, block in sorted(catalogue().items()) if name.lower() in block.kin and tag != name]
    if kin:
        return f"what there is: {' or '.join(kin)}"
    return did_you_mean(name, catalogue()) or "`compose list blocks` names them all"


def form(block: type[Block]) -> str:
    """How a node of a block is written: ``{block: mean, of: ..., over: ...}``."""
    needed = [info.alias or name for name, info in block.model_fields.items() if info.is_required() and name != "block"]
    return "{" + ", ".join([f"block: {block.tag()}", *(f"{name}: ..." for name in needed)]) + "}"


OTHERWISE: Mapping[str, str] = {
    "max": "of two values, maximum(x, y)", "min": "of two values, minimum(x, y)",
    **dict.fromkeys(("clip", "clamp"), "minimum(maximum(x, low), high) stays between two numbers"),
    **dict.fromkeys(("detach", "stop_gradient", "stopgrad", "no_grad"), "stop(x) lets no gradient pass"),
    **dict.fromkeys(("pow", "power"), "square(x) and sqrt(x) are there, other powers are not"),
    "ln": "log(x) is the natural logarithm", "mse": "square(x - y); a loss takes the mean itself",
    "shift": "previous(x) is x one step earlier", "prev": "previous(x) is x one step earlier",
    "lag": "previous(x) is x one step earlier", "absolute": "abs(x)", "logistic": "sigmoid(x)",
}  # fmt: skip
"""Functions that go by another name."""
