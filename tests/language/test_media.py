"""Text of users in every medium: it comes out as it went in, and does nothing on the way."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from compose.language import media

NASTY = [
    '"""; import os; """', "\\", 'ends in "', "''' \\N{bell} \\x", "</script><b onclick=x>&amp;", "]]>", "| a | b |",
    "`x` ``y``", "[x](javascript:y) ![z](w)", "$x^$ $y$", "[/foo] :smile: [bold]", "\x1b[31m\x07\b\r\x9b2J",
    "a\u202eb\u2066\u200b", "\ud800 \udcff", "\0\ufffe\uffff", "first\nsecond\u2028third\x85", "*a* _b_ ~~c~~ #d",
    "- a\n- b", "1. a", "---", "http://a.b www.c.d e@f.g", "<!-- x", "%%{init: {}}%%", "_hidden", "{name} {0} %s",
    "\N{GRINNING FACE} \N{CJK UNIFIED IDEOGRAPH-65E5} \N{HEBREW LETTER SHIN} \N{LATIN SMALL LETTER E WITH ACUTE}",
]  # fmt: skip
texts = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=30),
                  st.lists(st.sampled_from(NASTY), max_size=3).map("".join))  # fmt: skip
FORBIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What no terminal is sent."""
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False, "html": True})


@given(texts)
def test_terminals(text: str) -> None:
    assert not FORBIDDEN.search(media.terminal(text))
    assert not re.search(r"[^ -\U0010ffff]", media.one_line(text))
    media.terminal(text).encode()


@given(st.dictionaries(texts, texts, max_size=2), st.booleans())
def test_json(data: dict[str, str], ascii_only: bool) -> None:
    for indent in (None, 2):
        text = media.plain_json(data, indent=indent, ascii_only=ascii_only)
        assert json.loads(text) == data
        assert not FORBIDDEN.search(text)
        text.encode("ascii" if ascii_only else "utf-8")


@given(texts)
def test_docstrings_of_python(text: str) -> None:
    source = f'"""{media.docstring(text)}\n"""\n'
    (statement,) = ast.parse(source.encode()).body
    assert isinstance(statement, ast.Expr)
    assert ast.literal_eval(statement.value) == media.terminal(text) + "\n"


@given(texts)
def test_literals_of_python(text: str) -> None:
    assert ast.literal_eval(media.literal(text)) == text
    assert media.literal(text).encode()
    assert ast.literal_eval(f'"""{media.docstring(media.literal(text))}\n"""') == media.literal(text) + "\n"


@given(texts)
def test_comments_of_python(text: str) -> None:
    assert ast.parse(f"# {media.one_line(text)}\n".encode()).body == []


@given(texts)
def test_markup(text: str) -> None:
    made = ET.Element("a", {"b": media.markup(text)})
    made.text = media.markup(text)
    read = ET.fromstring(ET.tostring(made))
    assert (read.tag, list(read), read.text or "") == ("a", [], media.terminal(text))


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.read = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.found.append(data)

    def handle_data(self, data: str) -> None:
        self.read += data


@given(texts)
def test_html(text: str) -> None:
    read = Tags(f'<p title="{media.html(text)}">{media.html(text)}</p>')
    assert read.found == [("p", [("title", media.terminal(text))])]
    assert read.read == media.terminal(text)


def squeezed(text: str) -> str:
    return " ".join(media.terminal(text).split())


@given(texts)
def test_markdown(text: str) -> None:
    read = Tags(MARKDOWN.render(media.markdown(text, first=True)))
    assert [tag for tag, *_ in read.found] in ([], ["p"])
    assert read.read.strip() == squeezed(text)


@given(texts)
def test_tables_of_markdown(text: str) -> None:
    code, plain = media.code_cell(text), media.markdown(text)
    read = Tags(MARKDOWN.render(f"| a | b | c |\n|---|---|---|\n| {plain} | {code} | z |\n"))
    head, row = ["thead", "tr", "th", "th", "th"], ["tbody", "tr", "td", "td", "code", "td"]
    assert [tag for tag, *_ in read.found] == ["table", *head, *row]
    lines = read.read.split("\n")
    last = len(lines) - 1 - lines[::-1].index("z")
    assert [line.strip() for line in lines[last - 2 : last]] == [squeezed(text), squeezed(text)]


@given(texts)
def test_code_of_markdown(text: str) -> None:
    (block,) = MARKDOWN.parse(media.code_block(text, "yaml"))
    assert (block.type, block.info, block.content.rstrip("\n")) == ("fence", "yaml", media.terminal(text).rstrip("\n"))


@given(texts)
def test_mermaid(text: str) -> None:
    label = media.mermaid(text).replace("<br/>", "\n")
    assert not set(label) & set("\"<>&`|{}[]()\\$")
    assert re.sub(r"#(\d+);", lambda m: chr(int(m[1])), label) == media.terminal(text)


@pytest.mark.parametrize("text", NASTY)
def test_pictures(text: str) -> None:
    from matplotlib.cbook import is_math_text

    shown = media.picture(text)
    assert not is_math_text(shown)
    assert not shown.startswith("_")
    assert shown.replace("\\$", "$").lstrip("\N{HAIR SPACE}") == media.terminal(text)


def test_pictures_with_letters_that_the_font_lacks_say_nothing() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with media.drawing():
        figure = Figure(figsize=(1, 1))
        figure.text(0, 0, media.picture("".join(NASTY)))
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
