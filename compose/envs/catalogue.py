"""Find an environment by name. Schemas need no torch; only :func:`make` imports it.

A name is ``family``, ``family/instance``, either followed by ``:key=value,key=value``, or the path of a file (it
contains ``.yaml``): of a schema, or of a StarCraft scenario, which has the key ``scenario`` and may be followed by
options too. :func:`resolve` alone reads names; whose families there are, ``families`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pydantic import BaseModel, TypeAdapter, ValidationError

from compose.envs import families, options
from compose.envs.adapters import file as adapted
from compose.envs.adapters.family import make_declared
from compose.envs.sizes import check_size
from compose.envs.starcraft.scenario_file import is_scenario
from compose.graph.schema import EntitySchema
from compose.graph.schema_file import load_schema
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.values import Label

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

    Device: TypeAlias = str | torch.device

_PLAYS_SCENARIOS = "skirmish"
"""The family that scenario files belong to."""
_LABEL: TypeAdapter[str] = TypeAdapter(Label)


@dataclass(frozen=True)
class Resolved:
    """What a name stands for."""

    name: str
    schema: EntitySchema
    settings: BaseModel | None
    """What options in the name may change, as the name leaves it; None for a schema file."""
    needs: str
    """What it needs that does not come with the package; empty if it runs."""
    built_in: bool
    """Whether its code comes with the package; what goes wrong in any other is told as its fault."""
    maker: Callable[[Device], Environment] | None
    """None if it is data only."""

    def make(self, device: Device = "cpu") -> Environment:
        """The environment. Raises SpecError as :func:`make`."""
        if self.maker is None:
            text = "a schema file describes an environment, it cannot run one"
            raise _error("environment-data-only", self.name, text, "a section 'adapter' would say how to play it")
        check_size(self.schema)
        make = partial(self.maker, device)
        if self.built_in:
            return make()
        from compose.envs.guard import made

        return made(self.name, make)


def resolve(name: str) -> Resolved:
    """What a name stands for. Raises SpecError as :func:`schema`."""
    return _file(name) if _is_schema(name) else _instance(name)


def schema(name: str) -> EntitySchema:
    """The entity schema of ``name``.

    Raises:
        SpecError: If there is no such family, instance, option or file, or a value or file is invalid.
    """
    return resolve(name).schema


def make(name: str, *, device: Device = "cpu") -> Environment:
    """A batched environment.

    Raises:
        SpecError: As :func:`schema`, if the environment is data only, and ``env.*`` if one of a plug-in cannot be made.
    """
    return resolve(name).make(device)


def _is_schema(name: str) -> bool:
    """Whether a name is the path of a file, and not of a scenario."""
    return ".yaml" in name and not is_scenario(_parts(name)[0])


def _file(path: str) -> Resolved:
    """The environment of a schema file, with an adapter or without."""
    if not adapted.has_adapter(path):
        return Resolved(path, load_schema(path), None, "an implementation", built_in=True, maker=None)
    declared = adapted.load(path)
    return Resolved(path, declared.schema, None, "", built_in=False, maker=partial(make_declared, declared))


def _instance(name: str) -> Resolved:
    """An instance of a family, or a scenario in a file."""
    _check_label(name)
    base, colon, text = _parts(name)
    found = families.built_in(_PLAYS_SCENARIOS, base) if ".yaml" in base else families.find(base)
    title, instance, family = found
    with nullcontext() if found.built_in else families.blamed(title):
        if instance not in family.instances:
            known = [families.joined(title, other) for other in family.instances]
            message = f"no environment '{base}'" if instance else f"'{base}' needs an instance"
            hint = did_you_mean(base, known) if instance else ""
            raise _error("unknown-environment", name, message, hint, f"there are: {', '.join(known)}")
        settings = family.instances[instance]
        if colon:
            given = options.parse(name, text)
            settings, base = options.changed(name, settings, given), f"{base}:{options.text(given)}"
        schema = family.schema(instance, settings).model_copy(update={"name": base})
    maker = partial(family.make, instance, schema, settings)
    return Resolved(name, schema, settings, found.needs, found.built_in, maker)


def _check_label(name: str) -> None:
    """What an environment is called by is its name in runs and files. Raises SpecError (``environment-name``)."""
    try:
        _LABEL.validate_python(name or "unnamed")
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        hint = "go where the file lies, or move it" if ".yaml" in name else ""
        raise _error("environment-name", name, problem["msg"], hint) from None


def _parts(name: str) -> tuple[str, str, str]:
    """The name without options, a colon if there are options, the options."""
    path, end, text = name.partition(".yaml:")
    return (f"{path}.yaml", ":", text) if end else (name, "", "") if ".yaml" in name else name.partition(":")


def _error(code: str, where: str, message: str, hint: str = "", *notes: str) -> SpecError:
    return SpecError(Diagnostic(code, message, where=where, hint=hint, notes=notes))
