"""Docstrings of what is public say what it is, and what it raises. The API reference is made of them."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import griffe
import pytest

import compose
from compose.language.block import catalogue
from compose.language.docs import field_docs
from tests.docs.snippets import ROOT

UNSAID = {"model_config", "noun"}
"""Of Pydantic, and of the words for messages: nobody calls them."""
ENTRIES = {"__init__", "__post_init__", "__getitem__", "__call__"}
"""Methods without a name of their own: what they raise may stand in the docstring of the class."""
EXCUSED = {
    ("dumps", "SpecError"),  # a checked spec holds nothing that YAML cannot
    ("load_policy", "ValueError"),  # told as ``run.damaged``
}
"""Raised by what is called, but not by this."""
BLOCKS = {tag: known for tag, known in catalogue().items() if known.__module__.startswith("compose.")}


@cache
def package() -> griffe.Module:
    """The package as the site reads it: sources, nothing imported."""
    loader = griffe.GriffeLoader(search_paths=[ROOT], allow_inspection=False)
    found = loader.load("compose")
    loader.resolve_aliases()
    assert isinstance(found, griffe.Module)
    return found


def undocumented(thing: griffe.Object | griffe.Alias) -> Iterator[str]:
    """Public names of a function, class or module that have no docstring."""
    thing = thing.final_target if isinstance(thing, griffe.Alias) else thing
    if not thing.has_docstring:
        yield thing.path
    members = thing.all_members if thing.is_class else thing.members if thing.is_module else {}
    for name, member in members.items():
        if name.startswith("_") or name in UNSAID:
            continue
        if thing.is_class:
            own = member.final_target if isinstance(member, griffe.Alias) else member
            yield from [own.path] if own.path.startswith("compose.") and not own.has_docstring else ()
        elif not member.is_alias and (member.is_class or member.is_function):
            yield from undocumented(member)


@pytest.mark.parametrize("name", [name for name in compose.__all__ if name != "__version__"])
def test_everything_public_has_a_docstring(name: str) -> None:
    assert not list(undocumented(package()[name]))


def test_what_has_no_docstring_is_found() -> None:
    code = '"""M."""\nclass A:\n    """A."""\n    a: int\n    def b(self): ...\n    def c(self):\n        """C."""\n'
    with griffe.temporary_visited_module(code, module_name="compose") as module:
        assert list(undocumented(module["A"])) == ["compose.A.a", "compose.A.b"]


def functions() -> Iterator[tuple[str, FunctionType, str]]:
    """Public functions, methods and properties by name, each with what its class says for it."""
    for name in compose.__all__:
        found = getattr(compose, name)
        if inspect.isfunction(found):
            yield name, found, ""
        elif inspect.ismodule(found):
            yield from ((f"{name}.{own}", x, "") for own, x in vars(found).items()
                        if inspect.isfunction(x) and x.__module__ == found.__name__ and not own.startswith("_"))
        elif inspect.isclass(found):
            for cls in (cls for cls in found.__mro__ if cls.__module__.startswith("compose.")):
                for own, x in list(vars(cls).items()):
                    code = inspect.unwrap(_function(x))
                    named = not own.startswith("_") or own in ENTRIES
                    if named and inspect.isfunction(code) and code.__module__.startswith("compose."):
                        yield f"{name}.{own}", code, (cls.__doc__ or "") if own in ENTRIES else ""


def _function(x: Any) -> Any:
    for inner in ("fget", "__func__", "func"):
        x = getattr(x, inner, None) or x
    return x


def told(text: str) -> set[str]:
    """The errors that a docstring says are raised."""
    at = re.search(r"\b[Rr]aises?\b", text)
    return {name for name in re.findall(r"\b\w+Error\b", text[at.start():]) if public(name)} if at else set()


def public(error: str) -> bool:
    """Can people catch it? Neither what stays inside nor what a subclass forgot to write."""
    return (hasattr(builtins, error) or error in compose.__all__) and error != "NotImplementedError"


def raised(function: FunctionType) -> set[str]:
    """The errors that a function raises by itself, and those that the functions it names say they raise."""
    found = set()
    for node in ast.walk(_parsed(function.__code__.co_filename)[function.__code__.co_firstlineno]):
        if isinstance(node, ast.Raise) and node.exc is not None:
            what = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
            maker = function.__globals__.get(what)
            found.add(inspect.get_annotations(maker).get("return", what) if inspect.isfunction(maker) else what)
    for name in set(_names(function.__code__)):
        called = function.__globals__.get(name)
        if inspect.isroutine(called) or inspect.isclass(called):
            found |= told(called.__doc__ or "") if str(called.__module__).startswith("compose.") else set()
    return {name for name in found if public(name)}


@cache
def _parsed(file: str) -> dict[int, ast.AST]:
    """The functions of a file, by the line that they begin in."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {min([node.lineno, *(above.lineno for above in node.decorator_list)]): node
            for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if inspect.iscode(inner):
            yield from _names(inner)


def silent(function: FunctionType, text: str) -> set[str]:
    """Errors of which its docstring, or that of its class, says nothing."""
    home = inspect.getmodule(function)
    if home is not None and home.__name__ == "compose.language.handles":
        text += compose.Handle.__doc__ or ""  # says it once, for all functions and operators on handles
    return raised(function) - told((function.__doc__ or "") + "\n" + text)


def test_errors_are_said() -> None:
    found = {(name, error) for name, function, text in functions() if not _made(function)
             for error in silent(function, text)}
    assert found == EXCUSED


def _made(function: FunctionType) -> bool:
    """Was it written by a decorator, as a dataclass's ``__init__``?"""
    return function.__code__.co_filename.startswith("<")


def test_errors_that_are_not_said_are_found() -> None:
    def careless(x: int) -> int:
        """One more."""
        if x < 0:
            raise ValueError("below 0")
        return x

    def careful(x: int) -> int:
        """One more. Raises ValueError below 0."""
        if x < 0:
            raise ValueError("below 0")
        return x

    assert silent(careless, "") == {"ValueError"}
    assert not silent(careful, "")


@pytest.mark.parametrize("tag", sorted(BLOCKS))
def test_blocks_say_what_they_compute(tag: str) -> None:
    """Every field and port is documented; ports and results stand in the docstring, with axes, as part of an equation
    or of a contract."""
    known, text = BLOCKS[tag], inspect.cleandoc(BLOCKS[tag].__doc__ or "")
    assert not set(known.model_fields) - set(field_docs(known)), "a field has no docstring"
    code = " ".join(re.findall(r"``(.+?)``", text, re.DOTALL))
    needed = [known.spelled(port) for port in known.port_signatures() if known.model_fields[port].is_required()]
    assert not [port for port in needed if not re.search(rf"\b{port}\b", code)], "a port is not spoken of"
    assert re.search(r"\[[^\]]*\]", text), "no axes"
    assert "->" in text or isinstance(known.returns, dict), "what comes out?"


