"""What Griffe, which reads the package for the API reference, is told about our docstrings and annotations."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:func|class|meth|attr|data|mod|exc):`(?P<short>~?)(?P<name>[\w.]+)`")
"""``:func:`~compose.graph.subject.build```, ``:meth:`learn```."""


class References(griffe.Extension):
    """Roles of Sphinx become references of the site; of ``Annotated[X, ...]`` only X, the type, is shown, and no values
    that are computed."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rewrite what was read of one function, class, attribute or module."""
        if obj.docstring is not None:
            obj.docstring.value = ROLE.sub(lambda role: _reference(role, obj), obj.docstring.value)
        if isinstance(obj, griffe.Attribute):
            obj.annotation = _type(obj.annotation)
            obj.value = None if "(" in str(obj.value) else obj.value


def _reference(role: re.Match[str], obj: griffe.Object) -> str:
    """A link where the site has such a name, else the name as code."""
    name, scope = role["name"], obj if obj.is_class or obj.is_module else obj.parent
    path = name
    while scope is not None and not name.startswith("compose."):
        if name.partition(".")[0] in scope.members:
            path = f"{scope.path}.{name}"
            break
        scope = scope.parent
    shown = name.rpartition(".")[2] if role["short"] or name.startswith("compose.") else name
    return f'<autoref identifier="{path}" optional><code>{shown}</code></autoref>'


def _type(annotation: Any) -> Any:
    if isinstance(annotation, griffe.ExprSubscript) and str(annotation.left) == "Annotated":
        inner = annotation.slice
        return _type(inner.elements[0] if isinstance(inner, griffe.ExprTuple) else inner)
    return annotation
