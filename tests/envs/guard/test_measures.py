"""What an environment measures is looked at before a row holds it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from compose.envs.conformance import check
from compose.envs.guard import Broken
from compose.training.actors import RandomActor
from compose.training.evaluate import evaluate_actor
from tests.envs.lying import Honest


def measuring(given: Any) -> type[Honest]:
    class Measuring(Honest):
        @property
        def measures(self) -> Any:
            return given

    return Measuring


@pytest.mark.parametrize(("given", "code", "said"), [
    ({"kills": 3}, "env.dtype", "a tensor"), ({"kills": torch.zeros(2, 2)}, "env.shape", "a number for each episode"),
    ({"kills": torch.full((4,), torch.nan)}, "env.finite", "finite numbers"),
    ({"length": torch.zeros(4)}, "env.fields", "measures called other than"), (7, "env.raises", "numbers by name"),
])  # fmt: skip
def test_what_is_wrong_is_the_environment_s_fault(given: Any, code: str, said: str) -> None:
    env = measuring(given)()
    with pytest.raises(Broken) as error:
        evaluate_actor(RandomActor(0), env, 4, seed=1)
    assert [d.code for d in error.value.diagnostics] == [code]
    assert said in str(error.value)
    assert code in check(measuring(given), episodes=4).codes


def test_honest_numbers_stand_in_rows() -> None:
    env = measuring({"kills": torch.arange(4)})()
    rows = evaluate_actor(RandomActor(0), env, 4, seed=1)
    assert [row["kills"] for row in rows] == [0, 1, 2, 3]
