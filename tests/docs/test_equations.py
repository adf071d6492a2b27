"""Equations of docstrings are told from code, and set in type."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from tests.docs.snippets import ROOT

EQUATIONS: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "equations.py"))


@pytest.mark.parametrize(("text", "html"), [
    ("y = a_k x + b_k", "<i>y</i> = <i>a</i><sub><i>k</i></sub> <i>x</i> + <i>b</i><sub><i>k</i></sub>"),
    ("sum_{s >= t} x_s^2", "∑<sub><i>s</i> ≥ <i>t</i></sub> <i>x</i><sub><i>s</i></sub><sup>2</sup>"),
    ("e^x_k", "<i>e</i><sup><i>x</i><sub><i>k</i></sub></sup>"),
    ("e^-x / 2", "<i>e</i><sup>−<i>x</i></sup> / 2"),
    ("discount^(s - t)", "<i>discount</i><sup><i>s</i> − <i>t</i></sup>"),
    ("v <- alpha v", "<i>v</i> ← <i>α</i> <i>v</i>"),
    ("h' = sqrt(w . h)", "<i>h</i>′ = √(<i>w</i> · <i>h</i>)"),
    ("c_label(i) < log(x)", "<i>c</i><sub><i>label</i>(<i>i</i>)</sub> &lt; log(<i>x</i>)"),
    ("1 if k == index else 0 / n", "1 if <i>k</i> == <i>index</i> else 0 / <i>n</i>"),
])  # fmt: skip
def test_set_in_type(text: str, html: str) -> None:
    assert EQUATIONS["set_"](text) == html.replace(" == ", " = ")


@pytest.mark.parametrize("text", [
    "of", "loads(dumps(spec)) == spec", "count: present", "policy = compose.load_policy(run)", "x = 'a'", "n = f(a=1)",
    "[... In] -> [... to]", "0 .. n - 1", "limit + 1", "/", "{block: sum, of: x_i}",
])  # fmt: skip
def test_code_stays_code(text: str) -> None:
    assert EQUATIONS["typeset"](f"<code>{text}</code>") == f"<code>{text}</code>"


def test_only_inline_code_is_looked_at() -> None:
    page = '<p><code>y = f(x) / 2</code></p><pre><code class="python">y = x / 2</code></pre><p>y = x</p>'
    assert EQUATIONS["typeset"](page).count('class="equation"') == 1
