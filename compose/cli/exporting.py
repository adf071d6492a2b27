"""What ``compose build --emit`` and ``--export`` do: a model with weights, files, and how equal they are to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.reporting import print_json
from compose.graph.typed_spec import TypedSpec, schema_of, typed_spec
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.compiler.export.write import Export
    from compose.compiler.model import Model

FORMATS = {".pt2": "torch.export", ".onnx": "ONNX"}


@dataclass(frozen=True)
class Order:
    """What to write, and with which weights."""

    emit: Path | None
    """A Python file."""
    export: Sequence[Path]
    """Files whose endings say the format."""
    weights: Path | None
    """A run, a checkpoint or a .safetensors file; None for fresh weights."""
    seed: int


def write_exports(spec: str, env: str | None, overrides: Sequence[str], order: Order, *, as_json: bool) -> bool:
    """Write all files of an order and print how equal they are to the model.

    Returns:
        Whether all are; those that are not were not written.

    Raises:
        SpecError: With what is wrong about the spec, the environment, the weights or the files.
    """
    _check(order)
    about = typed_spec(spec, env or _environment_of(order.weights), overrides, example=True)
    model, source = _model(about, order)
    exports = [write(model, path) for path, write in _writers(order)]
    if as_json:
        print_json(_data(about, source, exports))
    else:
        _show(about, source, exports)
    return all(export.parity.ok for export in exports)


# --------------------------------------------------------------------- before


def _check(order: Order) -> None:
    """Raises SpecError if nothing is to be written, or a file's ending or what its format needs is wrong."""
    problems = []
    if order.emit is None and not order.export:
        problems.append(Diagnostic("usage", "--weights is for --emit and --export, which say what to write"))
    if order.emit is not None and order.emit.suffix != ".py":
        problems.append(Diagnostic("usage", "--emit writes Python: name a file that ends in .py", str(order.emit)))
    for path in order.export:
        if path.suffix not in FORMATS:
            endings = " or ".join(FORMATS)
            problems.append(Diagnostic("usage", f"the ending says the format: {endings}", str(path)))
    paths = [*([order.emit] if order.emit else []), *order.export]
    problems += [Diagnostic("usage", "is named twice", str(p)) for i, p in enumerate(paths) if p in paths[:i]]
    if problems:
        raise SpecError(*problems)
    if any(path.suffix == ".onnx" for path in order.export):
        from compose.compiler.export.onnx import require_packages

        require_packages()


def _environment_of(weights: Path | None) -> str | None:
    """The environment that a run was trained in; None if ``weights`` is no run."""
    if weights is None or not (weights / "run.json").is_file():
        return None
    from compose.training.folder import RunFolder
    from compose.training.records import About

    return RunFolder(weights).record("run.json", About).env


def _model(about: TypedSpec, order: Order) -> tuple[Model, str]:
    """The model with its weights, and where they are from."""
    from compose.compiler.export.record import require_acting
    from compose.compiler.model import Model

    schema_of(about)
    require_acting(about.graph)
    model = Model(about.graph, seed=order.seed)
    if order.weights is None:
        return model, f"fresh, seed {order.seed}"
    from compose.training.checkpoint import read_tensors, weights_file

    path = weights_file(order.weights)
    tensors = read_tensors(path.parent, path.stem)
    try:
        model.load(tensors)
    except (KeyError, ValueError) as error:
        hint = "are spec and environment those of the weights?"
        raise SpecError(Diagnostic("export.weights", f"do not fit: {error.args[0]}", str(path), hint=hint)) from None
    return model, str(path)


def _writers(order: Order) -> list[tuple[Path, Callable[[Model, Path], Export]]]:
    from compose.compiler.export.onnx import write_onnx
    from compose.compiler.export.torch_export import write_program
    from compose.compiler.export.write import write_module

    writers = {".pt2": write_program, ".onnx": write_onnx}
    emitted = [(order.emit, write_module)] if order.emit is not None else []
    return [*emitted, *((path, writers[path.suffix]) for path in order.export)]


# ---------------------------------------------------------------------- after


def _data(about: TypedSpec, source: str, exports: Sequence[Export]) -> dict[str, Any]:
    return {
        "ok": all(e.parity.ok for e in exports),
        "spec": about.loaded.spec.name,
        "env": about.schema.name if about.schema else None,
        "weights": source,
        "exports": [{"files": [str(p) for p in e.files], "written": e.parity.ok, "free": list(e.free), **e.about,
                     "parity": e.parity.as_json()} for e in exports],
    }


def _show(about: TypedSpec, source: str, exports: Sequence[Export]) -> None:
    page.line(Cell(about.loaded.spec.name, "title"), Cell(f"  {about.environment}", "dim"))
    page.line(Cell(f"weights: {source}", "dim"), indent=2)
    for export in exports:
        parity = export.parity
        page.title(str(export.files[0]), _what(export))
        played = ", ".join(f"{agents} agents of {entities} entities" for agents, entities in parity.counts)
        batches = ", ".join(map(str, parity.batches))
        rows = [(Cell("any size", "name"), Cell(", ".join(export.free))),
                (Cell("compared", "name"), Cell(f"{parity.steps} steps of {batches} episodes; {played}"))]
        for name, out in parity.outputs.items():
            found = f"largest difference {out.difference:.2g} of {out.largest:.3g}"
            rows.append((Cell(name, "name"), Cell(found, "ok" if parity.passed(name) else "wrong")))
        page.table(rows)
        if not parity.ok:
            page.line(Cell("not written: it does not give what the model gives", "wrong"), indent=2)


def _what(export: Export) -> str:
    if "class" in export.about:
        return f"class {export.about['class']}, {export.about['weights']:,} weights in {export.files[1].name}"
    return f"{FORMATS[export.files[0].suffix]}"
