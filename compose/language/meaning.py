"""What a place of a spec is, in words: its docstring and the name of its kind."""

from __future__ import annotations

import inspect

from pydantic import BaseModel

from compose.language.block import Block
from compose.language.docs import field_docs
from compose.language.models import Spec
from compose.language.moving import Moving
from compose.language.nodes import Application
from compose.language.places import Place
from compose.language.roles import role
from compose.language.validation_messages import noun
from compose.language.values import Expr


def kind(place: Place) -> str:
    """What stands at a place: ``port of block 'take'``, ``a loss``, ``block 'attention'``."""
    value, owner, at = place.value, place.owner, place.at
    if isinstance(owner, Block) and place.field == "block":
        return f"tag of block '{owner.tag()}'"
    if isinstance(owner, Block):
        what = "port" if place.field in type(owner).port_signatures() else "argument"
        return f"{what} of block '{owner.tag()}'"
    if isinstance(owner, Application):
        return "setting of an application" if place.field else f"input of network '{owner.network}'"
    if isinstance(owner, BaseModel) and not isinstance(owner, Spec):
        return f"field of {noun(type(owner))}"
    if isinstance(value, Block):
        output = f"output '{place.output}' of " if place.output else ""
        return f"{output}block '{value.tag()}'"
    if isinstance(value, Application):
        lagged = ", the lagged copy of its weights" if value.target else ", its weights without gradient" * value.frozen
        return f"network '{value.network}', applied{lagged}"
    match at:
        case ("networks", _, "inputs", _):
            return f"input of network '{at[1]}'"
        case ("networks", _, "returns", _):
            return f"result of network '{at[1]}'"
        case (_,) if not role(at).called:
            return "a section of the spec" if isinstance(value, BaseModel) or not isinstance(value, str | int) else ""
    return role(at).called or ("an expression" if isinstance(value, Expr) else "")


def meaning(place: Place) -> str:
    """The docstring of a field, of a block or of what a mapping holds; paragraphs are kept. Empty if there is none."""
    value, owner = place.value, place.owner
    if isinstance(owner, Block) and place.field == "block":
        return inspect.cleandoc(type(owner).__doc__ or "")
    if owner is not None and place.field:
        below = field_docs(type(owner)).get(place.field, "")
        if below or not isinstance(value, BaseModel):
            return below
    if isinstance(value, BaseModel) and not isinstance(value, Application | Spec):
        return inspect.cleandoc(type(value).__doc__ or "")
    match place.at:
        case ("params", _) if not isinstance(value, Moving):
            return "A number of the method: it sizes axes and stands in expressions."
        case ("axes", _):
            return "Its size is made of numbers, params and axes."
    return ""
