from __future__ import annotations

import pathlib
import textwrap
from typing import Any

import pytest

from compose.language.diagnostics import SpecError
from compose.language.resolve import resolve
from compose.language.source import load
from compose.language.tree import Node, plain
from compose.language.version import upgraded


def files(here: pathlib.Path, **texts: str) -> None:
    for name, text in texts.items():
        path = here / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("compose: 1\n" + text)


def refuse(here: pathlib.Path, argument: str) -> str:
    with pytest.raises(SpecError) as caught:
        resolve(argument, packaged=here / "packaged")
    return str(caught.value)


def test_ancestors_come_once_and_in_order(build: Any) -> None:
    document = build(
        root="params: {a: 0, b: 0, c: 0}\n", left="extends: ./root.yaml\nparams: {a: 1}\n",
        right="extends: ./root.yaml\nparams: {b: 2}\n", child="extends: [./left.yaml, ./right.yaml]\nparams: {c: 3}\n")
    assert document.files == ("root.yaml", "left.yaml", "right.yaml", "child.yaml")
    assert document.data == {"compose": 1, "params": {"a": 1, "b": 2, "c": 3}}


def test_names_are_packaged_specs_and_paths_are_files(here: pathlib.Path) -> None:
    files(here, packaged__base="params: {a: 1}\n", base="params: {a: 2}\n", one="extends: base\n",
          two="extends: base.yaml\n", sub__three="extends: base\n", four="extends: sub/three.yaml\n",
          packaged__five="extends: ./base.yaml\n")
    packaged = here / "packaged"
    assert resolve("one.yaml", packaged=packaged).data["params"] == {"a": 1}
    assert resolve("two.yaml", packaged=packaged).data["params"] == {"a": 2}
    assert resolve("./four.yaml", packaged=packaged).files == ("packaged/base.yaml", "sub/three.yaml", "./four.yaml")
    assert resolve("five", packaged=packaged).files == ("packaged/base.yaml", "packaged/five.yaml")


def test_a_spec_may_leave_its_folder_only_for_packaged_specs(here: pathlib.Path) -> None:
    files(here, packaged__base="params: {a: 1}\n", secret="params: {a: 2}\n", sub__up="extends: ../secret.yaml\n",
          sub__packaged="extends: ../packaged/base.yaml\n", sub__absolute=f"extends: {here}/secret.yaml\n",
          sub__round="extends: ../sub/packaged.yaml\n", sub__linked="extends: ./link.yaml\n")
    (here / "sub" / "link.yaml").symlink_to(here / "secret.yaml")
    packaged = here / "packaged"
    assert resolve("sub/packaged.yaml", packaged=packaged).data["params"] == {"a": 1}
    assert resolve("sub/round.yaml", packaged=packaged).data["params"] == {"a": 1}
    assert refuse(here, "sub/up.yaml") == textwrap.dedent("""\
        sub/up.yaml:2:10  error[extends.outside]  extends: ../secret.yaml lies outside the folder of sub/up.yaml, \
which belongs to no project
          2 | extends: ../secret.yaml
            |          ^^^^^^^^^^^^^^ an empty file compose.toml in a folder above both makes that folder the \
root of a project""")
    assert "error[extends.outside]" in refuse(here, "sub/absolute.yaml")
    assert "error[extends.outside]" in refuse(here, "sub/linked.yaml")


@pytest.mark.parametrize("mark", ["compose.toml", ".git"])
def test_variants_share_a_base_within_a_project(here: pathlib.Path, mark: str) -> None:
    files(here, lab__base="params: {a: 1}\n", lab__variants__deep__child="extends: ../../base.yaml\n")
    assert "error[extends.outside]" in refuse(here, "lab/variants/deep/child.yaml")
    (here / "lab" / mark).touch()
    document = resolve("lab/variants/deep/child.yaml", packaged=here / "packaged")
    assert document.files == ("lab/base.yaml", "lab/variants/deep/child.yaml")
    assert document.data["params"] == {"a": 1}


def test_outside_a_project_stays_outside(here: pathlib.Path) -> None:
    files(here, secret="params: {a: 2}\n", lab__sub__up="extends: ../../secret.yaml\n",
          lab__sub__linked="extends: ../link.yaml\n", lab__sub__round="extends: ../through/secret.yaml\n",
          lab__sub__absolute=f"extends: {here}/secret.yaml\n")
    (here / "lab" / "compose.toml").touch()
    (here / "lab" / "link.yaml").symlink_to(here / "secret.yaml")
    (here / "lab" / "through").symlink_to(here)
    assert refuse(here, "lab/sub/up.yaml") == textwrap.dedent("""\
        lab/sub/up.yaml:2:10  error[extends.outside]  extends: ../../secret.yaml lies outside the project of \
lab/sub/up.yaml, whose root is lab (it has compose.toml)
          2 | extends: ../../secret.yaml
            |          ^^^^^^^^^^^^^^^^^ parents are packaged specs, or files below the root""")
    for name in ("linked", "round", "absolute"):
        assert "error[extends.outside]" in refuse(here, f"lab/sub/{name}.yaml")


