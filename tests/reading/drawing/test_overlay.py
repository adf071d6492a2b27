"""The difference of two pictures: statuses of boxes, edges and panels."""

from __future__ import annotations

from compose.language.load import load
from compose.reading.drawing import Picture, overlay, sides
from tests.reading.drawing.methods import child, drawn


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


def test_side_by_side() -> None:
    before = drawn("vdn_attention")
    graph = {"joint": {"block": "sum", "of": "taken", "over": "agent"}, "q_tot": None, "more": "square(joint)"}
    after = child("vdn_attention", graph=graph, losses={"td": {"of": "square(joint - y) + more"}},
                  claims={"igm": {"joint": "joint"}})
    left, right = sides(before, after, {"q_tot": "joint"}, ["losses.td"])
    assert statuses(left) == {"q_tot": "renamed", "losses.td": "changed"}
    assert statuses(right) == {"joint": "renamed", "losses.td": "changed", "more": "added"}
    assert left.boxes().keys() == before.boxes().keys()
    assert right.boxes().keys() == after.boxes().keys()
    assert right.boxes()["joint"].was == "q_tot"
    assert {e.target for p in right.panels for e in p.edges if e.status == "added"} == {"more", "losses.td"}
    assert {e.status for p in left.panels for e in p.edges} == {"same"}
    assert (left.title, right.title) == ("vdn_attention", "child")


def test_what_is_gone_shows_on_the_left_only() -> None:
    left, right = sides(drawn("refil"), drawn("qmix_attention"), {}, ())
    assert statuses(left)["q_in"] == "removed"
    assert statuses(right) == {}
    assert {e.status for p in left.panels for e in p.edges} == {"same", "removed"}
    assert {e.status for p in right.panels for e in p.edges} == {"same"}
