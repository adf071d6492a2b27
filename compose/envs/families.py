"""Families of environments: those that are built in, those that a program registers, and those of other packages.

A program adds families by :func:`register`, packages through the entry point group ``compose.envs``, whose entries are
named ``family`` or ``vendor/family`` and are objects like :class:`Family`; each is imported when a name asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from compose.envs.plugins import check_family, load, plugins
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

_BUILT_IN = {
    "battle": "compose.envs.battle",
    "gaussian_squeeze": "compose.envs.gaussian_squeeze",
    "group_matching": "compose.envs.group_matching",
    "lbf": "compose.envs.adapters.suites.lbf",
    "mpe": "compose.envs.adapters.suites.mpe",
    "overcooked": "compose.envs.adapters.suites.overcooked",
    "prey": "compose.envs.prey",
    "rware": "compose.envs.adapters.suites.rware",
    "skirmish": "compose.envs.skirmish",
    "smac": "compose.envs.smac",
    "smax": "compose.envs.adapters.smax.family",
    "spread": "compose.envs.spread",
    "vmas": "compose.envs.adapters.suites.vmas",
    "warehouse": "compose.envs.warehouse",
}


class Family(Protocol):
    """Environments that share a schema builder. Importing one must not import torch.

    A family whose environments cannot be made from what is installed with the package also has ``needs``: what they
    need, in a few words, such as ``"StarCraft II"``.
    """

    summary: str
    """One sentence for a list of environments."""
    instances: Mapping[str, Any]
    """Settings (a frozen Pydantic model) by instance name; ``""`` is the family's bare name."""

    def schema(self, instance: str, settings: Any) -> EntitySchema:
        """The schema of an instance under ``settings``, which options in the name may have changed."""

    def make(self, instance: str, schema: EntitySchema, settings: Any, device: str | torch.device) -> Environment:
        """The environment itself, or a SpecError if the schema is all there is."""


_REGISTERED: dict[str, Family] = {}


def register(name: str, family: Family) -> None:
    """Add a family as ``family`` or ``vendor/family``; one that was registered under this name before is replaced.

    Raises:
        SpecError: If the name is no name, or that of a built-in family.
    """
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*", name) or ".yaml" in name:
        hint = "a name is made of letters, digits, _, - and ., and may have parts with / between them"
        raise _error("environment-plugin", name, f"'{name}' is no name for an environment", hint)
    if name.partition("/")[0] in _BUILT_IN:
        raise _error("environment-plugin", name, f"'{name}' is built in", "choose another name, such as vendor/name")
    check_family(name, family, "what is registered")
    _REGISTERED[name] = family


def registered() -> dict[str, Family]:
    """What :func:`register` was given, by name."""
    return dict(_REGISTERED)


def names() -> tuple[str, ...]:
    """All built-in and registered names, then the families of installed plug-ins (which are not imported).

    Raises:
        SpecError: If two packages claim one name, or one claims a built-in family.
    """
    own = [full for name, family in _REGISTERED.items() for full in _instances(name, family)]
    return (*_built_in_names(), *own, *(name for name in plugins(_BUILT_IN) if name not in _REGISTERED))


def families() -> tuple[str, ...]:
    """The names of all families. Raises SpecError as :func:`names`."""
    return tuple(dict.fromkeys((*_BUILT_IN, *_REGISTERED, *plugins(_BUILT_IN))))


class Found(NamedTuple):
    """A family, and the instance of it that is asked for."""

    title: str
    """What the family is called."""
    instance: str
    family: Family

    @property
    def built_in(self) -> bool:
        """Whether it comes with the package."""
        return self.title in _BUILT_IN

    @property
    def instances(self) -> tuple[str, ...]:
        """The full names of all instances of the family. Raises SpecError if the family fails."""
        return _instances(self.title, self.family)

    @property
    def needs(self) -> str:
        """What it needs that does not come with the package; empty if it runs."""
        return str(getattr(self.family, "needs", ""))


def find(base: str) -> Found:
    """The family that a name without options asks for, and what is left of the name.

    Raises:
        SpecError: If there is no such family or it cannot be loaded.
    """
    others = {**plugins(_BUILT_IN), **_REGISTERED}
    first, _, rest = base.partition("/")
    if first in _BUILT_IN:
        return built_in(first, rest)
    for candidate in (base, base.rpartition("/")[0], first):
        if candidate in others:
            held = others[candidate]
            family = load(held) if isinstance(held, EntryPoint) else held
            return Found(candidate, base.removeprefix(candidate).removeprefix("/"), cast(Family, family))
    raise _error("unknown-environment", base, f"no environment '{base}'", _meant(base, others),
                 f"families: {', '.join((*_BUILT_IN, *others))}", "the name of a schema file contains .yaml")


def built_in(title: str, instance: str) -> Found:
    """An instance of a family that comes with the package."""
    return Found(title, instance, _built_in(title))


@contextmanager
def blamed(family: str) -> Iterator[None]:
    """Whatever a family of somebody else's raises is its fault, and told so. Raises SpecError."""
    try:
        yield
    except SpecError:
        raise
    except Exception as error:
        text = f"the family fails: {type(error).__name__}: {error}"
        raise _error("environment-plugin", family, text) from error


def _meant(base: str, others: Iterable[str]) -> str:
    """The environments whose instance a name without its family, or with another's, may stand for; or the nearest."""
    instance, named = base.rpartition("/")[2], _built_in_names()
    held = {name: name.partition("/")[2] for name in named if "/" in name}
    same = [name for name, one in held.items() if one.lower() == instance.lower()]
    near = "" if same else did_you_mean(base, (*_BUILT_IN, *others, *named))
    same = same or [name for name, one in held.items() if one == did_you_mean(instance, held.values())[14:-2]]
    return near or (f"is it {' or '.join(same)}?" if same else "")


def _built_in(family: str) -> Family:
    return cast(Family, import_module(_BUILT_IN[family]).FAMILY)


def _built_in_names() -> list[str]:
    return [full for family in _BUILT_IN for full in _instances(family, _built_in(family))]


def _instances(name: str, family: Family) -> tuple[str, ...]:
    with nullcontext() if name in _BUILT_IN else blamed(name):
        return tuple(joined(name, instance) for instance in family.instances)


def joined(family: str, instance: str) -> str:
    return f"{family}/{instance}" if instance else family


def _error(code: str, where: str, message: str, hint: str = "", *notes: str) -> SpecError:
    return SpecError(Diagnostic(code, message, where=where, hint=hint, notes=notes))
