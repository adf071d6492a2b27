"""What a question is about: a spec, the environment it is looked at in, and the graph of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.schema import EntitySchema
from compose.language.anything import loaded as load
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.load import Loaded

if TYPE_CHECKING:
    from compose.envs.interface import Environment
    from compose.language.anything import AnySpec

    AnyEnv: TypeAlias = str | EntitySchema | Environment
    """The name of an environment, its schema, or the environment itself."""


@dataclass(frozen=True)
class TypedSpec:
    """A spec that types in an environment (or, with symbolic sizes, in none)."""

    loaded: Loaded
    schema: EntitySchema | None
    graph: Graph
    assumed: bool
    """The environment is the spec's example; nobody named it."""

    @property
    def environment(self) -> str:
        """The environment for a heading."""
        if self.schema is None:
            return "no environment: sizes are symbolic"
        return f"{self.schema.name} (the spec's example; --env names another)" if self.assumed else self.schema.name


def typed_spec(spec: AnySpec, env: AnyEnv | None = None, overrides: Sequence[str] = (), *,
               example: bool = False) -> TypedSpec:
    """Load a spec and a schema and type the one against the other.

    Args:
        example: without ``env``, take the spec's example environment, if it names one.

    Raises:
        SpecError: with the mistakes of spec and environment together.
    """
    problems: list[Diagnostic] = []
    loaded, schema = None, None
    try:
        loaded = load(spec, overrides)
    except SpecError as error:
        problems += error.diagnostics
    assumed = example and env is None and loaded is not None and loaded.spec.example_env is not None
    name = loaded.spec.example_env if assumed and loaded is not None else env
    try:
        schema = environment(name)
    except SpecError as error:
        problems += error.diagnostics
    if problems or loaded is None:
        raise SpecError(*problems)
    return TypedSpec(loaded, schema, build_graph(loaded, schema), assumed)


def environment(env: AnyEnv | None) -> EntitySchema | None:
    """The schema of an environment; None for none. Raises SpecError."""
    if env is None or isinstance(env, EntitySchema):
        return env
    if not isinstance(env, str):
        return env.schema
    from compose.envs import catalogue

    return catalogue.schema(env)


def schema_of(about: TypedSpec) -> EntitySchema:
    """The environment's schema, for what needs sizes. Raises SpecError (``env.missing``) if there is none."""
    if about.schema is None:
        text = f"programs need sizes, so an environment, and {about.loaded.spec.name} names no example"
        raise SpecError(Diagnostic("env.missing", text, hint="name one with --env"))
    return about.schema


def build(spec: AnySpec, env: AnyEnv | None = None) -> Graph:
    """The typed graph of a spec in an environment: every value with its axes, the weights, the losses. No torch.

    Args:
        spec: A packaged name, a path, a :class:`Spec` or a builder.
        env: A name, a schema or an environment; the spec's own example unless told, and symbolic sizes without any.

    Raises:
        SpecError: With the mistakes of spec and environment together.
    """
    return typed_spec(spec, env, example=True).graph
