"""The ``adapter:`` section of a schema file: where in another API's answers an environment's fields are found.

Offsets count numbers in one agent's flat observation (or in the state), from 0. No torch, and none of the other APIs.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, model_validator
from pydantic import Field as Limits
from pydantic_core import PydanticCustomError

from compose.graph.fields import Model

Offset = Annotated[int, Limits(ge=0)]
Positive = Annotated[int, Limits(ge=1)]
Api = Literal["pettingzoo", "gymnasium", "gymnasium-vector"]
Reward = Literal["sum", "mean", "same", "team"]
Scalar = bool | int | float | str


class Observation(Model):
    """What an agent observes: one array, flattened."""

    noun: ClassVar[str] = "the observation"

    size: Positive
    """Numbers in it."""
    key: str | None = None
    """Its entry, if what an agent observes is a dict."""
    pad: bool = False
    """Shorter observations are filled up with zeros; otherwise they are refused."""


class Mask(Model):
    """Where the available actions of an agent are told."""

    model_config = ConfigDict(serialize_by_alias=True)
    noun: ClassVar[str] = "the mask"

    place: Literal["info", "observation"] = Limits(alias="in")
    """In the agent's info, or in its observation, which then is a dict."""
    key: str = "action_mask"


class Read(Model):
    """A number in the observer's observation that says whether it sees an entity."""

    noun: ClassVar[str] = "this"

    at: Offset
    each: Offset
    """From the number of one slot to that of the next. An agent's own slot is left out of the agents' count."""
    hidden: float = 0.0
    """What the number is where the entity is not seen."""


class Source(Model):
    """Where one feature of a row comes from: exactly one of ``at``, ``value`` and ``slot``."""

    noun: ClassVar[str] = "a feature's source"

    at: Offset | None = None
    """Its first number, counted from where the row begins."""
    relative_to: Offset | None = None
    """It is relative to these numbers of the same observation, which are added: the row holds absolute ones."""
    value: tuple[float, ...] | None = None
    """Constant numbers."""
    slot: bool = False
    """One-hot place of the row among the rows of this list entry."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at is not None) + (self.value is not None) + self.slot != 1:
            raise PydanticCustomError("source", "{text}", {"text": "give exactly one of 'at', 'value' and 'slot'"})
        if self.relative_to is not None and self.at is None:
            raise PydanticCustomError("source", "{text}", {"text": "'relative_to' belongs to 'at'"})
        return self


class Rows(Model):
    """Some entity slots of one side, in order, and where their features are."""

    model_config = ConfigDict(serialize_by_alias=True)
    noun: ClassVar[str] = "an entry of rows"

    of: Literal["agent", "other"]
    slots: Positive | None = None
    """How many; the rest of the side, unless told."""
    origin: Literal["own", "observed", "state"] = Limits(alias="from")
    """``own``: each agent's own observation. ``observed``: the observations of agents that see the entity, which must
    agree. ``state``: the environment's state."""
    first: Offset = 0
    """Where the first row begins."""
    each: Offset = 0
    """From the beginning of one row to that of the next."""
    features: dict[str, Source]
    """By the schema's names; what is left out is zero."""
    visible: Literal["all", "self", "read"]
    """``all``: every agent sees them. ``self``: an agent sees itself only. ``read``: as ``read`` says."""
    read: Read | None = None


class Answers(Model):
    """How an API's answers are read, without entities. What changes results (reward, reduction) has no default."""

    model_config = ConfigDict(serialize_by_alias=True)
    noun: ClassVar[str] = "the adapter"

    api: Api
    agents: tuple[str, ...] | None = None
    """PettingZoo's names in the order of the slots; ``possible_agents``, unless told."""
    observation: Observation
    mask: Mask | None = None
    """None: what the action space allows is always available."""
    reward: Reward
    """How the agents' rewards become the team's. ``sum``; ``mean``: the sum over the number of agents of the episode;
    ``same``: all get the same, which is checked; ``team``: the environment gives one number."""
    state: Literal["none", "method", "joined"] = "none"
    """The field ``state``: what PettingZoo's ``state()`` returns, or all observations joined."""
    state_size: Positive | None = None
    """For ``method``."""
    position: Offset | None = None
    """The field ``position``: two numbers of the agent's own observation."""
    success: str | None = None
    """The key of an info that is true in the step that reaches the goal. None: ``success`` stays False."""
    at_limit: Literal["told", "truncated"] = "told"
    """What an end in the last step of the limit is: what the environment says, or, where it says ``terminated`` of its
    own time limit as well, a truncation whatever it says."""


class Adapter(Answers):
    """The section."""

    id: str | None = None
    """The environment's name in gymnasium's registry. None: it is given from Python."""
    options: dict[str, Scalar] = Limits(default_factory=dict)
    """Arguments that go with ``id``."""
    rows: Annotated[tuple[Rows, ...], Limits(min_length=1)]

    @property
    def digest(self) -> str:
        """The first digits of the SHA-256 of the section's canonical JSON."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
