"""``--plugin FILE``: Python files that define blocks, named on the command line and nowhere else."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError


def load_plugins(files: Iterable[Path]) -> None:
    """Run each file; the blocks that it defines register themselves.

    Raises:
        SpecError: For every file that is missing or fails.
    """
    problems: list[Diagnostic] = []
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
        try:
            found.loader.exec_module(module)
        except SpecError as error:
            problems += error.diagnostics
        except (Exception, SystemExit) as error:
            problems.append(Diagnostic("plugin.broken", f"{file} failed to load: {type(error).__name__}: {error}"))
    if problems:
        raise SpecError(*problems)
