"""What one plan of runs has that another has not, and why: specs that differ, other environments, seeds, settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.language.load import Loaded, load_text
from compose.reading.diff import Side, diff
from compose.reading.diff.brief import brief
from compose.study.runs.planned import Planned

Text = Callable[[str], str]
"""The text of a spec's file."""


@dataclass(frozen=True)
class Changes:
    """Between two plans."""

    only_before: tuple[Planned, ...]
    """Runs that only the first needs."""
    only_after: tuple[Planned, ...]
    """Runs that only the second needs."""
    specs: dict[str, tuple[str, ...]]
    """Method that both have -> how its spec differs, as ``compose diff`` tells it."""
    settings: tuple[str, ...]
    """How runs are trained and looked at otherwise."""


def changes(before: Sequence[Planned], after: Sequence[Planned], text_before: Text, text_after: Text) -> Changes:
    """What differs between two plans; specs are read by the names of their files."""
    there, here = {run.folder for run in before}, {run.folder for run in after}
    old, new = _by_method(before), _by_method(after)
    specs = {method: _told(text_before(old[method].spec), text_after(new[method].spec), new[method].env)
             for method in old if method in new and old[method].spec != new[method].spec}
    then, now = (next((run.settings for run in runs), {}) for runs in (before, after))
    settings = tuple(f"{name}: {then.get(name, 'none')} -> {now.get(name, 'none')}"
                     for name in dict.fromkeys((*then, *now)) if then.get(name) != now.get(name))
    return Changes(tuple(run for run in before if run.folder not in here),
                   tuple(run for run in after if run.folder not in there), specs, settings)


def told(found: Changes, before: str, after: str) -> list[str]:
    """The same in lines; none if nothing differs."""
    lines = [f"train  {line}" for line in found.settings]
    for method, differences in found.specs.items():
        lines += [f"{method}: its spec differs, {before} -> {after}:", *(f"  {line}" for line in differences)]
    for title, runs in ((before, found.only_before), (after, found.only_after)):
        if runs:
            lines.append(f"only {title}: {_runs(runs)}")
    return lines


def _by_method(runs: Iterable[Planned]) -> dict[str, Planned]:
    found: dict[str, Planned] = {}
    for run in runs:
        found.setdefault(run.method, run)
    return found


def _told(before: str, after: str, env: str) -> tuple[str, ...]:
    return spec_changes(load_text(before), load_text(after), env) or ("only words differ",)


def spec_changes(before: Loaded, after: Loaded, env: str) -> tuple[str, ...]:
    """How one spec differs from another in an environment, as ``compose diff`` tells it; nothing if only in words."""
    schema = catalogue.schema(env)
    sides = [Side(one, build_graph(one, schema), title) for one, title in ((before, "before"), (after, "after"))]
    return tuple(brief(diff(*sides)))


def _runs(runs: Sequence[Planned]) -> str:
    """How many, of which methods, environments and seeds."""
    parts = [f"{len(runs)} run{'s' * (len(runs) > 1)}"]
    for name in ("method", "env", "seed"):
        values = [str(x) for x in dict.fromkeys(getattr(run, name) for run in runs)]
        shown = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")
        parts.append(f"{name}{'s' * (len(values) > 1)} {shown}")
    return "; ".join(parts)
