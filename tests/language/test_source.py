from __future__ import annotations

import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.language.decode import MAX_BYTES
from compose.language.diagnostics import SpecError
from compose.language.source import MAX_DEPTH, MAX_NODES, load, load_value


def refuse(text: str | bytes) -> str:
    with pytest.raises(SpecError) as caught:
        load(text, "s.yaml")
    return str(caught.value)


def codes(text: str | bytes) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load(text, "s.yaml")
    return [problem.code for problem in caught.value.diagnostics]


@pytest.mark.parametrize(("text", "value"), [
    ("1e-4", 1e-4), ("5e-4", 5e-4), ("1.0e+6", 1e6), (".5", 0.5), ("5.", 5.0), ("-3", -3), ("+3", 3), ("0", 0),
    ("-0.0", -0.0),
    ("1000000000000000", 10**15), ("true", True), ("False", False), ("null", None), ("~", None),
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("1:30", "1:30"), ("2020-01-01",
    "2020-01-01"),
    ("inf", "inf"), ("nan", "nan"), ("1e", "1e"), ("50000 env_steps", "50000 env_steps"), ("~visible", "~visible"),
    ("-log_pi", "-log_pi"), ("'12'", "12"), ('"true"', "true"), ("'it''s'", "it's"), ('"a\\tb"', "a\tb"), ('""', ""),
])
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    found = load(f"a: {text}", "s.yaml").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_not_read_as_truth_values() -> None:
    assert load("on: 1\nno: 2\ny: 3\n", "s.yaml").data == {"on": 1, "no": 2, "y": 3}


def test_a_byte_order_mark_comments_and_one_document_mark_are_fine() -> None:
    text = "\ufeff# a spec\n%YAML 1.2\n---\na: 1  # one\n"
    assert load(text.replace("# a spec\n", ""), "s.yaml").data == {"a": 1}
    assert load(text.encode().replace(b"%YAML 1.2\n", b""), "s.yaml").data == {"a": 1}


def test_spans_cover_contents_without_quotes() -> None:
    source = load(textwrap.dedent("""\
        graph:
          q: {of: "relu(x)", to: 'y', n: 5}  # comment
          z: a + b
        list: [p, {q: r}]
        text: |
          two
          lines
        empty: ""
        """), "s.yaml")
    text = {at: span.text[span.column - 1 : span.end - 1] for at, span in source.values.items()}
    assert text["graph", "q", "of"] == "relu(x)"
    assert text["graph", "q", "to"] == "y"
    assert text["graph", "q"] == "{of: \"relu(x)\", to: 'y', n: 5}"
    assert text["graph", "z"] == "a + b"
    assert text["graph",] == "q"
    assert text["list",] == "[p, {q: r}]"
    assert text["list", 1, "q"] == "r"
    assert text["text",] == "|"
    assert text["empty",] == '""'
    keys = {at: span.text[span.column - 1 : span.end - 1] for at, span in source.keys.items()}
    assert keys["graph", "q", "to"] == "to"
    assert keys["list", 1, "q"] == "q"
    assert str(source.values["graph", "z"]) == "s.yaml:3:6"
    assert source.values["graph", "q", "of"].at(5, 1).column == 17


