"""What editors and type checkers see of the Python builder is what there is; what there is not is refused."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from compose import SpecBuilder, SpecError, block, env, first, square
from compose.language import acting, learning, models, moving, optimizers, sections
from compose.language.registry import catalogue
from tests.language.stub import PATH, stub

ROOT = Path(__file__).resolve().parents[2]


def test_the_stub_is_up_to_date() -> None:
    assert PATH.read_text(encoding="utf-8") == stub(), "run: python -m tests.language.stub"


def test_the_stub_has_every_block_with_its_fields() -> None:
    own = {tag: known for tag, known in catalogue().items() if known.__module__.startswith("compose.")}
    (cls,) = (node for node in ast.parse(stub()).body if isinstance(node, ast.ClassDef))
    seen = {one.name: one for one in cls.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")}
    assert set(seen) == set(own)
    for tag, known in own.items():
        arguments = {one.arg for one in seen[tag].args.kwonlyargs}
        assert arguments == set(known.model_fields) - {"block"}
        assert (ast.get_docstring(seen[tag]) or "").startswith(inspect.cleandoc(known.__doc__ or ""))


def test_blocks_complete_and_say_what_they_are() -> None:
    assert {"attention", "linear", "take"} <= set(dir(block))
    signature = inspect.signature(block.attention)
    assert list(signature.parameters)[:3] == ["queries", "keys", "mask"]
    assert signature.parameters["bias"].default is True
    assert inspect.getdoc(block.attention) == inspect.getdoc(catalogue()["attention"])


def aliases(*of: type[BaseModel]) -> set[str]:
    return {field.alias or name for one in of for name, field in one.model_fields.items()}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (sections.Act, aliases(acting.Greedy, acting.EpsilonGreedy, acting.Categorical, acting.Gaussian)),
        (sections.Moves, aliases(moving.Constant, moving.Curve, moving.Piecewise)),
        (sections.Learner, aliases(learning.ReplayLearner, learning.OnPolicyLearner)),
        (sections.Replay, aliases(learning.ReplaySettings)),
        (sections.Target, aliases(learning.CopyTarget, learning.PolyakTarget)),
        (sections.Optimizer, aliases(*optimizers.Stepping.__subclasses__())),
        (sections.Claims, aliases(models.Claims)),
        (sections.Igm, aliases(models.Igm)),
    ],
)
def test_sections_have_the_members_that_the_language_has(section: type[sections.Section], said: set[str]) -> None:
    assert {member.name for member in vars(section).values() if isinstance(member, sections.Value)} == said


def test_settings_go_as_deep_as_they_are() -> None:
    s = SpecBuilder("more", "Settings.", extends="qmix_attention")
    s.act.epsilon.over = "9 updates"
    s.learner.replay.batch = 7
    s.learner.optimizers.main.lr = 0.25
    s.claims.igm.status = "none"
    s.params.gamma = 0.5
    s.networks.utility.nodes.z = None
    s.networks.utility.nodes.h = block.gru(of=s.networks.utility.a, to="hidden")
    built = s.build()
    assert str(built.act.epsilon.over) == "9 updates"
    assert (built.learner.replay.batch, built.learner.replay.episodes) == (7, 5000)
    assert built.learner.optimizers["main"].lr == 0.25
    assert built.claims.igm_claim.status == "none"
    assert built.params["gamma"] == 0.5
    assert str(built.networks["utility"].nodes["h"].of) == "a"
    assert s.learner.replay.batch == 7
    assert s.learner.replay.start is None


def test_reading_writes_nothing() -> None:
    s = SpecBuilder("more", "Settings.", extends="qmix_attention")
    before = s.dumps()
    assert s.learner.target.tau is None
    assert s.networks.utility.entities is not None
    assert "networks" not in s.dumps()
    assert s.dumps() == before


def test_a_network_by_attributes() -> None:
    s = SpecBuilder("a", "A.")
    u = s.networks.utility
    u.inputs = {"entities": "batch time entity Width", "visible": "bool batch time agent entity"}
    u.returns = {"q": "batch time agent action"}
    u.nodes.q = block.linear(of=u.entities, to="action")
    assert str(u.entities) == "entities"
    assert u is s.network("utility")
    assert s.data()["networks"]["utility"]["inputs"] == u._settings["inputs"]


def network() -> Any:
    s = SpecBuilder("a", "A.")
    return s.network("utility", inputs={"entities": "batch time entity Width"})


WRONG: list[tuple[Callable[[SpecBuilder], object], str]] = [
    (lambda s: setattr(s.act, "epsilonn", 0.1), "act has no 'epsilonn'\n  Did you mean 'epsilon'?"),
    (lambda s: s.act(chose="greedy"), "act has no 'chose'\n  Did you mean 'choose'?"),
    (lambda s: setattr(s.learner.replay, "bach", 3), "learner.replay has no 'bach'\n  Did you mean 'batch'?"),
    (lambda s: setattr(s.learner.optimizers.main, "rate", 3),
     "learner.optimizers.main has no 'rate'\n  Did you mean 'after'?"),
    (lambda s: setattr(s.claims, "img", "proved"), "claims has no 'img'\n  Did you mean 'igm'?"),
    (lambda s: (setattr(s.act, "epsilon", 0.1), setattr(s.act.epsilon, "over", "3 updates")),
     "act.epsilon is 0.1 above; it has no members"),
    (lambda s: (setattr(s.learner.replay, "batch", 1), setattr(s.learner.replay, "batch", 2)),
     "learner.replay.batch is given twice"),
    (lambda s: network().entites, "network utility has no input 'entites'\n  Did you mean 'entities'?"),
    (lambda s: setattr(s.networks, "utility", 3),
     "'utility' cannot be assigned here: nothing would read it\n"
     "  write networks.utility.nodes.NAME = ..., or network('utility', inputs=..., returns=...)"),
    (lambda s: (s.delete_network("w1"), s.networks.w1), "networks.w1 is deleted above"),
    (lambda s: (setattr(s.networks.w1, "like", "v"), setattr(s.networks.w1, "like", "v")),
     "networks.w1.like is given twice"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "text"), WRONG)
def test_what_is_not_there_is_refused_at_once(change: Callable[[SpecBuilder], object], text: str) -> None:
    with pytest.raises(SpecError) as caught:
        change(SpecBuilder("more", "Mistakes.", extends="qmix_attention"))
    assert str(caught.value) == f"error[python.misuse]  {text}"


def test_handles_of_the_public_names() -> None:
    assert str(square(first(env.present))) == "square(first(env.present))"
