"""Blocks of installed packages: found by tag when a spec names one, broken ones reported with their package."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest

from compose.language import registry as blocks
from compose.language.axes import Type
from compose.language.block import Block, Port
from compose.language.diagnostics import SpecError
from compose.language.registry import all_blocks, find_block


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_REGISTRY", dict(blocks.catalogue()))


def install(monkeypatch: pytest.MonkeyPatch, load: Any) -> list[str]:
    """One package that offers ``acme/halve``; gives the names that were asked for."""
    asked: list[str] = []

    def entry_points(group: str, name: str) -> list[Any]:
        asked.append(f"{group}:{name}")
        return [SimpleNamespace(load=load, dist=SimpleNamespace(name="acme-blocks"), value="acme:Halve")] \
            if name == "acme/halve" else []

    monkeypatch.setattr(blocks, "entry_points", entry_points)
    return asked


def define() -> type[Block]:
    class Halve(Block):
        """Half of everything."""

        block: Literal["acme/halve"]
        of: Annotated[Port, "..."]

        def infer(self, site: Any) -> dict[str, Type]:
            return {"": site.type("of")}

        def compute(self, run: Any, *, of: Any) -> Any:
            return of / 2

    return Halve


def test_a_block_of_an_installed_package_is_found_by_its_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = install(monkeypatch, define)
    found = find_block("acme/halve")
    assert found is not None
    assert found.tag() == "acme/halve"
    assert asked == ["compose.blocks:acme/halve"]
    assert find_block("linear") is not None
    assert find_block("acme/none") is None


def test_a_package_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, EntryPoint("acme/halve", "no_such_module_of_acme", "compose.blocks").load)
    with pytest.raises(SpecError, match="plug-in 'acme-blocks' failed to load: ModuleNotFoundError"):
        find_block("acme/halve")


def test_a_second_claim_on_a_tag_is_refused() -> None:
    with pytest.raises(SpecError, match="block 'linear' is defined twice"):
        class Linear(Block):
            """Not the real one."""

            block: Literal["linear"]


def test_all_blocks_include_those_of_installed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(name="acme/halve", load=define, dist=None, value="acme:Halve")
    monkeypatch.setattr(blocks, "entry_points", lambda group: [entry] if group == "compose.blocks" else [])
    assert set(all_blocks()) - {"acme/halve"} == set(blocks.catalogue()) - {"acme/halve"}
    assert all_blocks()["acme/halve"].tag() == "acme/halve"
    broken = EntryPoint("acme/other", "no_such_module_of_acme", "compose.blocks")
    monkeypatch.setattr(blocks, "entry_points", lambda group: [broken])
    with pytest.raises(SpecError, match="failed to load: ModuleNotFoundError"):
        all_blocks()
