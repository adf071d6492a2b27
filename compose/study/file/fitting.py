"""Whether the specs of a study fit its environments: seen in moments, before a worker starts."""

from __future__ import annotations

from dataclasses import replace

from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.file.reading import LoadedStudy


def check_fits(loaded: LoadedStudy) -> None:
    """Build the graph of every spec in every environment, as it is first varied.

    Raises:
        SpecError: With what is wrong with each spec in the first environment that it does not fit.
    """
    first = {method.label.partition("[")[0]: method.spec for method in reversed(loaded.methods)}
    problems: list[Diagnostic] = []
    for name, spec in reversed(first.items()):
        for env in loaded.study.envs:
            try:
                build_graph(spec, catalogue.schema(env))
            except SpecError as error:
                note = f"{name} in {env}, which {loaded.document.file} asks for"
                problems += [replace(one, notes=(*one.notes, note)) for one in error.diagnostics]
                break
    if problems:
        raise SpecError(*problems)
