from __future__ import annotations

import pathlib
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.language.diagnostics import SpecError
from compose.language.dump import dump
from compose.language.overrides import parse
from compose.language.resolve import from_data, resolve
from compose.language.tree import plain


def refuse(argument: Any, *overrides: str, here: pathlib.Path, text: str | None = None) -> str:
    with pytest.raises(SpecError) as caught:
        resolve(argument, overrides, text=text, packaged=here / "packaged")
    return str(caught.value)


# arguments


def test_a_name_is_a_packaged_spec_and_anything_else_a_path(here: pathlib.Path) -> None:
    (here / "packaged" / "refil.yaml").write_text("compose: 1\nname: packaged\n")
    (here / "refil.yaml").write_text("compose: 1\nname: local\n")
    for argument, name in (("refil", "packaged"), ("refil.yaml", "local"), ("./refil.yaml", "local"),
    (here / "refil.yaml", "local")):
        assert resolve(argument, packaged=here / "packaged").data["name"] == name


def test_arguments_that_name_nothing(here: pathlib.Path) -> None:
    (here / "packaged" / "refil.yaml").write_text("compose: 1\n")
    (here / "mine.yaml").write_text("compose: 1\n")
    assert refuse("refill", here=here) == textwrap.dedent("""\
        error[file.unknown]  there is no packaged spec 'refill'
          Did you mean 'refil'?""")
    assert refuse("qqq", here=here).endswith("  the path of a file contains / or ends in .yaml")
    assert refuse("./mnie.yaml", here=here) == textwrap.dedent("""\
        error[file.missing]  there is no file ./mnie.yaml
          Did you mean 'mine.yaml'?""")
    assert refuse("packaged/", here=here) == "error[file.directory]  packaged/ is a directory, not a file"
    assert "error[file.missing]" in refuse("a/\0.yaml", here=here)
    assert "error[file.unknown]" in refuse("\0", here=here)
    assert "error[file.unknown]" in refuse("", here=here)


