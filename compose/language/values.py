"""Small validated values a spec is made of: names, expressions, sizes, ratios, periods."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from compose.language.axes import SignatureError, signature
from compose.language.excerpt import named
from compose.language.expressions import ExpressionError, Number, Tree, Truth, parse, unparse
from compose.language.numerals import QUANTITY, quantity
from compose.language.scalars import UNPRINTABLE

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""A name a user chose: lower case, digits, underscores."""

SIGNS = " _.,:=/+-~@()[]$^"
"""What a label may hold beside letters, digits and marks on letters."""


def _label(text: str) -> str:
    bad = next((c for c in text if c not in SIGNS and unicodedata.category(c)[0] not in "LMN"), None)
    if bad is not None:
        said = f"a name may hold letters, digits, blanks and {SIGNS.strip()}, not {named(bad)}"
    elif text != text.strip():
        said = "a name begins and ends with something that is seen"
    else:
        return text
    raise PydanticCustomError("label", "{text}", {"text": said})


Label = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_label)]
"""A name in an environment: its own, of a type, a feature, an action, a task. It may be a path."""


def _prose(text: str) -> str:
    if bad := UNPRINTABLE.search(text):
        raise PydanticCustomError("prose", "{text}", {"text": f"the character {named(bad[0])} is not allowed"})
    return text


Prose = Annotated[str, AfterValidator(_prose)]
"""Text for people: nothing in it is invisible."""

Clock = Literal["env_steps", "episodes", "updates"]
CLOCKS: dict[str, tuple[str, ...]] = {
    "env_steps": ("env_steps", "env_step", "steps", "step", "t", "timesteps", "time_steps", "frames", "env steps"),
    "episodes": ("episodes", "episode", "games", "games played"),
    "updates": ("updates", "update", "iterations", "gradient_steps", "train_steps", "epochs", "gradient steps"),
}
"""Clocks, and what people call them."""


@dataclass(frozen=True)
class Expr:
    """An expression as a value: equal when the canonical texts are equal.

    ``source`` is the text as written (offsets of the tree point into it).
    """

    text: str
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", self.source or self.text)
        object.__setattr__(self, "text", unparse(parse(self.source)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expr) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    @cached_property
    def tree(self) -> Tree:
        return parse(self.source)

    @classmethod
    def of(cls, raw: object) -> Expr:
        """From what a spec may contain: text, a number or a truth value. Raises ExpressionError or TypeError."""
        if isinstance(raw, Expr):
            return raw
        if isinstance(raw, bool):
            return cls("true" if raw else "false")
        if isinstance(raw, int | float):
            return cls(repr(raw))
        if isinstance(raw, str):
            return cls(raw)
        kinds = {dict: "a mapping", list: "a list", type(None): "nothing"}
        raise TypeError(f"expected an expression, got {kinds.get(type(raw), type(raw).__name__)}")

    def plain(self) -> str | int | float | bool:
        """The same as YAML would hold it: numbers and truth values bare, everything else as text."""
        tree = self.tree
        return tree.value if isinstance(tree, Number | Truth) else self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"], "description": "an expression"}

    @classmethod
    def _validate(cls, raw: object) -> Expr:
        try:
            return cls.of(raw)
        except ExpressionError as error:
            context = {"offset": error.offset, "length": error.length, "hint": error.hint}
            raise PydanticCustomError("expression", "{text}", {"text": error.message, **context}) from None
        except TypeError as error:
            raise PydanticCustomError("expression", "{text}", {"text": str(error)}) from None


def _check_signature(text: str) -> str:
    try:
        signature(text)
    except SignatureError as error:
        raise PydanticCustomError("axes", "{text}", {"text": str(error)}) from None
    return text


class AxesTextMark:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(_check_signature, core_schema.str_schema(strict=True))


AxesText = Annotated[str, AxesTextMark]
"""A signature of axes, ``bool batch time agent entity``."""


class _Phrase:
    """A value written as a short phrase: ``PATTERN`` reads it, ``EXPECTED`` is said when it does not. Counts may be
    written ``50k`` and ``1M``."""

    CODE: ClassVar[str]
    COUNTS: ClassVar[int]
    """So many groups of the pattern are counts."""
    PATTERN: ClassVar[re.Pattern[str]]
    EXPECTED: ClassVar[str]

    @classmethod
    def of(cls, raw: object) -> Self:
        """From text (or the value itself). Raises PydanticCustomError."""
        if isinstance(raw, cls):
            return raw
        match = cls.PATTERN.fullmatch(raw.strip()) if isinstance(raw, str) else None
        counts = [] if match is None else [quantity(part) for part in match.groups()[:cls.COUNTS] if part is not None]
        if match is None or not all(counts):
            raise PydanticCustomError(cls.CODE, "{text}", {"text": cls.EXPECTED, "hint": cls._hint(str(raw).strip())})
        return cls._read(match, [count or 1 for count in counts])

    @classmethod
    def _read(cls, match: re.Match[str], counts: list[int]) -> Self:
        raise NotImplementedError

    @classmethod
    def _hint(cls, text: str) -> str:
        """What to write instead."""
        return ""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.of)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{cls.PATTERN.pattern}$"}


