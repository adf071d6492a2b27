"""What a search has found, as a spec that builds on the one it began with."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from compose.language import files
from compose.language.diagnostics import SpecError
from compose.language.dump import dump
from compose.language.load import load
from compose.study.file.methods import varied_method
from compose.study.file.reading import LoadedStudy
from compose.study.search.trials import Setting
from compose.training.folder import write_whole


def write_best(loaded: LoadedStudy, name: str, setting: Setting, folder: Path) -> Path:
    """Write the best setting of a spec as a file in ``folder``: ``extends`` and what was found, or, where that spec may
    not be named from there, all of it."""
    said = loaded.study.specs[name]
    label = re.sub(r"\W+", "_", f"{name}_found").lower().strip("_")
    path = folder / f"{label}.yaml"
    parent = said.spec
    if files.is_path(parent):
        parent = os.path.relpath((Path(loaded.document.file).parent / parent).resolve(), folder.resolve())
        parent = parent if "/" in parent else f"./{parent}"
    data: dict[str, Any] = {"compose": 1, "name": label, "summary": f"{name} with settings that a search has found.",
                            "extends": parent}
    for place, value in {**said.set, **setting}.items():
        inside = data
        *parts, last = place.split(".")
        for part in parts:
            inside = inside.setdefault(part, {})
        inside[last] = value
    write_whole(path, dump(data))
    wanted = varied_method(loaded.study, loaded.document, name, setting).spec
    try:
        same = load(str(path)).spec.identity() == wanted.spec.identity()
    except SpecError:
        same = False
    if not same:
        write_whole(path, dump({**wanted.document.data, "name": label}))
    return path
