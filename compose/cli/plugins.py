"""``--plugin FILE``: Python files that define blocks and register environments, named on the command line and nowhere
else."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from compose.envs.families import registered
from compose.language.diagnostics import Diagnostic, SpecError


def load_plugins(files: Iterable[Path]) -> None:
    """Run each file; the blocks that it defines register themselves, environments are registered by
    :func:`compose.envs.families.register`.

    Raises:
        SpecError: For every file that is missing or fails, or registers an environment that an earlier one did.
    """
    problems: list[Diagnostic] = []
    claimed: dict[str, Path] = {}
    for number, file in enumerate(files):
        if not file.is_file():
            problems.append(Diagnostic("plugin.file", f"there is no file {file}", hint="--plugin takes Python files"))
            continue
        name = f"compose_plugin_{number}_{file.stem}"
        found = importlib.util.spec_from_file_location(name, file)
        if found is None or found.loader is None:
            problems.append(Diagnostic("plugin.broken", f"{file} is no Python file", hint="its name ends in .py"))
            continue
        module = importlib.util.module_from_spec(found)
        sys.modules[name] = module
        before = registered()
        try:
            found.loader.exec_module(module)
        except SpecError as error:
            problems += error.diagnostics
        except (Exception, SystemExit) as error:
            problems.append(Diagnostic("plugin.broken", f"{file} failed to load: {type(error).__name__}: {error}"))
        for env in (env for env, family in registered().items() if before.get(env) is not family):
            if env in claimed:
                text = f"{claimed[env]} and {file} both register environment '{env}'"
                problems.append(Diagnostic("plugin.clash", text))
            claimed[env] = file
    if problems:
        raise SpecError(*problems)
