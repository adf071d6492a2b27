"""A model as an ONNX graph: one acting step, checked with onnxruntime. Needs the extra ``onnx``."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from compose.compiler.export.emit import Emitted
from compose.compiler.export.parity import Play, compare
from compose.compiler.export.samples import Sample, Tensors
from compose.compiler.export.torch_export import exported, shapes
from compose.compiler.export.write import Export, arriving, inputs
from compose.compiler.model import Model
from compose.language.diagnostics import Diagnostic, SpecError

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
STATE, NEXT = "state.", "next_state."
"""What the names of state begin with, going in and coming out."""


def write_onnx(model: Model, path: Path) -> Export:
    """Write one acting step as an ``.onnx`` file.

    Inputs are called as in the emitted class, state ``state.NAME``; outputs are ``values``, ``where`` and
    ``next_state.NAME``.

    Raises:
        SpecError: ``export.extra`` if a package is missing; ``export.onnx`` if ONNX or onnxruntime lacks what it needs;
            ``export.program``; else as
            :func:`~compose.compiler.export.write.write_module` does.
    """
    require_packages()
    with arriving(path) as (file,):
        program, made, given = exported(model, file.parent)
        states = [x.name for x in made.signature.state]
        named = {name: axes for name, axes in shapes(model, made).items() if states or name != "state"}
        with _quiet(), _possible("cannot be said in ONNX"):
            graph = torch.onnx.export(
                program, kwargs=given, dynamo=True, verbose=False, dynamic_shapes=named,
                input_names=[*inputs(made), *(STATE + name for name in states)],
                output_names=["values", "where", *(NEXT + name for name in made.next_state)],
            )
        assert graph is not None, "no file was named"
        _apart(graph.model.graph)
        graph.save(str(file))
        parity = compare(model, _player(file, made), made.free)
        if not parity.ok:
            file.unlink()
    return Export((path,), parity, ("batch", *made.free))


def _apart(graph: Any) -> None:
    """What a graph computes on the way may be called as one of its outputs is; then it gets another name."""
    outputs = {id(x): x.name for x in graph.outputs}
    for node in graph:
        for x in node.outputs:
            if x.name in outputs.values() and id(x) not in outputs:
                x.name = f"{x.name}.inner"


def require_packages() -> None:
    """Raises SpecError (``export.extra``) unless everything is installed that ONNX needs."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise SpecError(Diagnostic("export.extra", f"ONNX needs {', '.join(missing)}",
                                   hint='install the extra: pip install "compose-marl[onnx]"'))


def _player(file: Path, made: Emitted) -> Play:
    """The file, as the comparison calls it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    with _possible("onnxruntime cannot run it"):
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    read = {i.name for i in session.get_inputs()}
    outputs = [o.name for o in session.get_outputs()]

    def play(sample: Sample, state: Tensors) -> tuple[torch.Tensor, torch.Tensor, Tensors]:
        given: dict[str, Any] = {name: sample.of(*source).numpy() for name, source in inputs(made).items()}
        given |= {STATE + name: x.numpy() for name, x in state.items()}
        results = session.run(outputs, {name: x for name, x in given.items() if name in read})
        found = {name: torch.from_numpy(x) for name, x in zip(outputs, results, strict=True)}
        after = {name.removeprefix(NEXT): x for name, x in found.items() if name.startswith(NEXT)}
        return found["values"], found["where"], after

    return play


@contextmanager
def _possible(what: str) -> Iterator[None]:
    """Raises SpecError (``export.onnx``) for whatever goes wrong inside."""
    try:
        yield
    except Exception as error:
        why = str(error).strip().partition("\n")[0]
        raise SpecError(Diagnostic("export.onnx", f"{what}: {why}")) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the exporter says of itself: packages that it could use too, its own use of deprecated torch, and
    that axes which are alike share a name (as they should)."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r".*isinstance\(treespec, LeafSpec\).*", FutureWarning)
            warnings.filterwarnings("ignore", r"# The axis name: \w+ will not be used, since it shares", UserWarning)
            yield
    finally:
        logger.setLevel(before)
