"""The rules of the repository: layout, direction of imports, what may not be in the code. See CONTRIBUTING.md."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINKS = ("blocks", "envs", "specs", "studies")
LAYERS = ("language", "graph", "kernels", "reading", "compiler", "training", "study", "cli")
"""Each may import itself and those before it."""
CATALOGUES = {  # what a catalogue may import
    "blocks": ("compose.blocks", "compose.language", "compose.graph", "compose.kernels"),
    "envs": ("compose.envs", "compose.language", "compose.graph", "compose.kernels"),
}
ENTRIES = {  # what a layer may import of them
    "compose.blocks", "compose.envs.catalogue", "compose.envs.conformance", "compose.envs.families",
    "compose.envs.guard", "compose.envs.interface", "compose.envs.pictures", "compose.envs.scaling",
    "compose.envs.speed",
}
TORCH = {"torch", "tensordict", "safetensors"}
UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "torch.load"}
# Paths that hold on one machine only. Longer paths and addresses that merely contain such a piece are fine.
MACHINE_PATH = re.compile(r"(?<![\w.}~*-])/(?:work|tmp|root|home|Users|opt)/|\.\./shared\b")


class Import(NamedTuple):
    """One imported module: ``from compose.graph import schema`` imports the module ``compose.graph.schema``."""

    module: str
    place: str
    lazy: bool  # inside a function, or for type checkers only
    types: bool  # for type checkers only


def sources(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@cache
def imports(file: Path) -> tuple[Import, ...]:
    return tuple(imports_in(tree(file), file.relative_to(ROOT)))


def imports_in(node: ast.AST, file: Path, lazy: bool = False, types: bool = False) -> Iterator[Import]:
    place = f"{file}:{getattr(node, 'lineno', 0)}"
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, place, lazy, types) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = file.parent.parts[: len(file.parent.parts) + 1 - node.level] if node.level else ()
        base = ".".join([*start, *([node.module] if node.module else [])])
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield Import(full if within(base, "compose") and is_module(full) else base, place, lazy, types)
    types = types or is_for_types_only(node)
    lazy = lazy or types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from imports_in(child, file, lazy, types)


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def within(module: str, *packages: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in packages)


def layer(module: str) -> str:
    return module.split(".")[1] if module.startswith("compose.") else ""


def of_tensors_alone(node: ast.AST) -> bool:
    """``torch.load(..., weights_only=True)`` makes tensors and plain containers, and nothing else."""
    said = {ast.unparse(one) for one in node.keywords} if isinstance(node, ast.Call) else set()
    return call_name(node) == "torch.load" and "weights_only=True" in said


def call_name(node: ast.AST) -> str:
    """``f`` or ``module.f`` for the call of such a name, else nothing."""
    if not isinstance(node, ast.Call):
        return ""
    match node.func:
        case ast.Name(name):
            return name
        case ast.Attribute(value=ast.Name(module), attr=name):
            return f"{module}.{name}"
    return ""


@cache
def tracked() -> tuple[Path, ...]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(file for name in names.split("\0") if name and (file := ROOT / name).is_file())


@pytest.mark.parametrize("name", LINKS)
def test_links_at_the_top_level_lead_into_the_package(name: str) -> None:
    link = ROOT / name
    assert link.is_symlink()
    assert link.readlink() == Path("compose", name)


def test_nothing_imports_through_a_link() -> None:
    files = sources("compose", "tests", "benchmarks", "examples", "docs")
    assert not [found for file in files for found in imports(file) if within(found.module, *LINKS)]


@pytest.mark.parametrize("name", LAYERS)
def test_layers_import_downwards(name: str) -> None:
    above = {f"compose.{other}" for other in LAYERS[LAYERS.index(name) + 1 :]}
    wrong = [
        found
        for file in sources(f"compose/{name}")
        for found in imports(file)
        if within(found.module, *above) or (found.module == "compose" and name != "cli")
    ]
    assert not wrong, f"{name} stands below what it imports"


@pytest.mark.parametrize("name", LAYERS)
def test_layers_know_no_particular_block_or_environment(name: str) -> None:
    wrong = [
        found
        for file in sources(f"compose/{name}")
        for found in imports(file)
        if layer(found.module) in CATALOGUES and found.module not in ENTRIES
    ]
    assert not wrong, f"only {sorted(ENTRIES)} may be imported"


@pytest.mark.parametrize("name", CATALOGUES)
def test_catalogues_import_only_interfaces(name: str) -> None:
    wrong = [
        found
        for file in sources(f"compose/{name}")
        for found in imports(file)
        if within(found.module, "compose") and not within(found.module, *CATALOGUES[name])
    ]
    assert not wrong, f"only {CATALOGUES[name]} may be imported"


def imported(trees: Mapping[Path, ast.AST]) -> dict[str, set[str]]:
    """What each module of the package imports, at once or in its functions; what is for type checkers does not count.

    Whoever imports from a package that it is no part of runs the package's ``__init__``.
    """
    found: dict[str, set[str]] = {}
    for file, code in trees.items():
        name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        own = found.setdefault(name, set())
        for module in {i.module for i in imports_in(code, file) if within(i.module, "compose") and not i.types}:
            parts = module.split(".")
            packages = [".".join(parts[:n]) for n in range(1, len(parts))]
            own |= {module, *(package for package in packages if not within(name, package))} - {name}
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules each of which imports the next, the last the first; none if there is no such circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def package() -> dict[Path, ast.AST]:
    return {file.relative_to(ROOT): tree(file) for file in sources("compose")}


def test_imports_go_in_no_circle() -> None:
    assert circle(imported(package())) == []


@pytest.mark.parametrize(
    ("file", "code", "closes"),
    [
        ("language/axes.py", "from compose.language.block import Block", True),
        ("language/axes.py", "def f():\n    from compose.language.block import Block", True),
        ("language/axes.py", "def f():\n    from compose.language import block", True),
        ("graph/schema.py", "from compose.envs.guard.finding import Finding", True),
        ("language/axes.py", "if TYPE_CHECKING:\n    from compose.language.block import Block", False),
        ("study/train.py", "from compose.language.block import Block", False),
    ],
)
def test_circles_of_imports_are_seen(file: str, code: str, closes: bool) -> None:
    planted = {**package(), Path("compose", file): ast.parse(code)}
    assert bool(circle(imported(planted))) == closes


@pytest.mark.parametrize("name", ["language", "graph", "reading", "blocks"])
def test_torch_is_imported_late(name: str) -> None:
    files = sources(f"compose/{name}")
    assert not [found for file in files for found in imports(file) if within(found.module, *TORCH) and not found.lazy]


@pytest.mark.parametrize(
    "module",
    ["compose", *(f"compose.{name}" for name in ("language", "graph", "reading", "blocks", "envs", "cli"))],
)
def test_import_is_light(module: str) -> None:
    code = f"import {module}, sys; print(*sorted({TORCH!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("file", sources("compose"), ids=lambda file: str(file.relative_to(ROOT)))
def test_files_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("file", sources("compose"), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_runs_code_from_data(file: Path) -> None:
    assert not [found for found in imports(file) if within(found.module, *UNSAFE_MODULES)]
    assert not {call_name(node) for node in ast.walk(tree(file)) if not of_tensors_alone(node)} & UNSAFE_CALLS


def test_files_name_no_machine() -> None:
    found = []
    for file in tracked():
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # an image or an array
        place = file.relative_to(ROOT)
        found += [f"{place}:{number}: {line}" for number, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
    assert not found


def test_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_/]+(?:\.pyi?|\.md|/))`", text)
    assert len(named) > 40
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "compose" / name).exists()
            and not list((ROOT / "compose").rglob(name))] == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All files of the repository, somewhere else: setuptools leaves files where it builds."""
    folder = tmp_path / "copy"
    for file in tracked():
        (folder / file.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / file.relative_to(ROOT))
    return folder


