"""No text of a user reaches code, markup or a terminal unescaped: every text field of specs, schemas, scenarios and
the command line, found by reading their models, goes through everything that is written."""

from __future__ import annotations

import ast
import copy
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from xml.etree import ElementTree as ET

import pytest
import yaml
from markdown_it import MarkdownIt
from pydantic import BaseModel, TypeAdapter, ValidationError
from rich.console import Console
from typer.testing import CliRunner

from compose.cli.app import app
from compose.envs.starcraft.scenario_file import Form
from compose.envs.starcraft.scenario_model import Ring
from compose.graph.fields import Fact, Field
from compose.graph.schema import EntitySchema
from compose.graph.schema_file import load_schema
from compose.language.block import AxisName
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.language.models import InputName, Spec
from compose.language.nodes import Node
from compose.language.registry import catalogue
from compose.language.values import AxesText, Expr, Label, Name, Period, Prose, Ratio
from tests.language.test_media import FORBIDDEN, NASTY, Tags

ROOT = Path(__file__).parents[1]
SEEN = [text for text in NASTY if not FORBIDDEN.search(text) and "\n" not in text]
HOSTILE = " ".join(SEEN)
"""All that a file may say; it is shown as it is."""
SAFE = (InputName, Name, AxesText, AxisName, Expr, Period, Ratio, Node, Label, Prose, Fact)
"""Types of text that restrict it."""
CHECKED = {  # text that is looked up among what is known before anything is made of it
    (Form, "units"), (Form, "at"),
    (Form, "terrain"), (Form, "like"), (Form, "goal"), (Form, "allies"), (Form, "enemies"), (Form, "both"),
    (Form, "tasks"), (Field, "axes"),
}  # fmt: skip


