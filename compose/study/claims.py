"""Claims as a person writes them: ``A > B at 1M``, ``A ~ B within 0.05 in ENV``; what they mean is in ``verdicts``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from compose.language.diagnostics import Diagnostic, Span, did_you_mean
from compose.language.numerals import quantity

FORM = "a claim is written 'A > B', 'A < B' or 'A ~ B within 0.05', then 'at 1M' and 'in ENV' if need be"
CLAUSES = {"at": "a number of environment steps such as 250k or 1M", "in": "an environment such as group_matching",
           "within": "a difference such as 0.05"}  # fmt: skip
_WORD = re.compile(r"""(?P<quote>["'])(?P<inside>(?:(?!(?P=quote)).|(?P=quote){2})*)(?P=quote)(?!(?P=quote))"""
                   r"|[<>=~≈]*[<>~≈][<>=~≈]*|=+(?=\s|$)|[^\s<>~≈]+", re.DOTALL)
_NAME = re.compile(r"[\w.\-+/:,()\[\]=@]+")
_SLIPS = {">=": ">", "=>": ">", ">>": ">", "<=": "<", "=<": "<", "<<": "<", "=": "~", "==": "~", "≈": "~", "~=": "~",
          "=~": "~", "~~": "~"}  # fmt: skip
_SAID = {"beats": ">", "better": ">", "than": ">", "above": ">", "over": ">", "outperforms": ">", "worse": "<",
         "below": "<", "equals": "~", "matches": "~", "same": "~", "is": ">", "like": "~"}  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """A mistake in the text of a claim: ``length`` characters from ``offset``."""

    code: str
    message: str
    offset: int
    length: int
    hint: str = ""

    def diagnostic(self, text: str, span: Span | None = None, where: str = "") -> Diagnostic:
        """For a person: at its part of ``span``, where the text stands in a file, or else of the text alone."""
        span = span or Span(where or "claim", 1, 1, len(text) + 1, text.replace("\n", " "))
        return Diagnostic(self.code, self.message, where, span.at(self.offset, self.length), self.hint)


class ClaimError(ValueError):
    """The text is no claim."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.message)
        self.wrong = wrong


@dataclass(frozen=True)
class _Part:
    """A word, or what stands in quotes."""

    text: str
    offset: int
    length: int
    quoted: bool = False

    @property
    def word(self) -> str:
        """Its text, unless it is quoted: then it is a name."""
        return "" if self.quoted else self.text

    @property
    def is_name(self) -> bool:
        """Whether it can be the name of a method."""
        return bool(self.text.strip()) if self.quoted else _NAME.fullmatch(self.text) is not None

    def wrong(self, code: str, message: str, hint: str = "") -> ClaimError:
        return ClaimError(Wrong(code, message, self.offset, max(1, self.length), hint))


@dataclass(frozen=True)
class Claim:
    """What is said of two methods; ``A < B`` is ``B > A``."""

    left: str
    right: str
    relation: Literal["better", "same"]
    """``better``: the left one scores more."""
    within: float | None = None
    """Of ``same``: how far they may be apart."""
    at: int | None = None
    """After so many environment steps; at the end unless told."""
    env: str | None = None
    """In which environment; over all of a study unless told."""
    source: str = ""
    """As it was written."""

    def __str__(self) -> str:
        sign = ">" if self.relation == "better" else "~"
        within = "" if self.within is None else f" within {self.within:g}"
        at = "" if self.at is None else f" at {_short(self.at)}"
        env = f" in {_said(self.env)}" if self.env else ""
        return f"{_said(self.left)} {sign} {_said(self.right)}{within}{at}{env}"

    def unknown(self, methods: Iterable[str], envs: Iterable[str] = ()) -> list[Wrong]:
        """Names in it that are none of these, each with the nearest one; ``envs`` are not asked if there are none."""
        methods, envs = list(methods), list(envs)
        asked = [(self.left, methods, "claim.method", "method"), (self.right, methods, "claim.method", "method")]
        asked += [(self.env, envs, "claim.env", "environment")] if self.env and envs else []
        wrong = []
        for name, known, code, kind in asked:
            if name not in known:
                hint = did_you_mean(name, known) or f"one of: {', '.join(known)}"
                part = next((part for part in _parts(self.source) if part.text == name), _Part(name, 0, len(name)))
                wrong.append(Wrong(code, f"there is no {kind} '{name}' here", part.offset, part.length, hint))
        return wrong

    def wrong_at(self, message: str) -> Wrong:
        """A mistake about the step after ``at``."""
        parts = _parts(self.source)
        number = parts[next(i for i, part in enumerate(parts) if i > 2 and part.word == "at") + 1]
        return Wrong("claim.at", message, number.offset, number.length)

    @classmethod
    def read(cls, text: str) -> Claim:
        """From its text. Raises ClaimError: ``claim.form``, ``claim.at``, ``claim.in``, ``claim.within``,
        ``claim.twice``, ``claim.itself``."""
        return _read(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "description": FORM}

    @classmethod
    def _validate(cls, raw: object) -> Claim:
        if isinstance(raw, Claim):
            return raw
        try:
            return cls.read(raw if isinstance(raw, str) else "")
        except ClaimError as error:
            wrong = error.wrong
            context = {"offset": wrong.offset, "length": wrong.length, "hint": wrong.hint}
            raise PydanticCustomError(wrong.code, "{text}", {"text": wrong.message, **context}) from None


def _read(text: str) -> Claim:
    parts = _parts(text)
    end = _Part("", len(text.rstrip()), 0)
    left, sign, right = [*parts, end, end, end][:3]
    _check_quotes(parts)
    if sign.word not in (">", "<", "~"):
        raise _no_sign(parts, sign)
    for name in (left, right):
        if not name.is_name:
            odd = name.text.strip() and not name.quoted and not re.search("[<>~≈]", name.text)
            hint = f"with such characters it stands in quotes: {_said(name.text)}" if odd else FORM
            raise name.wrong("claim.form", "the name of a method is missing here", hint)
    if left.text == right.text:
        raise right.wrong("claim.itself", f"{left.text} is compared with itself")
    found = _clauses(parts[3:], end)
    relation: Literal["better", "same"] = "same" if sign.word == "~" else "better"
    if relation == "same" and "within" not in found:
        raise sign.wrong("claim.within", "how far may they be apart?", "add 'within 0.05'")
    if relation == "better" and "within" in found:
        hint = f"'{left.text} ~ {right.text} within ...' says that they are equal up to so much"
        raise found["within"].wrong("claim.within", "'within' goes with '~'", hint)
    first, second = (right, left) if sign.text == "<" else (left, right)
    return Claim(first.text, second.text, relation, _within(found.get("within")), _at(found.get("at")),
                 found["in"].text if "in" in found else None, text)


def _check_quotes(parts: list[_Part]) -> None:
    """Refuse a quote that nothing closes."""
    for part in parts:
        if part.word[:1] in ('"', "'") and part.word:
            hint = f"a name in quotes ends with {part.text[0]}, and one in it is written twice"
            raise part.wrong("claim.form", "this quote does not end", hint)


def _no_sign(parts: list[_Part], sign: _Part) -> ClaimError:
    """What stands where ``>``, ``<`` or ``~`` should."""
    meant = _SLIPS.get(sign.text) or _SAID.get(sign.text.lower())
    message = "expected '>', '<' or '~' here" + (f", got '{sign.text}'" if sign.text else "")
    if not parts:
        message = "there is no claim"
    elif sign.word and not meant and any(part.word in (">", "<", "~") for part in parts):
        return sign.wrong("claim.form", message, "a name with blanks stands in quotes")
    return sign.wrong("claim.form", message, f"write '{meant}'" if meant else FORM)


def _clauses(parts: list[_Part], end: _Part) -> dict[str, _Part]:
    """What follows ``at``, ``in`` and ``within``."""
    found: dict[str, _Part] = {}
    while parts:
        word, value, parts = parts[0], parts[1] if len(parts) > 1 else end, parts[2:]
        if word.word not in CLAUSES:
            steps = word.text in ("steps", "env_steps", "env", "timesteps")
            hint = "'at 1M' means environment steps" if steps else did_you_mean(word.text, CLAUSES)
            raise word.wrong("claim.form", f"expected 'at', 'in' or 'within', got '{word.text}'", hint or FORM)
        if word.text in found:
            raise word.wrong("claim.twice", f"'{word.text}' is said twice")
        if not value.text or value.word in CLAUSES:
            raise value.wrong(f"claim.{word.text}", f"'{word.text}' needs {CLAUSES[word.text]}")
        found[word.text] = value
    return found


def _at(part: _Part | None) -> int | None:
    if part is None:
        return None
    found = quantity(part.text)
    if not found:
        raise part.wrong("claim.at", f"'{part.text}' is no number of environment steps", f"{CLAUSES['at']}")
    return found


def _within(part: _Part | None) -> float | None:
    if part is None:
        return None
    try:
        found = float(part.text)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found > 0):
        percent = re.fullmatch(r"(\d+(?:\.\d+)?)%", part.text)
        hint = f"write {float(percent[1]) / 100:g}" if percent else CLAUSES["within"]
        raise part.wrong("claim.within", f"'{part.text}' is no difference above 0", hint)
    return found


def _parts(text: str) -> list[_Part]:
    found = []
    for match in _WORD.finditer(text):
        inside, quote = match["inside"], match["quote"]
        said = match[0] if inside is None else inside.replace(quote * 2, quote)
        found.append(_Part(said, match.start(), len(match[0]), inside is not None))
    return found


def _said(name: str) -> str:
    """A name as a claim may write it: in quotes if it has to be."""
    return name if _NAME.fullmatch(name) and name not in CLAUSES else '"' + name.replace('"', '""') + '"'


def _short(steps: int) -> str:
    """1000000 as 1M."""
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if steps % (size // 10) == 0 and steps >= size:
            return f"{steps / size:g}{unit}" if steps / size < 10**5 else str(steps)
    return str(steps)
