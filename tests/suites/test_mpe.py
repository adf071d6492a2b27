"""MPE through the adapter: rows and who sees them say what the package's own observations say."""

from __future__ import annotations

import pytest
import torch

from compose.envs.catalogue import make
from compose.envs.conformance import assert_conforms
from tests.suites.play import parts, randomly

pytest.importorskip("mpe2", reason="mpe2 is not installed: make test-suites")


@pytest.mark.parametrize("name", ["simple_spread_v3", "simple_spread_v3:agents=5,local_ratio=0", "simple_reference_v3",
                                  "simple_spread_v3:continuous=true", "simple_speaker_listener_v4"])
def test_conforms(name: str) -> None:
    assert_conforms(f"mpe/{name}", episodes=8)


def test_spread() -> None:
    env = make("mpe/simple_spread_v3:agents=4")
    for fields in randomly(env, 4, 25):
        found, observed = parts(env, fields), fields["observation"]
        assert bool(fields["visible"].all())
        torch.testing.assert_close(observed[..., :4], torch.cat((found["velocity"], found["place"]), 2)[:, :4])
        for a in range(4):
            away = found["place"] - found["place"][:, [a]]
            others = [i for i in range(4) if i != a]
            torch.testing.assert_close(observed[:, a, 4:18], away[:, [4, 5, 6, 7, *others]].flatten(1))


@pytest.mark.parametrize(("name", "words", "base"), [("simple_reference_v3", 10, 0.25),
                                                     ("simple_speaker_listener_v4", 3, 0.15)])
def test_words_and_goals(name: str, words: int, base: float) -> None:
    env = make(f"mpe/{name}")
    heard = False
    for fields in randomly(env, 4, 25):
        found, observed = parts(env, fields), fields["observation"]
        agents = range(2) if words == 10 else [1]
        for a in agents:
            away = (found["place"][:, 2:] - found["place"][:, [a]]).flatten(1)
            own = [found["velocity"][:, a], away, found["heard"][:, a]]
            own[2:2] = [found["knows"][:, a] / 2 + base] if words == 10 else []
            torch.testing.assert_close(observed[:, a], torch.cat(own, 1))
            heard |= bool(found["heard"][:, a].any())
        if words == 3:
            torch.testing.assert_close(observed[:, 0, :3], found["knows"][:, 0] / 2 + base)
            assert not observed[:, 0, 3:].any()
            assert fields["available"][0].sum(1).tolist() == [3, 5]
        sees = torch.eye(2, 5, dtype=torch.bool)
        sees[list(agents), 2:] = True
        assert bool((fields["visible"] == sees).all())
        assert found["landmark"][0, 2:].equal(torch.eye(3))
    assert heard


def test_numbers_push_as_choices_do() -> None:
    """Going one way with all one's strength is the same as choosing it."""
    chosen, pushed = make("mpe/simple_spread_v3"), make("mpe/simple_spread_v3:continuous=true")
    assert pushed.schema.continuous
    few = torch.arange(2)
    torch.testing.assert_close(chosen.reset(few, 0)["entities"], pushed.reset(few, 0)["entities"])
    for step in range(10):
        way = torch.tensor([[1, 2, 3], [4, 0, step % 5]])
        after, same = chosen.step(way), pushed.step(torch.nn.functional.one_hot(way, 5).float())
        torch.testing.assert_close(after.fields["entities"], same.fields["entities"])
        torch.testing.assert_close(after.reward, same.reward)