def leaves(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str, tuple[str, ...], Any]]:
    """Model, field, where it is (``*``: every member) and the type of every text in a model and its parts."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name in model.model_fields:
            spelled = model.model_fields[name].alias or name
            yield from ((owner, field or name, (spelled, *at), kind) for owner, field, at, kind in inside(hint, model))


def inside(hint: Any, owner: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str, tuple[str, ...], Any]]:
    known = next((kind for kind in SAFE if same(hint, kind)), None)
    if known is not None or hint in (str, Any):
        yield owner, "", (), hint if known is None else known
        return
    origin, parts = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield from leaves(hint)
    elif origin is Annotated:
        yield from inside(parts[0], owner)
    elif origin in (Union, UnionType):
        for part in parts:
            yield from inside(part, owner)
    elif origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        yield from ((o, f, ("{}", *at), kind) for o, f, at, kind in inside(parts[0], owner))
        yield from ((o, f, ("*", *at), kind) for o, f, at, kind in inside(parts[1], owner))
    elif origin is tuple:
        for part in set(parts) - {Ellipsis}:
            yield from ((o, f, ("*", *at), kind) for o, f, at, kind in inside(part, owner))
    elif origin is not Literal and hint not in (int, float, bool, type(None)):
        raise AssertionError(f"{owner.__name__}: {hint}")


def same(hint: Any, kind: Any) -> bool:
    """Is it that type, perhaps with more that restricts it?"""
    if get_origin(kind) is not Annotated or get_origin(hint) is not Annotated:
        return bool(hint == kind)
    (base, *marks), (given, *all_marks) = get_args(kind), get_args(hint)
    return base == given and all(mark in all_marks for mark in marks)


MODELS: list[type[BaseModel]] = [Spec, EntitySchema, Form, Ring]


@pytest.mark.parametrize("model", [*MODELS, *catalogue().values()], ids=lambda m: m.__name__)
def test_every_text_has_a_type_that_restricts_it(model: type[BaseModel]) -> None:
    free = {(owner, field) for owner, field, _, kind in leaves(model) if kind in (str, Any)}
    assert free <= CHECKED


KINDS = {"Name": Name, "InputName": InputName, "AxesText": AxesText, "AxisName": AxisName, "Expr": Expr,
         "Period": Period, "Ratio": Ratio, "Label": Label, "Fact": Fact}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("text", [*NASTY, ""])
def test_names_are_restricted(kind: Any, text: str) -> None:
    harmless = {"_hidden", "---", "1. a", "http://a.b www.c.d e@f.g", "first\nsecond\u2028third\x85",
                "- a\n- b", ""} & {text}
    try:
        read = str(TypeAdapter(kind).validate_python(text))
    except ValidationError:
        return
    assert harmless or kind is Label  # whose signs mean something in some languages, and are escaped there
    assert re.fullmatch(r"[\w .,:=/+~@()\[\]$^-]*", " ".join(read.split()))


@pytest.mark.parametrize("text", NASTY)
def test_prose_holds_what_is_seen(text: str) -> None:
    adapter = TypeAdapter(Prose)
    if any((ord(c) < 32 and c not in "\t\n\r") or c in "\x9b\u202e\u200b\ud800\ufffe" for c in text):
        with pytest.raises(ValidationError, match="is not allowed"):
            adapter.validate_python(text)
    else:
        assert adapter.validate_python(text) == text


# ------------------------------------------------------------- documents

SPEC: dict[str, Any] = {
    "compose": 1, "name": "mine", "extends": "vdn_attention", "summary": "", "example_env": "schema.yaml",
    "paper": {"title": "", "authors": ["", ""], "venue": "", "where": "", "year": 2020},
}
SCHEMA: dict[str, Any] = {
    "name": "duel", "summary": "", "note": "", "version": "", "agents": 2, "entities": 3,
    "types": [{"name": "player", "side": "agent", "min": 2, "max": 2},
              {"name": "ball", "side": "other", "min": 1, "max": 1}],
    "features": [{"name": "place", "size": 4, "kind": "one_hot", "what": ""}],
    "actions": [{"name": "go", "count": 2}, {"name": "kick", "count": 1, "targets": "other"}],
    "tasks": ["one", "two"], "limit": 5, "truncates": True,
    "fields": {"weather": {"axes": ["batch"], "dtype": "int", "scope": "global", "what": ""}},
}
SCENARIO: dict[str, Any] = {"scenario": "mine", "summary": "", "note": "", "limit": 20, "ring": {},
                            "allies": {"Marine": 3}, "enemies": {"Marine": 3}}


def filled(document: dict[str, Any], model: type[BaseModel], kind: Any, text: str) -> dict[str, Any]:
    """A document with a text in every field of a kind."""
    made = copy.deepcopy(document)
    for _, _, at, found in leaves(model):
        if found == kind and "{}" not in at and at[0] not in ("networks", "graph", "losses", "learner", "act"):
            assert put(made, at, f"{text} {'.'.join(at)}" if kind == Prose else text), at
    return made


def put(inside: Any, at: tuple[str, ...], text: str) -> bool:
    """Whether there was such a place."""
    first, *rest = at
    members = list(range(len(inside))) if isinstance(inside, list) else list(inside) if first == "*" else [first]
    if not rest:
        for member in members:
            inside[member] = f"{text} {member}" if first == "*" else text
        return bool(members)
    done = [put(inside[member], tuple(rest), text) for member in members if member in inside or first == "*"]
    return all(done)


FILES: list[tuple[str, dict[str, Any], type[BaseModel]]] = [
    ("spec", SPEC, Spec), ("schema", SCHEMA, EntitySchema), ("scenario", SCENARIO, Form)]


@pytest.mark.parametrize(("name", "document", "model"), FILES, ids=[name for name, *_ in FILES])
@pytest.mark.parametrize("text", ['x"""', "${x}", "<b>", "a|b", "`x`", "['foo]", "x\\", "a\u202eb", "x\x1b[m", "x\n"])
def test_names_in_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
                                    document: dict[str, Any], model: type[BaseModel], text: str) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in (Label, Name):
        made = filled(document, model, kind, text)
        if made == document:
            continue
        Path("x.yaml").write_text(yaml.safe_dump(made))
        with pytest.raises(SpecError) as refused:
            load("x.yaml") if name == "spec" else read(name, Path("x.yaml"))
        assert not FORBIDDEN.search(str(refused.value))
        assert all(problem.span is not None for problem in refused.value.diagnostics)


