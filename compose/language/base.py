"""What all models of the language share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

Key = TypeVar("Key")
Item = TypeVar("Item")
Frozen = Annotated[Mapping[Key, Item], AfterValidator(lambda m: MappingProxyType(dict(m)))]
"""A mapping that cannot be changed."""


class Model(BaseModel):
    """Closed (a misspelt key is an error), frozen, strict (``"64"`` and ``true`` are no numbers)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
