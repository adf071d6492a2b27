"""What an environment measures of its episodes, looked at before it is written down."""

from __future__ import annotations

from torch import Tensor

from compose.envs.guard.finding import Broken, Finding
from compose.envs.guard.safely import safely
from compose.envs.interface import Environment

TAKEN = ("episode", "return", "length", "success", "task")
"""What rows of evaluations hold anyway."""


def measures(env: Environment, batch: int, see: str) -> dict[str, Tensor]:
    """:attr:`Environment.measures` of ``batch`` episodes; ``see``: what shows them again. Raises Broken."""
    found = safely(see, "measures gives numbers by name", lambda: dict(getattr(env, "measures", {})))
    wrong = []
    for name, x in found.items():
        if name in TAKEN:
            wrong.append(Finding("env.fields", f"measures called other than {', '.join(TAKEN)}", f"'{name}'", see=see))
        elif not isinstance(x, Tensor):
            wrong.append(Finding("env.dtype", "a tensor", type(x).__name__, name, see=see))
        elif tuple(x.shape) != (batch,):
            text = f"[{batch}], a number for each episode"
            wrong.append(Finding("env.shape", text, f"{list(x.shape)}", name, see=see))
        elif not bool(x.isfinite().all()):
            wrong.append(Finding("env.finite", "finite numbers", f"{x[~x.isfinite()][0].item()}", name, see=see))
    if wrong:
        raise Broken(*wrong)
    return found