def test_the_nearest_root_counts_and_compose_toml_before_git(here: pathlib.Path) -> None:
    files(here, base="params: {a: 1}\n", one__base="params: {a: 2}\n", one__two__child="extends: ../../base.yaml\n",
          one__two__near="extends: ../base.yaml\n")
    (here / "one" / ".git").mkdir()
    assert "whose root is one (it has .git)" in refuse(here, "one/two/child.yaml")
    assert "an empty file compose.toml in a folder above both would make that the root" in \
        refuse(here, "one/two/child.yaml").replace("\n", " ")
    (here / "compose.toml").touch()
    assert resolve("one/two/child.yaml", packaged=here / "packaged").data["params"] == {"a": 1}
    (here / "one" / "two" / "compose.toml").mkdir()  # a folder declares nothing
    assert resolve("one/two/near.yaml", packaged=here / "packaged").data["params"] == {"a": 2}
    (here / "one" / "two" / "compose.toml").rmdir()
    (here / "one" / "two" / "compose.toml").touch()
    assert "whose root is one/two (it has compose.toml)" in refuse(here, "one/two/near.yaml")


def test_a_linked_child_belongs_where_it_lies(here: pathlib.Path) -> None:
    files(here, base="params: {a: 1}\n", lab__base="params: {a: 2}\n", lab__sub__child="extends: ../base.yaml\n")
    (here / "lab" / "compose.toml").touch()
    (here / "elsewhere").mkdir()
    (here / "elsewhere" / "child.yaml").symlink_to(here / "lab" / "sub" / "child.yaml")
    assert resolve("elsewhere/child.yaml", packaged=here / "packaged").data["params"] == {"a": 2}


def test_a_spec_reached_through_a_linked_folder(here: pathlib.Path) -> None:
    files(here, packaged__base="params: {a: 1}\n", packaged__child="extends: ./base.yaml\n")
    (here / "specs").symlink_to(here / "packaged")
    document = resolve("specs/child.yaml", packaged=here / "specs")
    assert document.file == "specs/child.yaml"
    assert document.data["params"] == {"a": 1}


def test_cycles_name_the_files(here: pathlib.Path) -> None:
    files(here, a="extends: ./b.yaml\n", b="extends: [./c.yaml]\n", c="extends: ./b.yaml\n")
    files(here, self="extends: ./self.yaml\n")
    assert refuse(here, "a.yaml") == textwrap.dedent("""\
        c.yaml:2:10  error[extends.cycle]  extends: a spec cannot build on itself: b.yaml -> c.yaml -> b.yaml
          2 | extends: ./b.yaml
            |          ^^^^^^^^""")
    assert "self.yaml -> self.yaml" in refuse(here, "self.yaml")


def test_problems_of_all_parents_come_at_once(here: pathlib.Path) -> None:
    files(here, packaged__refil="", broken="a: {b\n",
          child="extends: [refill, ./none.yaml, ./broken.yaml, 3, packaged/]\n")
    text = refuse(here, "child.yaml")
    assert textwrap.dedent("""\
        child.yaml:2:11  error[file.unknown]  there is no packaged spec 'refill'
          2 | extends: [refill, ./none.yaml, ./broken.yaml, 3, packaged/]
            |           ^^^^^^ Did you mean 'refil'?

        child.yaml:2:19  error[file.missing]  there is no file none.yaml
          2 | extends: [refill, ./none.yaml, ./broken.yaml, 3, packaged/]
            |                   ^^^^^^^^^^^

        broken.yaml:""") in text
    assert "error[extends.value]  extends: expected a spec's name or path, or a list of them" in text
    assert "error[file.directory]  packaged is a directory, not a file" in text


@pytest.mark.parametrize(("extends", "code"), [
    ('"a/\\u0085.yaml"', "file.missing"), ("x/" + "y" * 5000, "file."), ("{a: b}", "extends.value"), ("[[a]]",
    "extends.value"),
    ("1", "extends.value"), ("null", "extends.value"), ('""', "file.unknown"), ("..", "file.unknown"), ("./",
    "file.directory"),
    ("loop.yaml", "file."), ("/dev/zero", "extends.outside"),
])
def test_strange_parents(here: pathlib.Path, extends: str, code: str) -> None:
    files(here, child=f"extends: {extends}\n")
    (here / "loop.yaml").symlink_to(here / "loop.yaml")
    assert f"error[{code}" in refuse(here, "child.yaml")


def test_very_long_lines_of_descent_are_refused(here: pathlib.Path) -> None:
    files(here, **{f"s{i}": f"extends: ./s{i + 1}.yaml\n" for i in range(100)})
    assert "error[extends.depth]  extends: more than 32 generations of specs" in refuse(here, "s0.yaml")


# several parents

ROOT = "params: {a: 0, b: 0}\ngraph:\n  n: {block: linear, of: x, to: a}\n"


def two_parents(run: Any, left: str, right: str, child: str = "") -> Any:
    return run(root=ROOT, left="extends: ./root.yaml\n" + left, right="extends: ./root.yaml\n" + right,
               child="extends: [./left.yaml, ./right.yaml]\n" + child)