@dataclass(frozen=True)
class Period(_Phrase):
    """``200 episodes``: a number of ticks of a clock."""

    count: int
    clock: Clock

    CODE, COUNTS = "period", 1
    PATTERN = re.compile(rf"({QUANTITY})\s+(env_steps|episodes|updates)")
    EXPECTED = "expected a count and a clock (env_steps, episodes, updates) such as '200 episodes'"

    def __str__(self) -> str:
        return f"{self.count} {self.clock}"

    @classmethod
    def _read(cls, match: re.Match[str], counts: list[int]) -> Self:
        return cls(counts[0], match[2])  # type: ignore[arg-type]

    @classmethod
    def _hint(cls, text: str) -> str:
        count, clock = re.fullmatch(rf"({QUANTITY})?\s*(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
        if not quantity(count or "1"):
            return ""
        if count and not clock:
            return f"of which clock? '{count} env_steps', '{count} episodes' or '{count} updates'"
        known = next((name for name, words in CLOCKS.items() if clock.lower() in words), None)
        return f"write '{count or 1} {known}'" if known else ""


@dataclass(frozen=True)
class Ratio(_Phrase):
    """``1 per episode``, ``8 per 8 episodes``: gradient updates for collected episodes (the update-to-data ratio).
    ``8 per horizon``: for every piece that was collected."""

    updates: int
    episodes: int
    """1 of a horizon."""
    horizon: bool = False

    CODE, COUNTS = "ratio", 2
    PATTERN = re.compile(rf"({QUANTITY})\s+per\s+(?:({QUANTITY})\s+episodes|episode|horizon)")
    EXPECTED = "expected updates per episodes, such as '1 per episode' or '8 per 8 episodes', or '8 per horizon'"

    def __str__(self) -> str:
        if self.horizon:
            return f"{self.updates} per horizon"
        return f"{self.updates} per {'episode' if self.episodes == 1 else f'{self.episodes} episodes'}"

    @classmethod
    def _read(cls, match: re.Match[str], counts: list[int]) -> Self:
        return cls(counts[0], counts[1] if len(counts) > 1 else 1, match[0].endswith("horizon"))

    @classmethod
    def _hint(cls, text: str) -> str:
        if found := re.fullmatch(rf"({QUANTITY})\s*(?:per|/)\s*(?:piece|rollout|collection|1 horizon)s?", text):
            return f"write '{found[1]} per horizon'"
        found = re.fullmatch(rf"({QUANTITY})(?:\s*(?:per|/)\s*({QUANTITY})?\s*(?:episodes?)?)?", text)
        if found is None or not all(quantity(part) for part in found.groups() if part):
            return ""
        return f"write '{found[1]} per {f'{found[2]} episodes' if found[2] else 'episode'}'"
