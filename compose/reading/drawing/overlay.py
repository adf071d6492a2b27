"""Two pictures as one: what was added, removed, changed and renamed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from compose.reading.drawing.picture import Box, Edge, Panel, Picture, Status


def overlay(before: Picture, after: Picture, renamed: Mapping[str, str], changed: Collection[str]) -> Picture:
    """The union of two pictures, with statuses.

    Args:
        renamed: key of a box or a panel before -> its key after. A renamed network's nodes follow it
            (``network.agent`` -> ``network.utility`` takes ``agent.x`` to ``utility.x``) unless they are named too.
        changed: keys (as they are after) of boxes and panels that stand in both and differ.

    Everything has its key after; what is only in ``before`` keeps its own and is ``removed``. A box that is both
    renamed and changed is ``changed``, and ``was`` says its old key. Edges at a renamed box are the same edges.
    """
    names = _Names(before, renamed)
    earlier = {names.of(panel.key): panel for panel in before.panels}
    panels = [_panel(earlier.get(panel.key), panel, names, changed) for panel in after.panels]
    there = {panel.key for panel in after.panels}
    gone = [panel for key, panel in earlier.items() if key not in there]
    panels += [_panel(panel, None, names, changed) for panel in gone]
    title = after.title if before.title == after.title else f"{before.title} → {after.title}"
    return replace(after, title=title, panels=tuple(panels), compared=True)


def sides(before: Picture, after: Picture, renamed: Mapping[str, str],
          changed: Collection[str]) -> tuple[Picture, Picture]:
    """The two pictures of :func:`overlay`, each on its own, with the statuses of what it shows.

    The first keeps the keys of ``before``; where a box of the second was renamed, its ``was`` is the key in the first.
    """
    both, names = overlay(before, after, renamed, changed), _Names(before, renamed)
    there = {box.key: box.status for panel in both.panels for box in panel.boxes}
    framed = {panel.key: panel.status for panel in both.panels}
    kept = {_plain(edge) for panel in after.panels for edge in panel.edges}
    panels = []
    for panel in before.panels:
        boxes = tuple(replace(box, status=there[names.of(box.key)]) for box in panel.boxes)
        edges = tuple(replace(edge, status="same" if _plain(_wire(edge, names)) in kept else "removed")
                      for edge in panel.edges)
        panels.append(replace(panel, boxes=boxes, edges=edges, status=framed[names.of(panel.key)]))
    second = [_without(panel) for panel in both.panels if panel.status != "removed"]
    return (replace(before, panels=tuple(panels), compared=True),
            replace(both, title=after.title, panels=tuple(second)))


def _without(panel: Panel) -> Panel:
    """A panel less what was removed from it."""
    return replace(panel, boxes=tuple(b for b in panel.boxes if b.status != "removed"),
                   edges=tuple(e for e in panel.edges if e.status != "removed"))


class _Names:
    """Keys before as keys after."""

    def __init__(self, before: Picture, renamed: Mapping[str, str]) -> None:
        self.renamed = dict(renamed)
        for panel in before.panels:
            new = renamed.get(panel.key)
            old, now = panel.key.removeprefix("network."), (new or "").removeprefix("network.")
            for box in panel.boxes if new and panel.network else ():
                self.renamed.setdefault(box.key, now + box.key.removeprefix(old))

    def of(self, key: str) -> str:
        return self.renamed.get(key, key)


def _panel(before: Panel | None, after: Panel | None, names: _Names, changed: Collection[str]) -> Panel:
    old = {names.of(box.key): box for box in before.boxes} if before else {}
    wires = {_wire(edge, names): edge for edge in before.edges} if before else {}
    if after is None:
        assert before is not None
        boxes = tuple(replace(box, key=key, status="removed") for key, box in old.items())
        edges = tuple(replace(edge, status="removed") for edge in wires)
        return replace(before, boxes=boxes, edges=edges, status="removed")
    boxes = tuple(_box(old.get(box.key), box, changed) for box in after.boxes)
    there = {box.key for box in after.boxes}
    boxes += tuple(replace(box, key=key, status="removed") for key, box in old.items() if key not in there)
    kept = {_plain(edge) for edge in wires}
    edges = tuple(replace(edge, status="same" if _plain(edge) in kept else "added") for edge in after.edges)
    now = {_plain(edge) for edge in after.edges}
    edges += tuple(replace(edge, status="removed") for edge in wires if _plain(edge) not in now)
    was = before.key if before is not None and before.key != after.key else ""
    return replace(after, boxes=boxes, edges=edges, status=_status(before, was, after.key in changed), was=was)


def _box(before: Box | None, after: Box, changed: Collection[str]) -> Box:
    was = before.key if before is not None and before.key != after.key else ""
    return replace(after, status=_status(before, was, after.key in changed), was=was)


def _status(before: object, was: str, differs: bool) -> Status:
    if before is None:
        return "added"
    return "changed" if differs else "renamed" if was else "same"


def _wire(edge: Edge, names: _Names) -> Edge:
    return replace(edge, source=names.of(edge.source), target=names.of(edge.target))


def _plain(edge: Edge) -> tuple[str, ...]:
    """What makes two edges the same one."""
    return (edge.source, edge.target, edge.output, edge.port, edge.via, edge.kind)
