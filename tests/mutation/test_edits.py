"""600 random edits of packaged specs (2,000 in long tests), of text and of trees: each ends in a method or in mistakes
that can be followed."""

import random

import pytest
import yaml

from compose.envs import catalogue
from compose.graph.graph import Graph
from compose.language.files import packaged_specs
from tests.mutation import texts, trees
from tests.mutation.verdict import judged

SPECS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(packaged_specs().glob("*.yaml"))}
TREES = [yaml.safe_load(text) for text in SPECS.values()]
TOKENS = sorted({token for text in SPECS.values() for token in text.split()})
ENVIRONMENTS = (None, "group_matching", "smac/3-8sz")


def edited(seed: int) -> str | bytes:
    rng = random.Random(seed)
    text = rng.choice(list(SPECS.values()))
    if seed % 2:
        return texts.edited(text, rng, TOKENS)
    return yaml.safe_dump(trees.edited(yaml.safe_load(text), rng, TREES), sort_keys=False, allow_unicode=True)


def outcome(seed: int) -> str:
    """The first code of what an edited spec is refused for, or "" if it is a method."""
    env = random.Random(-seed).choice(ENVIRONMENTS)
    made = judged(edited(seed), catalogue.schema(env) if env else None)
    return "" if isinstance(made, Graph) else made[0].code


@pytest.mark.parametrize("block", [*range(3), *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 20))])
def test_an_edit_ends_in_a_method_or_in_diagnostics_that_can_be_followed(block: int) -> None:
    outcomes = [outcome(seed) for seed in range(100 * block, 100 * (block + 1))]
    assert 2 < outcomes.count("") < 60
    assert len({*outcomes}) > 10