@pytest.mark.parametrize(("text", "code"), [
    ("a: &x 1", "yaml.alias"), ("a: *x", "yaml.alias"), ("a: !!str 1", "yaml.tag"), ("a: !x y", "yaml.tag"),
    ("a: !!python/object/apply:os.system [ls]", "yaml.tag"), ("<<: {a: 1}", "yaml.merge_key"), ("1: a", "yaml.key"),
    ("true: a", "yaml.key"), ("null: a", "yaml.key"), ("?\n: a", "yaml.key"), ("[a]: b", "yaml.key"),
    ("? {a: 1}\n: b", "yaml.key"),
    (f"{'k' * 129}: a", "yaml.key"), ("a:", "yaml.no_value"), ("a: {b: }", "yaml.no_value"), ("a:\n- b\n-",
    "yaml.no_value"),
    ("a: .inf", "yaml.number"), ("a: -.inf", "yaml.number"), ("a: .nan", "yaml.number"), ("a: 1e999", "yaml.number"),
    ("a: 1000000000000001", "yaml.number"), (f"a: {'9' * 5000}", "yaml.number"), ("a: 010", "yaml.number"),
    ("a: 0o17", "yaml.number"), ("a: 0x1f", "yaml.number"), ("a: 1_000", "yaml.number"),
    ("a: 1\na: 2", "yaml.duplicate"), ("a: 1\n---\nb: 1", "yaml.documents"), ("a: 1\n---\n", "yaml.documents"),
    ("", "yaml.empty"), ("# nothing\n", "yaml.empty"), ("---\n", "yaml.empty"),
    ("- a", "yaml.root"), ("just text", "yaml.root"), ("a:\n\t- b", "yaml.tab"), ("a: b\n\tc: d", "yaml.tab"),
    ("a: \x01", "yaml.character"), ("a: \x00", "yaml.character"), (b"a: \x00", "yaml.character"), ("a: \ud800",
    "yaml.character"),
    ('a: "\\0"', "yaml.character"), ('a: "\\e[31m"', "yaml.character"), ("a: x\ufeff", "yaml.character"),
    (b"a: \xff", "yaml.encoding"), ("a: b".encode("utf-16"), "yaml.encoding"), ("x" * (MAX_BYTES + 1), "yaml.size"),
    ("a: " + "b" * 10_000, "yaml.size"),
    ("a:\n" + "- 1\n" * MAX_NODES, "yaml.size"), ("{a: " * 2_000, "yaml.depth"), ("[" * 2_000, "yaml.depth"),
    ("a: " + "[" * MAX_DEPTH + "b" + "]" * MAX_DEPTH, "yaml.depth"), ("{" * 2_000, "yaml.depth"),
    ("? " * 2_000, "yaml.depth"), ("- " * 2_000, "yaml.depth"),
    ("a: {b", "yaml.syntax"), ("a: 'b", "yaml.syntax"), ("a: @b", "yaml.syntax"), ("a: b: c", "yaml.syntax"),
    ("a: x\n b: c", "yaml.syntax"), ('a: "\\UFFFFFFFF"', "yaml.syntax"), ("%YAML 2.0\n---\na: 1", "yaml.syntax"),
])
def test_what_is_refused(text: str | bytes, code: str) -> None:
    assert code in codes(text)


def test_all_problems_of_a_file_come_at_once() -> None:
    assert codes("a: 1\na: 2\nb: *x\nc: !t 3\n1: x\nd:\ne: .inf\n") == [
        "yaml.duplicate", "yaml.alias", "yaml.tag", "yaml.key", "yaml.no_value", "yaml.number"]


def test_fifty_problems_are_enough() -> None:
    assert codes("a: 1\n" * 10_000) == ["yaml.duplicate"] * 50


def test_the_nesting_limit_is_the_last_that_loads() -> None:
    text = "a: " + "[" * (MAX_DEPTH - 1) + "b" + "]" * (MAX_DEPTH - 1)
    assert load(text, "s.yaml").data["a"]


def test_a_comma_in_an_expression_is_explained() -> None:
    text = "losses:\n  td: {of: square(minimum(0, x - y)), weight: 2}\n  b: [max(a, b), c]\n"
    assert refuse(text) == textwrap.dedent("""\
        s.yaml:2:12  error[yaml.comma]  losses.td: the comma ends this value, which tears an expression apart
          2 |   td: {of: square(minimum(0, x - y)), weight: 2}
            |            ^^^^^^^^^^^^^^^^^^^^^^^^^ quote it: "square(minimum(0, x - y))"

        s.yaml:3:7  error[yaml.comma]  losses.b: the comma ends this value, which tears an expression apart
          3 |   b: [max(a, b), c]
            |       ^^^^^^^^^ quote it: "max(a, b)\"""")