@pytest.mark.long
def test_an_editable_install_is_a_path(copy: Path, tmp_path: Path) -> None:
    """Type checkers and editors follow a path in a ``.pth`` file, and do not run a hook that is imported there."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-installed", "--prefix",
               str(tmp_path / "there"), "-e", str(copy)]
    subprocess.run(command, check=True)
    (file,) = (tmp_path / "there").rglob("*.pth")
    assert file.read_text(encoding="utf-8").split() == [str(copy)]


@pytest.mark.long
def test_wheel_holds_every_file_of_the_package(copy: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(copy)]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {file.relative_to(ROOT).as_posix() for file in tracked() if file.is_relative_to(ROOT / "compose")}
    assert files - names == set()
    assert not [name for name in names if not re.match(r"compose/|compose_marl-[^/]+\.dist-info/", name)]


@pytest.mark.parametrize(
    ("code", "module", "lazy"),
    [
        ("import compose.language.diagnostics", "compose.language.diagnostics", False),
        ("from compose.language import diagnostics", "compose.language.diagnostics", False),
        ("from compose.language.diagnostics import Span", "compose.language.diagnostics", False),
        ("from . import Name", "compose.graph", False),
        ("from .. import blocks", "compose.blocks", False),
        ("from ..language.diagnostics import Span", "compose.language.diagnostics", False),
        ("if TYPE_CHECKING:\n    import torch", "torch", True),
        ("def f():\n    from torch import nn", "torch", True),
        ("class C:\n    from torch import nn", "torch", False),
    ],
)
def test_imports_are_understood(code: str, module: str, lazy: bool) -> None:
    (found,) = imports_in(ast.parse(code), Path("compose/graph/file.py"))
    assert (found.module, found.lazy) == (module, lazy)


@pytest.mark.parametrize("before", ["cd ", "'", "=", "(", "file://"])
def test_machine_paths_are_recognised(before: str) -> None:
    for folder in ("work", "tmp", "root", "home"):
        assert MACHINE_PATH.search(f"{before}/{folder}/x") is not None


@pytest.mark.parametrize("before", ["https://example.org", "a", "~", ".", "${HOME}"])
def test_other_paths_are_no_machine_paths(before: str) -> None:
    assert MACHINE_PATH.search(f"{before}/{'tmp'}/x") is None


@pytest.mark.parametrize("package", ["language", "graph", "reading", "compiler", "training", "study", "envs"])
def test_the_map_of_a_package_names_what_is_there(package: str) -> None:
    folder = ROOT / "compose" / package
    text = ast.get_docstring(tree(folder / "__init__.py")) or ""
    words = set(re.findall(r"``([a-z_]+)``", text)) - {"act", "learn", "guard"}
    there = {path.stem for path in folder.rglob("*.py")} | {path.name for path in folder.rglob("*") if path.is_dir()}
    assert len(words) > 3
    assert words <= there