def test_an_unreadable_file(here: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    (here / "s.yaml").write_text("compose: 1\n")
    monkeypatch.setattr(pathlib.Path, "open", deny)
    assert refuse("s.yaml", here=here) == "error[file.unreadable]  s.yaml cannot be read: permission denied"


def test_a_file_that_is_too_long_to_open(here: pathlib.Path) -> None:
    assert "error[file." in refuse("x/" + "y" * 5000 + ".yaml", here=here)


def test_text_stands_in_for_a_file(here: pathlib.Path) -> None:
    (here / "base.yaml").write_text("compose: 1\nparams: {a: 1}\n")
    document = resolve("new.yaml", text="compose: 1\nextends: ./base.yaml\nname: new\n")
    assert document.data == {"compose": 1, "name": "new", "params": {"a": 1}}
    assert document.file == "new.yaml"


def test_broken_files_of_all_kinds(here: pathlib.Path) -> None:
    for content in (b"", b"\0\1", b"\xff", b"- a", b"compose: 1\na: {b", b"x" * (2**20 + 1)):
        (here / "s.yaml").write_bytes(content)
        assert "error[yaml." in refuse("s.yaml", here=here)


# overrides


def test_overrides(build: Any) -> None:
    document = build(
        "axes.proto=6", "params.lambda=0.7", "learner.replay.batch=8", "graph.x=null", "graph.q={of: b}",
        "losses.td.of=min(a, b)",
        "learner.replay.batch=9",
        s="""\
        params: {lambda: 0.5}
        axes: {proto: 4}
        graph: {x: a, q: {block: linear, of: a}}
        losses: {td: {of: a, mean: agent}}
        learner: {replay: {batch: 32, start: 1}}
        """)
    assert document.data == {
        "compose": 1, "params": {"lambda": 0.7}, "axes": {"proto": 6}, "graph": {"q": {"block": "linear", "of": "b"}},
        "losses": {"td": {"of": "min(a, b)"}}, "learner": {"replay": {"batch": 9, "start": 1}}}
    assert [past.value for past in document.history["learner", "replay", "batch"]] == [8, 32]
    assert str(document.span(("learner", "replay", "batch"))) == "--set:1:22"


def test_overrides_that_hit_nothing(explain: Any) -> None:
    spec = "params: {lambda: 0.5, gone: 1}\naxes: {proto: 4}\ngraph: {x: a, q: {block: linear, of: a}}\n"
    assert explain("params.lamda=0.7", "axes.porto=3", s=spec) == textwrap.dedent("""\
        --set:1:8  error[set.unknown]  params.lamda: there is no parameter 'lamda' to set
          1 | params.lamda=0.7
            |        ^^^^^ Did you mean 'lambda'?

        --set:1:6  error[set.unknown]  axes.porto: there is no axis 'porto' to set
          1 | axes.porto=3
            |      ^^^^^ Did you mean 'proto'?""")
    assert explain("graph.qq.of=b", "graph.x.of=b", "graph.y=null", s=spec) == textwrap.dedent("""\
        --set:1:7  error[merge.patch]  graph.qq: nothing to patch: there is no node 'qq'
          1 | graph.qq.of=b
            |       ^^ Did you mean 'q'?

        --set:1:7  error[merge.patch]  graph.x: nothing to patch: 'x' is an expression here
          1 | graph.x.of=b
            |       ^ a new node needs block: or network:

        --set:1:7  error[merge.delete]  graph.y: nothing to delete: there is no node 'y'
          1 | graph.y=null
            |       ^""")
    assert "error[set.unknown]  params.gone" in explain(
        "params.gone=2", base=spec, s="extends: ./base.yaml\nparams: {gone: null}\n")


@pytest.mark.parametrize(("item", "code"), [
    ("", "set.syntax"), ("a", "set.syntax"), ("=1", "set.syntax"), ("a..b=1", "set.syntax"), (".a=1",
    "set.syntax"), ("a =1", "set.syntax"),
    ("a=1\nb: 2", "set.syntax"), ("a\x1b=1", "set.syntax"), (".".join("a" * 50) + "=1", "set.syntax"), ("a=",
    "yaml.no_value"),
    ("a=  ", "yaml.no_value"), ("a=# x", "yaml.no_value"), ("a={b: c", "yaml.syntax"), ("a=&x 1", "yaml.alias"),
    ("a=.inf", "yaml.number"),
    ("a=1\x00", "set.syntax"), ("compose=2", "set.fixed"), ("extends=x", "set.fixed"),
])
def test_overrides_that_cannot_be_read(item: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(item)
    assert caught.value.diagnostics[0].code == code


def test_problems_of_overrides_and_files_come_together(explain: Any) -> None:
    text = explain("params.a", "params.b={", s="a: 1\na: 2\n")
    for code in ("set.syntax", "yaml.syntax", "yaml.duplicate"):
        assert f"error[{code}]" in text


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_override_gives_a_tree_or_a_spec_error(item: str) -> None:
    try:
        tree = parse(item)
    except SpecError:
        return
    assert isinstance(plain(tree), dict)


# documents


def test_the_nearest_place_of_a_value(build: Any) -> None:
    document = build(s="graph: {q: {block: linear, of: [a, b]}}\n")
    assert str(document.span(("graph", "q", "of", 1))) == "s.yaml:2:36"
    assert str(document.span(("graph", "q", "to"))) == "s.yaml:2:12"
    assert str(document.span(("nothing",))) == "s.yaml:1:1"
    assert str(document.key_span(("graph", "q", "of", 1))) == "s.yaml:2:28"
    assert str(document.key_span(("graph", "q", "to"))) == "s.yaml:2:9"
    assert str(document.key_span(("nothing",))) == "s.yaml:1:1"


def test_python_data_means_what_its_file_means(here: pathlib.Path) -> None:
    (here / "packaged" / "base.yaml").write_text("compose: 1\nparams: {a: 1, b: 1.0e-5}\n")
    data = {"compose": 1, "name": "mine", "extends": "base", "params": {"a": 2},
    "losses": {"td": {"of": "max(a, b)", "mean": ("x", "y")}}}
    document = from_data(data, packaged=here / "packaged")
    assert document.data == {"compose": 1, "name": "mine", "params": {"a": 2, "b": 1e-5},
                             "losses": {"td": {"of": "max(a, b)", "mean": ["x", "y"]}}}
    assert document.file == "<python>"
    assert str(document.values["params", "a"]) == "<python>:4:13"
    assert document.history["params", "a"][0].value == 1
    assert resolve("s.yaml", text=dump(data), packaged=here / "packaged").data == document.data


def test_python_data_that_is_wrong_is_shown_as_text(here: pathlib.Path) -> None:
    with pytest.raises(SpecError) as caught:
        from_data({"compose": 1, "graph": {"q": {"of": "x"}}})
    assert str(caught.value) == textwrap.dedent("""\
        <python>:3:3  error[merge.patch]  graph.q: nothing to patch: there is no node 'q'
          3 |   q: {of: x}
            |   ^ a new node needs block: or network:""")
    with pytest.raises(SpecError, match=r"data\.type"):
        from_data({"compose": 1, "params": {"a": object()}})


def test_the_language_layer_needs_no_torch() -> None:
    code = "import sys, compose.language.resolve; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
