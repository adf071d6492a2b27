"""``compose describe``: everything about one block, spec or environment."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from compose.cli import complete, page
from compose.cli.options import Json, Plugin, examples
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose describe attention",
    "compose describe refil",
    "compose describe smac/3-8sz",
    "compose describe mine/refil.yaml",
    "compose describe passes",
    "compose describe language --markdown > docs/reference.md",
    "compose describe refil --markdown > refil.md",
    "compose describe --all --markdown > docs/blocks.md",
)


def describe(
    name: Annotated[str | None, typer.Argument(
        metavar="NAME", show_default=False, autocompletion=complete.described,
        help="A block, a packaged spec, an environment, the path of a spec or schema, language or passes.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All blocks.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a page of Markdown.")] = False,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Describe a block (ports, arguments, weights, guarantees), a spec, an environment, or the whole language."""
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.language.diagnostics import Diagnostic, SpecError

        load_plugins(plugin or ())
        if all_ == (name is not None):
            raise SpecError(Diagnostic("usage", "describe takes one NAME, or --all"))
        if markdown and json:
            raise SpecError(Diagnostic("usage", "say either --markdown or --json"))
        if name == "passes":
            from compose.cli.views import pass_costs

            pass_costs.describe(as_json=json)
        elif name == "language":
            from compose.cli.views import language

            if json:
                raise SpecError(Diagnostic("usage", "the language as JSON is `compose schema`", "--json"))
            page.document(language.markdown())
        elif name is None:
            _all(as_json=json, markdown=markdown)
        elif markdown:
            _page(name)
        else:
            _one(name, as_json=json)


def _all(*, as_json: bool, markdown: bool) -> None:
    from compose.cli.views import block, reference
    from compose.language.registry import catalogue

    if as_json:
        print_json({tag: block.Reference(found).as_json() for tag, found in sorted(catalogue().items())})
    elif markdown:
        page.document(reference.markdown())
    else:
        for i, (_, found) in enumerate(sorted(catalogue().items())):
            if i:
                page.say("\n" + "-" * 80 + "\n")
            reference.show(block.Reference(found))


def _one(name: str, *, as_json: bool) -> None:
    from compose.cli.views import block, env, reference, spec

    found = _found(name)
    views: dict[str, tuple[Any, Any]] = {
        "block": (lambda x: block.Reference(x).as_json(), lambda x: reference.show(block.Reference(x))),
        "spec": (spec.data, spec.show),
        "env": (env.data, env.show),
    }
    data, show = views[found[0]]
    if as_json:
        print_json(data(found[1]))
    else:
        show(found[1])


def _page(name: str) -> None:
    """A block or a spec as Markdown. Raises SpecError for anything else."""
    from compose.cli.views import block, method, reference
    from compose.graph.typed_spec import typed_spec
    from compose.language.diagnostics import Diagnostic, SpecError

    kind, found = _found(name)
    if kind == "env":
        raise SpecError(Diagnostic("usage", "blocks and specs have pages, environments have none", "--markdown"))
    if kind == "block":
        page.document(reference.single(block.Reference(found)))
    else:
        page.document(method.markdown(typed_spec(name, example=True)))


def _found(name: str) -> tuple[str, Any]:
    """What a name stands for: ("block", class), ("spec", loaded) or ("env", resolved). Raises SpecError."""
    from compose.envs.catalogue import resolve
    from compose.envs.families import names
    from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
    from compose.language.files import is_path, packaged_specs
    from compose.language.load import load
    from compose.language.registry import catalogue, find_block

    if (block := find_block(name)) is not None:
        return "block", block
    specs, known = [path.stem for path in packaged_specs().glob("*.yaml")], names()
    families = {known_name.partition("/")[0] for known_name in known}
    if ".yaml:" in name:
        return "env", resolve(name)
    if name.endswith(".yaml"):
        return ("spec", load(name)) if _is_spec(name) else ("env", resolve(name))
    if name in specs:
        return "spec", load(name)
    if name.partition(":")[0].partition("/")[0] in families:
        return "env", resolve(name)
    hint = did_you_mean(name, [*catalogue(), *specs, *known]) or "`compose list` names everything"
    if is_path(name) and not did_you_mean(name, known):
        return "spec", load(name)
    raise SpecError(Diagnostic("name.unknown", f"there is no block, spec or environment '{name}'", hint=hint))


def _is_spec(path: str) -> bool:
    """Does this file hold a spec, not a schema or a scenario? What cannot be read is taken for a spec."""
    from pathlib import Path

    from compose.language.diagnostics import SpecError
    from compose.language.files import contents, local
    from compose.language.source import load

    try:
        root = load(contents(local(path, Path.cwd())), path).root
    except SpecError:
        return True
    return "compose" in root.members or not {"agents", "scenario"} & {*root.members}
