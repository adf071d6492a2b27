"""``import compose``: what it offers at run time is what type checkers and editors see, and all of it is there."""

import ast
import inspect
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import get_type_hints

import pytest

import compose
from compose.training.settings import Settings
from compose.training.start import Wanted
from tests.checked import checked

ROOT = Path(__file__).resolve().parent.parent
STUB = ast.parse((ROOT / "compose" / "__init__.pyi").read_text(encoding="utf-8"))
EARLY = ("load", "loads", "dumps", "check", "build", "diff", "draw", "Spec", "SpecBuilder", "SpecError", "Block",
         "EntitySchema", "schema", "register", "block", "env", "square", "__version__")  # fmt: skip
"""Names that need no torch."""


def stubbed() -> dict[str, str]:
    """Name -> module, as the stub says."""
    found = {}
    for node in STUB.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.name == alias.asname, "other forms are not public to type checkers"
                found[alias.name] = str(node.module)
    return found


def test_the_stub_and_the_table_agree() -> None:
    table = {name: home for name, home in compose._HOME.items() if name != "__version__"}
    assert stubbed() == table
    (version,) = (node for node in STUB.body if isinstance(node, ast.AnnAssign))
    assert ast.unparse(version) == "__version__: str"


@pytest.mark.parametrize("name", compose.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(compose, name)
    home = getattr(found, "__module__", None)
    assert home is None or home.startswith("compose"), f"{name} is not ours"
    if inspect.isfunction(found) or inspect.isclass(found):
        assert found.__doc__, f"{name} has no docstring"
        assert found.__name__ == name or name == "Port"


def test_completion_shows_public_names_only() -> None:
    code = "import compose; print(*dir(compose))"
    for before in ("", "import compose.graph.build, compose.cli; "):
        done = subprocess.run([sys.executable, "-c", before + code], cwd=ROOT, capture_output=True, text=True,
                              check=True)
        assert done.stdout.split() == sorted(compose.__all__)


def test_names_of_specs_import_no_torch() -> None:
    code = f"import compose, sys; [getattr(compose, n) for n in {EARLY!r}]; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_is_asked_of_specs_imports_no_torch() -> None:
    code = ("import compose, sys; compose.check('refil', 'smac/3-8sz'); compose.build('refil'); "
            "compose.diff('qmix_attention', 'refil'); compose.draw('refil'); print('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'compose' has no attribute 'trian'"):
        compose.trian  # type: ignore[attr-defined]  # noqa: B018


def test_the_version_is_the_installers() -> None:
    assert compose.__version__ == metadata.version("compose-marl")


def test_train_takes_every_setting() -> None:
    assert get_type_hints(Wanted) == get_type_hints(Settings)


@pytest.mark.more
def test_types_are_seen_from_outside(tmp_path: Path) -> None:
    """From a folder that is not the checkout; `tests/typed.py` says the rest of what type checkers see."""
    told = checked(tmp_path, (
        "import compose\n"
        "reveal_type(compose.load('refil'))\n"
        "reveal_type(compose.compile('refil', 'smac/3-8sz'))\n"
        "reveal_type(compose.__version__)\n"
        "compose.train('refil', 'group_matching', updtes=3)\n"
        "compose.block.linaer(of=compose.env.entities)\n"
        "compose.trian\n"))
    revealed = [line.split('"')[1].rpartition(".")[2] for line in told if "Revealed" in line]
    assert revealed == ["Spec", "Model", "str"], told
    assert any('Unexpected keyword argument "updtes"' in line for line in told)
    assert any('has no attribute "linaer"' in line for line in told)
    assert any('Module has no attribute "trian"' in line for line in told)
