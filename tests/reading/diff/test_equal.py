"""What is no difference: the same spec, the same spelled otherwise, other headers."""

from __future__ import annotations

from typing import Any

import pytest

from compose.language.load import load_data, load_text
from compose.reading.diff.changes import compare
from compose.reading.diff.spec_parts import SpecParts
from tests.reading.diff.sides import SPECS, between, changed, loaded, made
from tests.specs.handful import few


@pytest.mark.parametrize("spec", few(SPECS))
def test_a_spec_is_itself(spec: str) -> None:
    found, again = loaded(spec), load_data(loaded(spec).spec.data(defaults=True))
    matching, changes = compare(SpecParts(found.spec), SpecParts(again.spec))
    assert not changes
    assert not matching.renamed()
    assert matching.pairs.keys() == set(matching.before.items)


def backwards(value: Any) -> Any:
    """The same mapping with its keys in the opposite order."""
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(value)}
    return value


@pytest.mark.parametrize("spec", ["refil", "qmix_attention_group_matching"])
def test_the_order_of_keys_does_not_matter(spec: str) -> None:
    other = load_data(backwards(loaded(spec).document.data))
    assert between(spec, made(other)).equal


@pytest.mark.parametrize("sections", [
    {"graph": {"q_in": {"visible": "groups.within & env.visible"}}},
    {"graph": {"q_in": {"visible": "( env.visible )&groups.within"}}},
    {"params": {"gamma": {"kind": "constant", "from": 0.99}}},
    {"params": {"embed": 128.0}},
    {"learner": {"updates": "8 per 8 episodes"}},
    {"losses": {"aux": {"optimizer": "main"}}},
    {"losses": {"aux": {"where": "env.steps", "count": "present"}}},
    {"claims": {"igm": "proved"}},
    {"networks": {"mixer": {"nodes": {"v": {"over": ["mixing", "agent"]}}}}},
    {"networks": {"utility": {"returns": "q"}}},
    {"graph": {"seeing": "env.visible & groups.within", "q_in": {"visible": "seeing"}}},
    {"graph": {"mean": "square(q_aux - y)"}, "losses": {"aux": {"of": "mean", "weight": "lambda"}}},
    {"example_env": "group_matching", "paper": {"title": "Another"}},
], ids=str)
def test_the_same_spelled_otherwise(sections: dict[str, Any]) -> None:
    other = changed("refil", **sections)
    assert between("refil", other).equal
    assert between(other, "refil").equal


def test_a_name_for_an_expression_is_told_where_more_than_its_reader_changed() -> None:
    other = changed("refil", graph={"seeing": "env.visible & groups.across", "q_in": {"visible": "seeing"}})
    (place,) = between("refil", other).wiring
    (line,) = place.lines
    assert line.text == "visible: env.visible & groups.within -> seeing"
    assert [part.text for part in line.parts] == ["env.visible & groups.across"]


def test_formatting_does_not_matter() -> None:
    text = "compose: 1\nname: mine\nsummary: 'Mine.'\nextends: refil\nparams:\n  'lambda': 0.50\n  gamma: 9.9e-1\n"
    assert between("refil", made(load_text(text))).equal
