"""The ``options`` of an adapter's section, against the environment that is to take them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

RESERVED = ("id", "num_envs", "disable_env_checker", "vectorization_mode", "vector_kwargs", "wrappers",
            "additional_wrappers", "entry_point", "vector_entry_point")
"""What gymnasium itself would take for an instruction of how to make it."""
_CODE = re.compile(r"\s*[A-Za-z_][\w.]*:[A-Za-z_][\w.-]*\s*")


def check_options(spec: Any, given: Mapping[str, object], path: str, *, vector: bool) -> None:
    """Check options before anything is made.

    Args:
        spec: Gymnasium's entry for the environment.
        given: The options.
        path: Of the file that gives them.
        vector: Whether a vector environment is made.

    Raises:
        SpecError: ``adapter.options`` for each that is reserved, names code, or that the environment does not take;
            ``adapter.make`` if its code cannot be imported.
    """
    known = _known(spec, path, vector)
    problems = [_problem(name, text, path, hint) for name, value in given.items()
                for text, hint in _wrong(spec.id, name, value, known)]
    if problems:
        raise SpecError(*problems)


def cannot_be_made(name: str, error: BaseException, path: str) -> SpecError:
    """The error of an environment whose code raises while it is imported or made."""
    text = " ".join(f"'{name}' cannot be made: {type(error).__name__}: {error}".split())
    return SpecError(Diagnostic("adapter.make", text, path, hint="are what it needs and its options right?"))


def _wrong(env: str, name: str, value: object, known: frozenset[str] | None) -> Iterator[tuple[str, str]]:
    if name in RESERVED:
        yield "belongs to gymnasium, not to the environment", ""
    elif isinstance(value, str) and _CODE.fullmatch(value):
        yield f"'{value}' names code, and files name no code to import", ""
    elif known is not None and name not in known:
        takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        yield f"{env} has no option '{name}'", did_you_mean(name, known) or takes


def _problem(name: str, text: str, path: str, hint: str) -> Diagnostic:
    return Diagnostic("adapter.options", text, f"{path}: adapter.options.{name}", hint=hint)


def _known(spec: Any, path: str, vector: bool) -> frozenset[str] | None:
    """Names that the environment takes; None if it takes any."""
    registration: Any = import_module("gymnasium.envs.registration")
    known = {"max_episode_steps", "render_mode", *spec.kwargs}
    entries = [spec.entry_point, *([spec.vector_entry_point] if vector else [])]
    for entry in filter(None, entries):
        try:
            creator = registration.load_env_creator(entry) if isinstance(entry, str) else entry
            parameters = inspect.signature(creator).parameters.values()
        except (Exception, SystemExit) as error:
            raise cannot_be_made(spec.id, error, path) from error
        if any(one.kind is one.VAR_KEYWORD for one in parameters):
            return None
        known |= {one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)}
    return frozenset(known)
