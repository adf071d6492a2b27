"""Exports as files that appear whole, and only after they were loaded again and gave what the model gives."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn

from compose.compiler.export.emit import Emitted, emit
from compose.compiler.export.parity import Parity, Play, compare
from compose.compiler.export.samples import Sample, Tensors
from compose.compiler.model import Model
from compose.compiler.packed import packed
from compose.language.atomic_write import destination, replace_file
from compose.language.diagnostics import Diagnostic, SpecError


@dataclass(frozen=True)
class Export:
    """What was written, or would have been if it were equal to the model."""

    files: tuple[Path, ...]
    """The first is the one that was asked for. Unless ``parity.ok``, none was written."""
    parity: Parity
    free: tuple[str, ...]
    """Axes of any size."""
    about: dict[str, Any] = field(default_factory=dict)
    """More to tell."""


def write_module(model: Model, path: Path) -> Export:
    """Write the stand-alone torch module and, beside it, its weights.

    Args:
        path: Of the Python file; the weights have the same name with ``.safetensors``.

    Raises:
        SpecError: ``export.act``, ``export.function`` (see :func:`~compose.compiler.export.emit.emit`),
            ``export.path`` if a file cannot be written there.
    """
    beside = path.with_suffix(".safetensors")
    with arriving(path, beside) as (file, weights):
        made = emit(model, beside.name)
        about = {"spec": model.spec.name, "spec_sha256": model.spec.identity()}
        file.write_text(made.text, encoding="utf-8")
        weights.write_bytes(packed(made.weights, about))
        policy: Any = loaded(file, made)
        policy.load_state_dict(load_file(weights))
        parity = compare(model, player(policy, made), made.free, start=policy.initial_state)
        if not parity.ok:
            file.unlink()
    numbers = sum(x.numel() for x in made.weights.values())
    return Export((path, beside), parity, ("batch", *made.free), {"class": made.class_name, "weights": numbers})


def loaded(file: Path, made: Emitted) -> nn.Module:
    """The class of an emitted file, with weights of zeros."""
    found: Any = getattr(_module(file), made.class_name)()
    assert isinstance(found, nn.Module)
    return found


def player(call: Callable[..., Any], made: Emitted) -> Play:
    """An emitted class, or a program exported from one, as the comparison calls it."""
    arguments = inputs(made)

    def play(sample: Sample, state: Tensors) -> tuple[Tensor, Tensor, Tensors]:
        values, where, after = call(**{n: sample.of(*a) for n, a in arguments.items()}, state=state)
        return values.detach(), where, {name: x.detach() for name, x in after.items()}

    return play


def inputs(made: Emitted) -> dict[str, tuple[str, str]]:
    """Name of an argument of an emitted class -> kind and name of what it takes."""
    return {a.name: (a.source.kind, a.source.name) for a in made.signature.arguments}


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"_exported_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


@contextmanager
def arriving(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Places to make files in. At the end they move to ``paths``, if the first was left there.

    Raises:
        SpecError: ``export.path`` if the folder is missing or cannot be written to, or one of ``paths`` is something
            else than a file.
    """
    for path in paths:
        if path.is_dir():
            raise SpecError(Diagnostic("export.path", "is a folder; name a file", str(path)))
        with _writing(path):
            destination(path)
    with _writing(paths[0]):
        folder = tempfile.TemporaryDirectory(dir=paths[0].parent, prefix=".tmp-")
    with folder as place:
        made = tuple(Path(place, path.name) for path in paths)
        yield made
        if made[0].exists():
            for file, path in reversed(list(zip(made, paths, strict=True))):
                with _writing(path):
                    replace_file(path, file.read_bytes())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise SpecError(Diagnostic("export.path", message, str(path))) from None
