"""Overcooked through the adapter: rows say what the package's own encoding says, and a soup is worth what it is."""

from __future__ import annotations

import pytest
import torch

from compose.envs.adapters.suites.overcooked import KITCHENS, LAYERS
from compose.envs.catalogue import make
from compose.envs.conformance import assert_conforms
from tests.suites.play import parts, randomly

pytest.importorskip("overcooked_ai_py", reason="overcooked-ai is not installed: make test-suites")
UP, DOWN, RIGHT, LEFT, STAY, DO = range(6)


@pytest.mark.parametrize("name", KITCHENS)
def test_conforms(name: str) -> None:
    assert_conforms(f"overcooked/{name}:limit=20,shaping=1", episodes=4)


@pytest.mark.parametrize("name", KITCHENS)
def test_rows_say_what_the_encoding_says(name: str) -> None:
    env, kitchen = make(f"overcooked/{name}"), KITCHENS[name]
    touched = False
    for fields in randomly(env, 4, 120):
        found = parts(env, fields)
        place = (found["place"] * 5).round().long()
        for b in range(4):
            layers = fields["observation"][b, 0].view(kitchen.width, kitchen.height, LAYERS)
            for i in range(2):
                assert layers[place[b, i, 0], place[b, i, 1], i] == 1
                faces = layers[place[b, i, 0], place[b, i, 1], 2 + 4 * i : 6 + 4 * i]
                assert faces.equal(found["faces"][b, i])
            x, y = place[b, 2:].unbind(1)
            for layer, kind in ((10, 1), (11, 4), (12, 2), (14, 3), (15, 5)):
                assert layers[x, y, layer].equal(found["type"][b, 2:, kind])
            onions = layers[x, y, 16] + layers[x, y, 18] * found["type"][b, 2:, 1]  # before it cooks, and from then on
            assert (found["onions"][b, 2:, 0] * 3).round().equal(onions)
            assert found["holds"][b, 2:, 1].equal(layers[x, y, 22] * found["type"][b, 2:, 4])
            touched |= bool(found["holds"][b].any())
    assert touched


def test_a_soup_is_cooked_and_served() -> None:
    env = make("overcooked/cramped_room:shaping=1")
    fields, total, served = env.reset(torch.arange(1), 0), 0.0, False
    place = (fields["entities"][0, :2, env.schema.features[0].size :][:, :2] * 5).round().tolist()
    assert place == [[1, 2], [3, 1]]
    way = [UP, *(move for _ in range(3) for move in (LEFT, DO, RIGHT, UP, DO, LEFT)), RIGHT, UP, DO]  # cooking begins
    way += [LEFT, DOWN, DOWN, DO] + [STAY] * 20 + [UP, RIGHT, UP, DO, DOWN, RIGHT, DOWN, DO]
    for move in way:
        after = env.step(torch.tensor([[move, STAY]]))
        total += float(after.reward)
        served |= bool(after.success)
    assert served
    assert total == 3 * 3 + 3 + 5 + 20