def test_commas_in_quotes_and_outside_of_flow_are_fine() -> None:
    data = load('a: minimum(x, y)\nb: {of: "minimum(x, y)", w: f(x)}\n', "s.yaml").data
    assert data == {"a": "minimum(x, y)", "b": {"of": "minimum(x, y)", "w": "f(x)"}}


def test_a_bracket_in_an_expression_is_explained() -> None:
    assert refuse("graph:\n  q: {of: x[0]}\n") == textwrap.dedent("""\
        s.yaml:2:12  error[yaml.syntax]  expected ',' or '}' before this
          2 |   q: {of: x[0]}
            |            ^ an expression that contains , : { } [ ] or starts with - & * ! | > % @ may need quotes
          = '{' is opened at s.yaml:2:6""")


def test_a_duplicate_says_where_the_first_is() -> None:
    assert refuse("graph:\n  q: a\n  q: b\n") == textwrap.dedent("""\
        s.yaml:3:3  error[yaml.duplicate]  graph.q: this key is given twice
          3 |   q: b
            |   ^
          = first given at s.yaml:2:3""")


def test_tabs_are_shown_as_one_blank_so_that_the_caret_fits() -> None:
    assert refuse("a:\n\tb: 1\n") == textwrap.dedent("""\
        s.yaml:2:1  error[yaml.tab]  a tab cannot be used here
          2 |  b: 1
            | ^ use blanks""")


def test_an_empty_value_in_a_flow_map_hints_at_a_comma() -> None:
    assert refuse("paper: {where: aggregation only, as in the baseline}") == textwrap.dedent("""\
        s.yaml:1:34  error[yaml.no_value]  paper.as in the baseline: there is no value after this key
          1 | paper: {where: aggregation only, as in the baseline}
            |                                  ^^^^^^^^^^^^^^^^^^ inside {...} a text with a comma needs quotes""")


def test_a_character_that_may_not_be_is_shown_in_its_place() -> None:
    assert refuse("a: 1\r\nb: \x1b[2J\n") == textwrap.dedent("""\
        s.yaml:2:4  error[yaml.character]  the character U+001B is not allowed
          2 | b: \N{REPLACEMENT CHARACTER}[2J
            |    ^ remove it""")


def test_a_value_inside_a_line_keeps_the_columns_of_the_line() -> None:
    node = load_value("graph.q={of: x}", 8, "--set")
    assert (node.span.column, node.span.end, node.span.text) == (9, 16, "graph.q={of: x}")
    with pytest.raises(SpecError, match=r"--set:1:3  error\[yaml.no_value\]"):
        load_value("a=", 2, "--set")


yaml_like = st.lists(st.sampled_from([
    "a", "b: ", "- ", "{", "}", "[", "]", ",", ":", "\n", "  ", "#", "'", '"', "|", ">", "&x", "*x", "!t", "? ",
    "---\n", "\\", "(",
    ")", "\t", "%", "1", "null", "<<", "...\n", "\x85", "\r", "\\U", "@", "é",
    "\U0001f600"]), max_size=40).map("".join)


@given(st.one_of(st.text(), yaml_like, st.binary()))
@settings(max_examples=130, deadline=None)
def test_any_text_gives_data_or_a_spec_error(text: str | bytes) -> None:
    try:
        source = load(text, "s.yaml")
    except SpecError as error:
        found = {problem.code.split(".")[0] for problem in error.diagnostics}
    else:
        found = {"yaml"}
        assert isinstance(source.data, dict)
        assert all(1 <= span.column < span.end for span in source.values.values())
    assert found == {"yaml"}


@given(yaml_like)
@settings(max_examples=70, deadline=None)
def test_any_value_gives_a_node_or_a_spec_error(text: str) -> None:
    try:
        load_value("p=" + text, 2, "--set")
    except SpecError:
        return