def read(name: str, path: Path) -> Any:
    from compose.envs.starcraft.scenario import load as load_scenario

    return load_schema(path) if name == "schema" else load_scenario(str(path))


# ---------------------------------------------------------- what is written

WRITE: dict[str, tuple[str, ...]] = {
    "resolve": ("resolve", "{spec}", "--env", "schema.yaml"),
    "describe": ("describe", "{spec}"),
    "page": ("describe", "{spec}", "--markdown"),
    "schema": ("describe", "schema.yaml"),
    "scenario": ("describe", "scenario.yaml"),
    "check": ("check", "{spec}", "--env", "schema.yaml"),
    "build": ("build", "{spec}", "--env", "schema.yaml"),
    "code": ("build", "{spec}", "--code"),
    "data": ("build", "{spec}", "--json"),
    "explain": ("explain", "{spec}", "summary"),
    "diff": ("diff", "vdn_attention", "{spec}", "--env", "schema.yaml"),
    "diff as markdown": ("diff", "{spec}", "qmix_attention", "--env", "schema.yaml", "--markdown"),
    "svg": ("graph", "{spec}", "--format", "svg"),
    "html": ("graph", "{spec}", "--format", "html"),
    "mermaid": ("graph", "{spec}"),
    "emitted": ("build", "{spec}", "--env", "schema.yaml", "--emit", "{file}.py"),
}  # fmt: skip
ODD = "it's \"x\" $x^$ <b> `c` [bold] \\N{bell} \x1b[31m \u202e \n # | \"\"\""
FOLDER = Path("[/foo]", ODD)
"""Where the spec lies, and what is written."""