def test_parents_that_disagree(explain: Any) -> None:
    assert two_parents(explain, "params: {a: 1}\n", "params: {a: 1.0, b: 2}\n") == textwrap.dedent("""\
        child.yaml:2:10  error[extends.conflict]  params.a: two parents of child.yaml set this differently
          2 | extends: [./left.yaml, ./right.yaml]
            |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ set params.a here to decide
          = 1 at left.yaml:3:13
          = 1.0 at right.yaml:3:13""")


@pytest.mark.parametrize(("left", "right", "place"), [
    ("graph: {n: {of: y}}", "graph: {n: {of: z}}", "graph.n.of"),
    ("graph: {n: null}", "graph: {n: {of: z}}", "graph.n.of"),
    ("graph: {n: {of: z}}", "graph: {n: null}", "graph.n.of"),
    ("graph: {n: {block: gru, of: x}}", "graph: {n: {to: b}}", "graph.n.to"),
    ("graph: {n: {block: gru, of: x}}", "graph: {n: {block: gru, of: y}}", "graph.n"),
    ("graph: {m: x}", "graph: {m: y}", "graph.m"),
    ("networks: {u: {returns: x}}", "networks: {u: {like: v}, v: {returns: x}}", "networks.u.returns"),
    ("claims: {igm: soft}", "claims: {igm: proved}", "claims.igm"),
    ("learner: {replay: {batch: 1}}", "learner: {replay: {batch: 2}}", "learner.replay.batch"),
])
def test_kinds_of_disagreement(explain: Any, left: str, right: str, place: str) -> None:
    assert f"error[extends.conflict]  {place}: " in two_parents(explain, left + "\n", right + "\n")


@pytest.mark.parametrize(("left", "right"), [
    ("params: {a: 1}", "params: {b: 1}"), ("params: {a: 1}", "params: {a: 1}"), ("graph: {n: {of: y}}",
    "graph: {n: {to: b}}"),
    ("graph: {m: {block: gru, of: x}}", "graph: {m: {of: x, block: gru}}"), ("name: a\nsummary: b",
    "name: c\nsummary: d"),
    ("paper: {year: 1}\nabstract: true", "paper: {year: 2}"),
])
def test_what_is_no_disagreement(build: Any, left: str, right: str) -> None:
    two_parents(build, left + "\n", right + "\n")


@pytest.mark.parametrize("child", [
    "graph: {n: {of: w}}", "graph: {n: null}", "graph: {n: x + y}", "graph: {n: {block: gru, of: w}}"])
def test_the_child_decides(build: Any, child: str) -> None:
    two_parents(build, "graph: {n: {of: y}}\n", "graph: {n: {of: z}}\n", child + "\n")


def test_an_override_decides(build: Any) -> None:
    document = two_parents(lambda **texts: build("params.a=7", **texts), "params: {a: 1}\n", "params: {a: 2}\n")
    assert document.data["params"]["a"] == 7


def test_what_an_ancestor_says_is_overridden_silently(build: Any) -> None:
    document = build(root="params: {a: 0}\n", left="extends: ./root.yaml\nparams: {a: 1}\n",
                     child="extends: [./root.yaml, ./left.yaml]\n")
    assert document.data["params"] == {"a": 1}


# versions


@pytest.mark.parametrize(("text", "message"), [
    ("name: x\n", """\
        s.yaml:1:1  error[version.missing]  the language version is missing
          1 | name: x
            | ^^^^ add the line: compose: 1"""),
    ("name: x\ncompose: 2\n", """\
        s.yaml:2:10  error[version.newer]  compose: s.yaml needs version 2 of the language, this is version 1
          2 | compose: 2
            |          ^ upgrade compose-marl"""),
    ("compose: true\n", """\
        s.yaml:1:10  error[version.unknown]  compose: a version is a whole number, without quotes
          1 | compose: true
            |          ^^^^ this is version 1; write compose: 1"""),
    ("compose: 0\n", """\
        s.yaml:1:10  error[version.unknown]  compose: there is no version 0 of the language
          1 | compose: 0
            |          ^ this is version 1; write compose: 1"""),
])
def test_wrong_versions(here: pathlib.Path, text: str, message: str) -> None:
    (here / "s.yaml").write_text(text)
    assert refuse(here, "s.yaml") == textwrap.dedent(message)


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "one", "{a: 1}", "[1]", "null"])
def test_unknown_versions(here: pathlib.Path, version: str) -> None:
    (here / "s.yaml").write_text(f"compose: {version}\n")
    assert "error[version.unknown]" in refuse(here, "s.yaml")


def test_older_files_are_migrated_step_by_step() -> None:
    def rename(root: Node) -> Node:
        members = {"params" if name == "parameters" else name: member for name, member in root.members.items()}
        return Node(members, root.span)

    def drop(root: Node) -> Node:
        return root.without("old")

    root = load("compose: 1\nparameters: {a: 1}\nold: 2\n", "s.yaml").root
    assert plain(upgraded(root, "s.yaml", steps={1: rename, 2: drop}, version=3)) == {"compose": 1, "params": {"a": 1}}
