"""Declarative model composition for cooperative multi-agent reinforcement learning.

    spec = compose.load("refil", ["params.lambda=0.7"])     # a packaged spec, or the path of a file
    text = compose.dumps(spec)                              # loads(text) == spec

Everything is imported when it is first used; reading, writing and building specs never imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compose.language.builder import SpecBuilder as SpecBuilder
    from compose.language.diagnostics import SpecError as SpecError
    from compose.language.models import Spec as Spec
    from compose.language.text import dumps as dumps
    from compose.language.text import load as load
    from compose.language.text import loads as loads

_WHERE = {
    "Spec": "compose.language.models",
    "SpecBuilder": "compose.language.builder",
    "SpecError": "compose.language.diagnostics",
    "load": "compose.language.text",
    "loads": "compose.language.text",
    "dumps": "compose.language.text",
    "compile": "compose.compiler.compile",
    "fake_batch": "compose.compiler.fake_batch",
    "load_policy": "compose.training.policy",
}
"""Public name -> the module that defines it."""

__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'compose' has no attribute '{name}'")
    found = getattr(import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
