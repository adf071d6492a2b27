"""What may have been meant by a name that nothing here has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from compose.language.diagnostics import did_you_mean
from compose.language.nodes import Application

_LAGGED = re.compile(r"(?:target|lagged|old|tgt)_(\w+)|(\w+)_(?:target|lagged|old|tgt|bar|hat)")


def meant(name: str, nodes: Mapping[str, Any], others: Iterable[str], fields: Iterable[str],
          networks: Iterable[str]) -> str:
    """A hint: the field, network, lagged copy or nearest name that ``name`` may stand for; empty if there is none.

    ``nodes`` are those of the body by name, ``others`` its inputs, params and axes, ``fields`` the environment's.
    """
    if name in fields:
        return f"Did you mean 'env.{name}'?"
    if name in networks:
        uses = [n for n, node in nodes.items() if isinstance(node, Application) and node.network == name]
        return f"'{name}' is a network, " + (f"applied as {', '.join(uses)}" if uses
                                             else f"to be applied: {{network: {name}, ...}}")
    known = {*nodes, *others, "env", "played"}
    near = did_you_mean(name, [*known, *fields])
    return lagged(name, nodes) or (near if near[14:-2] in known else near.replace("'", "'env.", 1))


def lagged(name: str, nodes: Mapping[str, Any]) -> str:
    """What to write for ``q_target`` where there is a node ``q``."""
    match = _LAGGED.fullmatch(name)
    node = nodes.get((match[1] or match[2]) if match else "")
    if match is None or node is None:
        return ""
    if not isinstance(node, Application):
        return f"'{match[1] or match[2]}' with lagged weights is a node of its own, made of networks with target: true"
    copies = [n for n, other in nodes.items()
              if isinstance(other, Application) and other.network == node.network and other.target]
    found = f"; there is {', '.join(copies)}" if copies else ""
    return f"lagged weights are a node of their own: {{network: {node.network}, ..., target: true}}{found}"
