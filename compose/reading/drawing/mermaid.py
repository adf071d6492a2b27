"""A picture as a Mermaid flowchart, for places that draw Mermaid text: GitHub, GitLab, MkDocs, notebooks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from compose.language.media import mermaid as escaped
from compose.reading.drawing import palette
from compose.reading.drawing.choice import Choice, Shown, shown
from compose.reading.drawing.picture import Box, Edge, Panel, Picture

ARROWS = {"value": "-->", "mask": "-.->", "stop": "--x", "delay": "==>", "target": "-.->"}
"""A cross ends what passes no gradient; a thick arrow is one step earlier."""
SHAPES = {
    "field": ("([", "])"), "input": ("([", "])"), "block": ("[", "]"), "function": ("(", ")"),
    "application": ("[[", "]]"), "loss": ("{{", "}}"), "act": ("[/", "\\]"),
}  # fmt: skip


def mermaid(picture: Picture, choice: Choice | None = None) -> str:
    """The text of a flowchart; one subgraph for every panel, one more around what every agent computes alone."""
    choice = choice or Choice()
    wanted = shown(picture, choice)
    panels = [one.panel for one in wanted]
    names = _Names(panels)
    lines = [f"flowchart {'LR' if choice.direction == 'right' else 'TB'}"]
    edges: list[Edge] = []
    for one in wanted:
        lines += _subgraph(picture, one, names)
        edges += one.panel.edges
    lines += [f"  {names.box(edge.source)} {_arrow(edge)} {names.box(edge.target)}" for edge in edges]
    return "\n".join([*lines, *_styles(picture, panels, names, edges)]) + "\n"


class _Names:
    """Identifiers that Mermaid takes, one for every box and panel."""

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.found: dict[str, str] = {}
        for key in (k for panel in panels for k in (f"panel {panel.key}", *(box.key for box in panel.boxes))):
            name = "n_" + re.sub(r"\W", "_", key.replace(".", "__").replace("'", "_prime"), flags=re.ASCII)
            while name in self.found.values():
                name += "_"
            self.found[key] = name

    def box(self, key: str) -> str:
        return self.found[key]

    def panel(self, key: str) -> str:
        return self.found[f"panel {key}"]


def _subgraph(picture: Picture, one: Shown, names: _Names) -> list[str]:
    panel = one.panel
    alike = [f"= {', '.join(one.alike)} (same inside, own weights)"] if one.alike else []
    heading = [f"network {panel.network}", *alike, panel.subtitle]
    title = "\n".join(heading) if panel.network else picture.title
    lines = [f'  subgraph {names.panel(panel.key)} ["{escaped(title)}"]']
    local = [box for box in panel.boxes if box.zone == "local"] if not panel.network else []
    if local and len(local) < len(panel.boxes):
        lines += ['    subgraph n_decentralised ["decentralised: every agent alone"]']
        lines += [f"      {_node(picture, box, names)}" for box in local]
        lines += ["    end"]
    else:
        local = []
    return [*lines, *(f"    {_node(picture, box, names)}" for box in panel.boxes if box not in local), "  end"]


def _node(picture: Picture, box: Box, names: _Names) -> str:
    sign = palette.SIGNS[box.status] if picture.compared else ""
    title = f"{sign} {'loss ' if box.kind == 'loss' else ''}{box.title}".strip()
    title += f" (was {box.was})" if box.was else ""
    subtitle = box.subtitle + (", target" if box.target else "")
    opening, closing = SHAPES[box.kind]
    text = escaped("\n".join(filter(None, (title, subtitle))))
    return f'{names.box(box.key)}{opening}"{text}"{closing}'


def _arrow(edge: Edge) -> str:
    words = [edge.output and f".{edge.output}", edge.via.replace(" ", "·"), edge.axes and f"[{edge.axes}]"]
    label = escaped(" ".join(filter(None, words)))
    return f'{ARROWS[edge.kind]}|"{label}"|' if label else ARROWS[edge.kind]


def _styles(picture: Picture, panels: Sequence[Panel], names: _Names, edges: Sequence[Edge]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for box in (box for panel in panels for box in panel.boxes):
        if picture.compared:
            groups.setdefault(f"status_{box.status}", []).append(names.box(box.key))
        elif box.kind == "application":
            groups.setdefault(f"net_{box.network}", []).append(names.box(box.key))
        elif box.kind in ("field", "input"):
            groups.setdefault("given", []).append(names.box(box.key))
    tints = {f"net_{name}": tint for name, tint in palette.tints(picture).items()} | {"given": palette.GREY}
    tints |= {f"status_{status}": tint for status, tint in palette.STATUSES.items()}
    lines = [f"  classDef {name} fill:{tints[name].fill},stroke:{tints[name].line},color:#1a1a1a" for name in groups]
    lines += [f"  class {','.join(boxes)} {name}" for name, boxes in groups.items()]
    lagged = [names.box(box.key) for panel in panels for box in panel.boxes if box.target]
    lines += [f"  style {name} stroke-dasharray:4 2" for name in lagged]
    for i, edge in enumerate(edges if picture.compared else ()):
        if edge.status != "same":
            lines.append(f"  linkStyle {i} stroke:{palette.STATUSES[edge.status].line},stroke-width:2px")
    return lines
