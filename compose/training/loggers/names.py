"""What a number is called in every logger: as in ``metrics.jsonl``, and by PyMARL's name where it has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import isfinite
from typing import Any

from compose.training.evaluate import measured, score

PYMARL = {
    "collected/return": "return_mean", "collected/length": "ep_length_mean", "collected/success": "battle_won_mean",
    "evaluation/return": "test_return_mean", "evaluation/length": "test_ep_length_mean",
    "evaluation/success": "test_battle_won_mean", "episodes": "episode", "grad_norm/main": "grad_norm",
    "log/q_taken_mean": "q_taken_mean", "log/target_mean": "target_mean", "log/td_error_abs": "td_error_abs",
}
"""Our name -> PyMARL's. Every ``loss/NAME`` is ``loss_NAME`` too; ``epsilon`` is called so in both."""
_OWN = ("env_steps", "updates")


def of_metrics(row: Mapping[str, Any]) -> dict[str, float]:
    """A row of ``metrics.jsonl`` as names and numbers; ``env_steps``, the axis, is none of them."""
    return _with_aliases({name: x for name, x in _flat(row) if name != "env_steps"})


def of_evaluation(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The episodes of one evaluation, as rows of ``evals.jsonl``: means of them as names and numbers."""
    plain = [{name: x for name, x in row.items() if name not in _OWN} for row in rows]
    found = score(plain)
    means = {"return": found.returned, "success": found.success, "length": found.length, **measured(plain)}
    return _with_aliases(dict(_flat({"evaluation": means})))


def evaluations(rows: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[int, int], list[Mapping[str, Any]]]]:
    """Rows of ``evals.jsonl`` by evaluation: ((environment steps, updates), its episodes)."""
    return [(at, list(group)) for at, group in groupby(rows, key=lambda row: (row["env_steps"], row["updates"]))]


def _flat(row: Mapping[str, Any], before: str = "") -> list[tuple[str, float]]:
    """Numbers at any depth; what is no number, or not finite, has no point."""
    found: list[tuple[str, float]] = []
    for name, x in row.items():
        if isinstance(x, Mapping):
            found += _flat(x, f"{before}{name}/")
        elif isinstance(x, int | float) and isfinite(x):
            found.append((f"{before}{name}", float(x)))
    return found


def _with_aliases(values: dict[str, float]) -> dict[str, float]:
    aliases = {PYMARL[name]: x for name, x in values.items() if name in PYMARL}
    losses = {name.replace("loss/", "loss_", 1): x for name, x in values.items() if name.startswith("loss/")}
    return {**values, **aliases, **losses}
