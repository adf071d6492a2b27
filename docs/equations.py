"""Sets the equations of docstrings in type: they are written in plain text, for terminals and editors.

    v_n <- alpha v_n + sum_{s >= t} x_s^2     becomes     v with n below it, an arrow, a Greek letter, ...

An equation is inline code that has an operator and is no Python. Nothing is loaded when a page is read: it is HTML.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

PAGES = ("blocks", "api")
"""Pages that are made of docstrings begin like that."""
CODE = re.compile(r"<code>([^<>]*)</code>")
OPERATOR = re.compile(r"(?<=\S )(?:[-+*/]?=|<-|<=|>=|[/.<>])(?= \S)|\^|\b(?:sum|max|min|softmax|mean)_[\w{]"
                      r"|\b(?:log|sqrt|max|min)\(")
NONE = re.compile(r"[\"`:&~@]|(?<!\w)'|\w\.[a-z_]|\w\(\w+=|^\[|->|(?<!\.)\.\.(?!\.)|\*\*|(?<![_^]){")
"""What stands in no equation: texts, attributes of objects, keywords, axes, ranges."""
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "eta": "η", "lambda": "λ",
         "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω"}  # fmt: skip
SIGNS = {"<-": "←", "<=": "≤", ">=": "≥", "-": "−", "*": "·", ".": "·", "==": "=", "'": "′", "sum": "∑", "sqrt": "√"}
UPRIGHT = {"log", "exp", "max", "min", "softmax", "sparsemax", "clip", "tanh", "sigmoid", "var", "mean", "if", "else",
           "mod", "argmax", "E"}  # fmt: skip
TOKEN = re.compile(
    r"(?P<at>[_^])(?:\{(?P<braced>[^{}]*)\}|\((?P<bracketed>[^()]*)\)|(?P<bare>-?\w[A-Za-z0-9]*(?:\(\w\))?(?:_\w+)?))"
    r"|(?P<name>[A-Za-z]+\d*)|(?P<sign><-|<=|>=|==|-|\*|'|(?<=\s)\.(?=\s))|(?P<other>.)", re.DOTALL)


def on_page_content(html: str, *, page: Any, **kwargs: Any) -> str:
    """Of MkDocs, for every page."""
    return typeset(html) if page.file.name.startswith(PAGES) else html


def typeset(html: str) -> str:
    """A page with its equations set."""
    def one(code: re.Match[str]) -> str:
        text = unescape(code[1])
        return f'<span class="equation">{set_(text)}</span>' if is_equation(text) else code[0]

    return CODE.sub(one, html)


def is_equation(text: str) -> bool:
    """Is it meant as mathematics rather than as Python or YAML?"""
    compares = "==" in text and " = " not in text
    return bool(OPERATOR.search(text)) and not NONE.search(text) and not compares


def set_(text: str) -> str:
    """HTML of an equation: italic names, Greek letters, signs, indices below and powers above."""
    return "".join(_token(token) for token in TOKEN.finditer(text))


def _token(token: re.Match[str]) -> str:
    if at := token["at"]:
        inner = set_(next(part for part in token.group("braced", "bracketed", "bare") if part is not None))
        return f"<sub>{inner}</sub>" if at == "_" else f"<sup>{inner}</sup>"
    if name := token["name"]:
        if name in SIGNS:
            return SIGNS[name]
        return name if name in UPRIGHT else f"<i>{GREEK.get(name, name)}</i>"
    return SIGNS.get(token["sign"] or "") or escape(token["other"], quote=False)
