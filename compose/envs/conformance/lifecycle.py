"""Before the first reset; and the schema, which is the same whenever one asks."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from compose.envs import catalogue
from compose.envs.conformance.case import Case, Property
from compose.envs.guard.finding import Finding
from compose.envs.scaling import within
from compose.graph.schema import EntitySchema


def _unreset(case: Case) -> Iterator[Finding]:
    env = case.make()
    expected = "a RuntimeError from step before the first reset"
    try:
        nothing = torch.zeros(1, env.schema.agents, dtype=torch.int64, device=env.device)
        parts = env.schema.sizes.get("part", 0)
        env.step(within(nothing[..., None].expand(-1, -1, parts), env.schema) if parts else nothing)
    except RuntimeError:
        return
    except Exception as error:
        yield Finding("env.unreset", expected, f"{type(error).__name__}: {error}")
    else:
        yield Finding("env.unreset", expected, "a transition")


def _schema(case: Case) -> Iterator[Finding]:
    schema = case.plays[0].schema
    read = EntitySchema.model_validate_json(schema.model_dump_json())
    others = {"a second environment": case.make().schema, "its own JSON": read}
    if isinstance(case.source, str):
        others["the catalogue"] = catalogue.schema(case.source)
    for what, other in others.items():
        if other.hash != schema.hash:
            mine, theirs = schema.model_dump(mode="json"), other.model_dump(mode="json")
            parts = ", ".join(name for name in mine if mine[name] != theirs[name])
            yield Finding("env.hash", f"the same schema from {what}", f"another hash: they differ in {parts}")


UNRESET = Property("reset first", "step before the first reset is refused", _unreset)
SCHEMA = Property("schema", "the schema and its hash are the same whenever one asks", _schema)
