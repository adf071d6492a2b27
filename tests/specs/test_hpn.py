"""HPN: values of attacks go with their targets, allies are a set, and who is not seen adds nothing."""

from __future__ import annotations

from functools import cache

import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import episodes
from tests.specs.schemas import small_schema

SCHEMA = small_schema()
MOVES, FOES, ALLIES, SELF = (SCHEMA.axes[f"observed_{part}"] for part in ("moves", "others", "agents", "self"))
AT_FOES, AT_ALLIES = slice(MOVES, MOVES + FOES), slice(MOVES + FOES, MOVES + FOES + ALLIES)


@cache
def model() -> Model:
    return Model(build_graph(load("hpn_qmix"), SCHEMA), seed=3, dtype=torch.float64, taps=("q", "q.of_foes"))


def values(where: slice | None = None, *, zeros: bool = False) -> dict[str, torch.Tensor]:
    """Taps of some episodes; the units in a part of all observations stand in the contrary order, or there are none."""
    fields = episodes()
    if where is not None:
        part = fields["observation"][..., where]
        flipped = part.unflatten(-1, (-1, 5)).flip(-2).flatten(-2)
        fields["observation"][..., where] = torch.zeros_like(part) if zeros else flipped
    return model().learn(fields).taps


def test_attacks_go_with_their_targets() -> None:
    before, after = values()["q"], values(AT_FOES)["q"]
    torch.testing.assert_close(after[..., :6], before[..., :6], rtol=0, atol=1e-12)
    torch.testing.assert_close(after[..., 6:], before[..., 6:].flip(-1), rtol=0, atol=1e-12)
    assert not torch.allclose(before[..., 6], before[..., 7])


def test_allies_are_a_set() -> None:
    torch.testing.assert_close(values(AT_ALLIES)["q"], values()["q"], rtol=0, atol=1e-12)


def test_who_is_not_seen_adds_nothing() -> None:
    assert not values(AT_FOES, zeros=True)["q.of_foes"].any()


def test_as_many_weights_as_the_released_agent() -> None:
    writer, hidden, trait, own = 64, 64, 5, SELF + MOVES + SCHEMA.agents
    foes = trait * writer + writer + (writer + 1) * ((trait + 1) * hidden + 1)
    allies = trait * writer + writer + (writer + 1) * trait * hidden
    rest = own * hidden + hidden + 3 * hidden * (2 * hidden + 2) + 6 * (hidden + 1)
    assert sum(w.numel() for name, w in model().weights.items() if name.startswith("utility.")) == foes + allies + rest