class Written:
    """What every command wrote."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        schema = filled(SCHEMA, EntitySchema, Prose, text)
        (folder / "schema.yaml").write_text(yaml.safe_dump(schema, allow_unicode=True))
        (folder / "scenario.yaml").write_text(yaml.safe_dump(filled(SCENARIO, Form, Prose, text), allow_unicode=True))
        (folder / FOLDER).mkdir(parents=True)
        self.spec = FOLDER / "x.yaml"
        (folder / self.spec).write_text(yaml.safe_dump(filled(SPEC, Spec, Prose, text), allow_unicode=True))

    def run(self, *arguments: str) -> str:
        given = [part.format(spec=self.spec, file=FOLDER / ODD) if "{" in part else part for part in arguments]
        done = CliRunner().invoke(app, given, prog_name="compose")
        assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
        assert done.exit_code in (0, 1), (arguments, done.output)
        assert not FORBIDDEN.search(done.output), arguments
        return done.stdout


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        both = [Written(folder / name, text) for name, text in (("hostile", HOSTILE), ("harmless", "Words."))
                if (folder / name).mkdir() is None]

        def of(name: str, which: int = 0) -> str:
            patch.chdir(both[which].folder)
            return both[which].run(*WRITE[name])

        yield of


@pytest.mark.parametrize("name", [
    "resolve", "describe", "schema", "scenario", "check", "build", "code", "explain", "diff",
])
def test_what_is_printed_moves_no_cursor(written: Callable[[str], str], name: str) -> None:
    text = written(name)
    shown = " ".join(text.split())
    if name in ("describe", "schema", "scenario", "build", "explain"):
        assert "[/foo] :smile: [bold]" in shown
        assert "$x^$ $y$" in shown


def test_a_resolved_spec_is_the_same_spec(written: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text(written("resolve"))
    assert load(tmp_path / "again.yaml").spec.summary.startswith(HOSTILE)


def test_data(written: Callable[[str], str]) -> None:
    assert json.loads(written("data"))["spec"] == "mine"


def shape(text: str) -> list[Any]:
    """Elements and the names of their attributes."""
    return [(element.tag, sorted(element.attrib)) for element in ET.fromstring(text).iter()]


def test_a_figure_has_no_element_that_the_text_made(written: Any) -> None:
    hostile, harmless = (ET.fromstring(written("svg", which)) for which in (0, 1))
    kinds = [{(element.tag, *sorted(element.attrib)) for element in tree.iter()} for tree in (hostile, harmless)]
    assert kinds[0] == kinds[1]


def test_a_page_has_no_element_that_the_text_made(written: Any) -> None:
    hostile, harmless = (Tags(written("html", which)) for which in (0, 1))
    kinds = [{(tag, *sorted(name for name, _ in attrs)) for tag, attrs in page.found} for page in (hostile, harmless)]
    assert kinds[0] == kinds[1]
    data = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', written("html"), re.DOTALL)
    assert data is not None
    assert json.loads(data[1])


@pytest.mark.parametrize("name", ["page", "diff as markdown"])
def test_markdown_has_no_element_that_the_text_made(written: Any, name: str) -> None:
    parser = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    hostile, harmless = (Tags(parser.render(written(name, which))) for which in (0, 1))
    assert {tag for tag, _ in hostile.found} <= {tag for tag, _ in harmless.found}
    assert [tag for tag, _ in hostile.found if tag != "p"] == [tag for tag, _ in harmless.found if tag != "p"]


def test_mermaid_has_no_line_that_the_text_made(written: Any) -> None:
    hostile, harmless = (re.sub(r'"[^"\n]*"', '""', written("mermaid", which)) for which in (0, 1))
    assert hostile == harmless


@pytest.mark.slow
def test_an_emitted_module_runs_nothing_foreign(written: Any) -> None:
    modules = []
    for which in (0, 1):
        written("emitted", which)
        (file,) = FOLDER.glob("*.py")
        tree = ast.parse(file.read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                assert isinstance(node.body[0], ast.Expr)
                node.body = node.body[1:]
        modules.append(ast.dump(tree))
    assert modules[0] == modules[1]
    assert sorted(path.suffix for path in FOLDER.iterdir()) == [".py", ".safetensors", ".yaml"]


# --------------------------------------------------------------- training


def test_results_are_printed_as_they_are(tmp_path: Path) -> None:
    from compose.study.summary import SeedsResult, show_seeds
    from compose.training.clocks import Clocks
    from compose.training.evaluate import Score
    from compose.training.progress import Reporter
    from compose.training.say import say
    from compose.training.summary import RunResult, show

    score = Score(3, 0.5, 1.0, 4.0)
    for text in ("[/foo] :smile: [bold] $x^$", "".join(NASTY)):
        out = io.StringIO()
        console = Console(file=out, width=400, force_terminal=False)
        run = RunResult(Path(text), Clocks().read(), score, score, score, {text: score}, 1.0, ((0, 0.5),), ((0, 1.0),))
        show(run, console)
        show_seeds(SeedsResult(Path(text), {0: run}), console)
        say(console, text)
        with Reporter(console, "updates", 10) as reporter:
            reporter.evaluated(Clocks(), text)
        assert not FORBIDDEN.search(out.getvalue())
        assert text in out.getvalue() or FORBIDDEN.search(text) or "\n" in text


@pytest.mark.parametrize("text", ["$x^$", "".join(NASTY), "_hidden"])
def test_curves_are_drawn(tmp_path: Path, text: str) -> None:
    from compose.training.curve import Point, draw_curve
    from compose.training.evaluate import Score

    score = Score(3, 0.5, 1.0, 4.0)
    draw_curve(tmp_path / "x.png", text, [Point(0, 0, score)], {text: score})
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("ending", [".svg", ".gif"])
def test_films_are_drawn(ending: str) -> None:
    import numpy as np

    from compose.envs.pictures.film import Film
    from compose.envs.pictures.scene import Moment, Stage
    from compose.envs.pictures.write import gif, strip

    text = "".join(NASTY)
    stage = Stage(name=text, limit=3, sides=(text, "_x"), kinds=(text, "_y"), side=np.eye(2, dtype=bool),
                  kind=np.arange(2), radius=np.ones(2), task=text, meters=(text,), notes=((0.0, 0.0, text),),
                  words=(text, text))  # fmt: skip
    moments = [Moment(t, np.zeros((2, 2)), np.ones(2, bool), np.ones((1, 2))) for t in (0.0, 1.0)]
    film = Film(stage, moments)
    if ending == ".gif":
        assert gif(film, text, [0.0, 1.0], 10).startswith(b"GIF")
    else:
        ET.fromstring(strip(film, text, [0.0, 1.0], ending))


# ----------------------------------------------------------- command line

LINES: list[tuple[str, ...]] = [
    ("{}",), ("check", "{}"), ("check", "refil", "--{}"), ("check", "refil", "--env", "{}"),
    ("check", "refil", "--set", "{}"), ("check", "refil", "--plugin", "{}"), ("check", "refil", "{}"),
    ("build", "refil", "--emit", "{}"), ("build", "refil", "--export", "{}"), ("build", "refil", "--weights", "{}"),
    ("build", "refil", "--seed", "{}"), ("explain", "refil", "{}"), ("diff", "refil", "{}"),
    ("diff", "refil", "refil", "--set-a", "{}"), ("graph", "refil", "-o", "{}"), ("graph", "refil", "--only", "{}"),
    ("graph", "refil", "--layout", "{}"), ("describe", "{}"), ("list", "{}"), ("env", "{}"), ("env", "list", "{}"),
    ("env", "describe", "{}"), ("env", "check", "{}"), ("env", "check", "group_matching", "--seeds", "{}"),
    ("env", "bench", "group_matching", "--batch", "{}"), ("env", "describe", "skirmish/3m:task={}"),
    ("train", "refil", "--env", "{}", "--updates", "1"),
    ("train", "refil", "--env", "group_matching", "--updates", "{}"),
    ("train", "refil", "--env", "group_matching", "--updates", "1", "--seeds", "{}"),
    ("train", "refil", "--env", "group_matching", "--updates", "1", "--memory-limit", "{}"),
    ("train", "refil", "--env", "group_matching", "--updates", "1", "--device", "{}"),
    ("eval", "{}"), ("play", "{}"), ("play", "group_matching", "--policy", "{}"),
    ("play", "group_matching", "--out", "{}"),
]  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_command_line_is_quoted_harmlessly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                             line: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    text = "[/foo]\x1b[31m\x9b2J\u202e$x^$\udce9\ud800\x07"
    done = CliRunner().invoke(app, [part.replace("{}", text) for part in line], prog_name="compose")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2, done.output
    assert not FORBIDDEN.search(done.output)
    assert list(tmp_path.iterdir()) == []


def test_one_door_to_the_terminal() -> None:
    doors = {"cli/page.py", "cli/reporting.py", "cli/lines.py", "cli/app.py", "training/say.py",
             "compiler/export/file_text.py"}
    harmless = {"cli/train.py": 2, "training/summary.py": 2, "study/summary.py": 1,  # numbers, and tables of `shown`
                "cli/views/study.py": 1, "cli/entry.py": 1,  # one constant
                "kernels/compiled.py": 1, "envs/adapters/workers.py": 1}  # through `terminal`
    found: dict[str, int] = {}
    for file in (ROOT / "compose").rglob("*.py"):
        name = str(file.relative_to(ROOT / "compose"))
        count = len(re.findall(r"(?m)^[^#'\"\n]*?(?:typer\.echo|(?<![\w.])print|console\.print)\(", file.read_text()))
        found |= {name: count} if count else {}
    assert {name: count for name, count in found.items() if name not in doors} == harmless
