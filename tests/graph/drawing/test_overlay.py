"""The difference of two pictures: statuses of boxes, edges and panels."""

from __future__ import annotations

from compose.graph.build import build_graph
from compose.graph.drawing import Picture, draw, overlay
from compose.language.load import load, load_data


def drawn(name: str) -> Picture:
    loaded = load(name)
    return draw(loaded, build_graph(loaded))


def child(of: str, **patch: object) -> Picture:
    loaded = load_data({"compose": 1, "name": "child", "summary": "A child.", "extends": of, **patch})
    return draw(loaded, build_graph(loaded))


def statuses(picture: Picture) -> dict[str, str]:
    return {key: box.status for key, box in picture.boxes().items() if box.status != "same"}


def test_a_picture_over_itself_is_the_same() -> None:
    refil = drawn("refil")
    both = overlay(refil, refil, {}, ())
    assert both.compared
    assert statuses(both) == {}
    assert [p.boxes for p in both.panels] == [p.boxes for p in refil.panels]
    assert {e.status for p in both.panels for e in p.edges} == {"same"}
    assert {p.status for p in both.panels} == {"same"}


def test_additions_and_removals() -> None:
    before, after = drawn("qmix_attention"), drawn("refil")
    new = after.boxes().keys() - before.boxes().keys()
    assert {"q_in", "groups", "losses.aux", "env.present"} <= new
    assert statuses(overlay(before, after, {}, ())) == dict.fromkeys(new, "added")
    assert statuses(overlay(after, before, {}, ())) == dict.fromkeys(new, "removed")
    there, back = overlay(before, after, {}, ()), overlay(after, before, {}, ())
    assert {e.target for p in there.panels for e in p.edges if e.status == "added"} <= new
    assert there.title == "qmix_attention → refil"
    assert sum(len(p.edges) for p in back.panels) == sum(len(p.edges) for p in after.panels)


def test_a_renamed_box_keeps_its_edges() -> None:
    before = drawn("vdn_attention")
    graph = {"joint": {"block": "sum", "of": "taken", "over": "agent"}, "q_tot": None}
    after = child("vdn_attention", graph=graph, losses={"td": {"of": "square(joint - y)"}},
                  claims={"igm": {"joint": "joint"}})
    both = overlay(before, after, {"q_tot": "joint"}, ["losses.td"])
    assert statuses(both) == {"joint": "renamed", "losses.td": "changed"}
    assert both.boxes()["joint"].was == "q_tot"
    assert {e.status for p in both.panels for e in p.edges} == {"same"}


def test_nodes_follow_their_renamed_network() -> None:
    before = drawn("vdn_attention")
    whole = load("vdn_attention").spec.data()["networks"]["utility"]
    applied = {name: {"network": "agent_net", "entities": "seen", "visible": "env.visible", "target": name == "q_bar"}
               for name in ("q", "q_bar")}
    after = child("vdn_attention", networks={"utility": None, "agent_net": whole}, graph=applied)
    both = overlay(before, after, {"network.utility": "network.agent_net"}, ())
    panel = both.panel("network.agent_net")
    assert panel is not None
    assert (panel.status, panel.was) == ("renamed", "network.utility")
    assert both.boxes()["agent_net.a"].was == "utility.a"
    assert {box.status for box in panel.boxes} == {"renamed"}
    assert {e.status for e in panel.edges} == {"same"}


def test_a_network_of_one_side_is_a_panel_of_its_own() -> None:
    both = overlay(drawn("qmix_attention"), drawn("vdn_attention"), {}, ())
    panel = both.panel("network.mixer")
    assert panel is not None
    assert panel.status == "removed"
    assert {box.status for box in panel.boxes} | {edge.status for edge in panel.edges} == {"removed"}
