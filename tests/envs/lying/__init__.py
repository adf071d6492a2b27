"""Environments that break their word, each in one way, and say by which code they are to be caught."""

from tests.envs.lying import chance, content, ends, form, presence, tensors
from tests.envs.lying.honest import Honest

__all__ = ["LIARS", "Honest"]

LIARS = [
    liar for module in (form, content, presence, ends, chance, tensors) for liar in vars(module).values()
    if isinstance(liar, type) and issubclass(liar, Honest) and liar is not Honest
]
