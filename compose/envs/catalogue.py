"""Find an environment by name. Schemas need no torch; only :func:`make` imports it.

A name is ``family``, ``family/instance``, either followed by ``:key=value,key=value``, or the path of a file (it
contains ``.yaml``): of a schema, or of a StarCraft scenario, which has the key ``scenario`` and may be followed by
options too. A program adds families by :func:`register`, packages through the entry point group ``compose.envs``,
whose entries are named ``family`` or ``vendor/family`` and are objects like :class:`Family`; each is imported when a
name asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from compose.envs import options
from compose.envs.adapters import file as adapted
from compose.envs.adapters.family import make_file
from compose.envs.plugins import check_family, load, plugins
from compose.envs.sizes import check_size
from compose.graph.schema import EntitySchema
from compose.graph.schema_file import load_schema
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.values import Label

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

_BUILT_IN = {
    "gaussian_squeeze": "compose.envs.gaussian_squeeze",
    "group_matching": "compose.envs.group_matching",
    "skirmish": "compose.envs.skirmish",
    "smac": "compose.envs.smac",
    "smax": "compose.envs.adapters.smax.family",
}
_PLAYS_SCENARIOS = "skirmish"
"""The family that scenario files belong to."""
_LABEL: TypeAdapter[str] = TypeAdapter(Label)


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
    own = [joined for name, family in _REGISTERED.items() for joined in _instances(name, family)]
    return (*_built_in_names(), *own, *(name for name in plugins(_BUILT_IN) if name not in _REGISTERED))


def families() -> tuple[str, ...]:
    """The names of all families. Raises SpecError as :func:`names`."""
    return tuple(dict.fromkeys((*_BUILT_IN, *_REGISTERED, *plugins(_BUILT_IN))))


def instances(family: str) -> tuple[str, ...]:
    """The full names of a family's instances. Raises SpecError if there is no such family or it cannot be loaded."""
    return _instances(family, _family(family)[2])


def summary(family: str) -> str:
    """A family's sentence. Raises SpecError as :func:`instances`."""
    return _family(family)[2].summary


def needs(name: str) -> str:
    """What an environment needs that does not come with the package; empty if it runs. Raises SpecError as
    :func:`schema`."""
    if _is_schema(name):
        return "" if adapted.has_adapter(name) else "an implementation"
    return str(getattr(_family(_parts(name)[0])[2], "needs", ""))


def settings(name: str) -> BaseModel | None:
    """What options in the name may change, as the name leaves it; None for a schema file. Raises SpecError as
    :func:`schema`."""
    return None if _is_schema(name) else cast(BaseModel, _resolve(name).settings)


def schema(name: str) -> EntitySchema:
    """The entity schema of ``name``.

    Raises:
        SpecError: If there is no such family, instance, option or file, or a value or file is invalid.
    """
    return adapted.schema_of(name) if _is_schema(name) else _resolve(name).schema


def make(name: str, *, device: str | torch.device = "cpu") -> Environment:
    """A batched environment.

    Raises:
        SpecError: As :func:`schema`, if the environment is data only, and ``env.*`` if one of a plug-in cannot be made.
    """
    from compose.envs.guard import made

    if _is_schema(name):
        if adapted.has_adapter(name):
            check_size(adapted.schema_of(name))
            return made(name, lambda: make_file(name, device))
        load_schema(name)
        raise _error("environment-data-only", name, "a schema file describes an environment, it cannot run one",
                     "a section 'adapter' would say how to play it")
    found = _resolve(name)
    check_size(found.schema)
    make = partial(found.family.make, found.instance, found.schema, found.settings, device)
    return make() if found.built_in else made(name, make)


class _Resolved(NamedTuple):
    """What a name means."""

    family: Family
    instance: str
    schema: EntitySchema
    settings: Any
    built_in: bool


def _resolve(name: str) -> _Resolved:
    _check_label(name)
    base, colon, text = _parts(name)
    title, instance, family = _family(base)
    built_in = title in _BUILT_IN
    with nullcontext() if built_in else _blamed(title):
        if instance not in family.instances:
            known = [_joined(title, other) for other in family.instances]
            message = f"no environment '{base}'" if instance else f"'{base}' needs an instance"
            hint = did_you_mean(base, known) if instance else ""
            raise _error("unknown-environment", name, message, hint, f"there are: {', '.join(known)}")
        settings = family.instances[instance]
        if colon:
            given = options.parse(name, text)
            settings, base = options.changed(name, settings, given), f"{base}:{options.text(given)}"
        schema = family.schema(instance, settings).model_copy(update={"name": base})
    return _Resolved(family, instance, schema, settings, built_in)


@contextmanager
def _blamed(family: str) -> Iterator[None]:
    """Whatever a family of somebody else's raises is its fault, and told so."""
    try:
        yield
    except SpecError:
        raise
    except Exception as error:
        text = f"the family fails: {type(error).__name__}: {error}"
        raise _error("environment-plugin", family, text) from error


def _check_label(name: str) -> None:
    """What an environment is called by is its name in runs and files. Raises SpecError (``environment-name``)."""
    try:
        _LABEL.validate_python(name or "unnamed")
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        hint = "go where the file lies, or move it" if ".yaml" in name else ""
        raise _error("environment-name", name, problem["msg"], hint) from None


def _is_schema(name: str) -> bool:
    """Whether a name is the path of a file, and not of a scenario."""
    if ".yaml" not in name:
        return False
    from compose.envs.starcraft.scenario_file import is_scenario

    return not is_scenario(_parts(name)[0])


def _parts(name: str) -> tuple[str, str, str]:
    """The name without options, a colon if there are options, the options."""
    path, end, text = name.partition(".yaml:")
    return (f"{path}.yaml", ":", text) if end else (name, "", "") if ".yaml" in name else name.partition(":")


def _family(base: str) -> tuple[str, str, Family]:
    """The family's name, the instance's name and the family that ``base`` asks for."""
    if ".yaml" in base:
        return _PLAYS_SCENARIOS, base, _built_in(_PLAYS_SCENARIOS)
    others = {**plugins(_BUILT_IN), **_REGISTERED}
    first, _, rest = base.partition("/")
    if first in _BUILT_IN:
        return first, rest, _built_in(first)
    for candidate in (base, base.rpartition("/")[0], first):
        if candidate in others:
            held = others[candidate]
            family = load(held) if isinstance(held, EntryPoint) else held
            return candidate, base.removeprefix(candidate).removeprefix("/"), cast(Family, family)
    raise _error("unknown-environment", base, f"no environment '{base}'", _meant(base, others),
                 f"families: {', '.join((*_BUILT_IN, *others))}", "the name of a schema file contains .yaml")


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
    return [joined for family in _BUILT_IN for joined in _instances(family, _built_in(family))]


def _instances(name: str, family: Family) -> tuple[str, ...]:
    with nullcontext() if name in _BUILT_IN else _blamed(name):
        return tuple(_joined(name, instance) for instance in family.instances)


def _joined(family: str, instance: str) -> str:
    return f"{family}/{instance}" if instance else family


def _error(code: str, where: str, message: str, hint: str = "", *notes: str) -> SpecError:
    return SpecError(Diagnostic(code, message, where=where, hint=hint, notes=notes))
