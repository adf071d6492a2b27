"""What a spec file may say, as frozen Pydantic models. See ``docs/language.md`` for the grammar.

Models check form; what names mean and which axes meet is the graph's business.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from compose.language.acting import Acting
from compose.language.base import Frozen, Model
from compose.language.block import AxisName, OneOrMore
from compose.language.identity import canonical as canonical
from compose.language.identity import canonical_json
from compose.language.learning import Learning
from compose.language.moving import Param
from compose.language.nodes import MODIFIERS, Node
from compose.language.role import NODE, OWN, Role, section
from compose.language.starting import Orthogonal
from compose.language.values import AxesText, Expr, Label, Name, Prose
from compose.language.write import write

PARAM = Role("parameter", "a param", whole=("kind",))
AXIS = Role("axis", "an axis of the spec's own")
NETWORK = Role("network", "a network", tags=("like",), whole=("like", "returns"))
LOSS = Role("loss", "a loss", tags=("of",), whole=("of",))
LOGGED = Role("value", "a value that is logged")
RECORDED = Role("value", "a value that acting records")

VERSION = 1
"""The format this package writes; ``compose: 1`` in a file."""


def nothing() -> MappingProxyType[str, Any]:
    """An empty section."""
    return MappingProxyType({})


def _unreserved(name: str) -> str:
    if name in MODIFIERS:
        text = f"'{name}' is a setting of every application; give the input another name"
        raise PydanticCustomError("name.reserved", "{text}", {"text": text})
    return name


InputName = Annotated[Name, AfterValidator(_unreserved), Field(json_schema_extra={"not": {"enum": [*MODIFIERS]}})]


class Network(Model):
    """A named sub-graph that owns weights and can be applied many times."""

    noun: ClassVar[str] = "a network"

    inputs: Annotated[Frozen[InputName, AxesText], section(Role("input"))] = Field(default_factory=nothing)
    """What differs between applications: name -> axes."""
    nodes: Annotated[Frozen[Name, Node], section(NODE)]
    """Its body: name -> expression, block or application."""
    returns: Annotated[Name | Annotated[Frozen[Name, AxesText], Field(min_length=1)], Role("result", atomic=True)]
    """The node that the bare name of an application means; a mapping also states its axes."""
    init: Orthogonal | None = None
    """How its weights start; as each block says unless told."""

    @property
    def result(self) -> str:
        """The name of the node that is returned."""
        return self.returns if isinstance(self.returns, str) else next(iter(self.returns))


class Loss(Model):
    """One term: ``weight`` times the mean of ``of`` over valid batch and time steps.

    Every other axis of ``of`` must be named in ``mean`` (one denominator with batch and time) or in ``sum`` (added up
    last). ``where`` says which elements count, ``env.steps`` unless told.
    """

    noun: ClassVar[str] = "a loss"

    of: Expr
    """What is minimised."""
    weight: Expr = Expr("1")
    """One number, made of params, that is never negative."""
    mean: Annotated[tuple[AxisName, ...], OneOrMore] = ()
    """Axes that are averaged, with one denominator for them, batch and time."""
    sum: Annotated[tuple[AxisName, ...], OneOrMore] = ()
    """Axes that are added up last."""
    where: Expr = Expr("env.steps")
    """A mask of the elements that count."""
    count: Literal["present", "slots", "all"] = "present"
    """What counts: rows that are present; all slots, absent rows as zeros; all rows with their content."""
    optimizer: Name | None = None
    """The optimizer that this loss trains; may be left out where there is one only."""


class Igm(Model):
    """Individual-global-max: greedy local actions are greedy for ``joint``."""

    noun: ClassVar[str] = "the claim"

    joint: Expr = Expr("q_tot")
    """The joint action value."""
    utilities: Expr | None = None
    """In which agents are greedy; what they act on unless told."""
    status: Literal["proved", "soft", "none"]
    """Expected to be proved, held by losses only, or not claimed."""


class Claims(Model):
    """What the method expects the proofs to say; a check that comes out otherwise is an error."""

    noun: ClassVar[str] = "claims"

    decentralised: Literal["proved", "refuted"] | None = None
    """Agents act on nothing but what each of them may see."""
    availability: Literal["proved", "refuted"] | None = None
    """No action that cannot be taken is taken, or counted on by a target."""
    igm: Literal["proved", "soft", "none"] | Igm | None = None
    """Greedy for every agent is greedy for the joint value (``q_tot`` unless told)."""

    @property
    def igm_claim(self) -> Igm | None:
        return Igm(status=self.igm) if isinstance(self.igm, str) else self.igm


class Paper(Model):
    """Where the method was published."""

    noun: ClassVar[str] = "a paper"

    title: Prose
    """Title of the paper."""
    authors: Annotated[tuple[Prose, ...], Field(strict=False)] = ()
    """Family names."""
    venue: Prose = ""
    """Conference or journal."""
    year: int | None = None
    """Year of publication."""
    where: Prose = ""
    """Equations or sections that the spec follows."""


class Spec(Model):
    """One method. Equal specs are equal data; :meth:`identity` is their hash."""

    noun: ClassVar[str] = "a spec"

    compose: Annotated[Literal[1], OWN]
    """Version of the language."""
    name: Annotated[Name, OWN]
    """Name of the method."""
    summary: Annotated[Prose, StringConstraints(min_length=1), OWN]
    """One sentence: what the method is."""
    paper: Annotated[Paper | None, OWN] = None
    """Where the method was published."""
    abstract: Annotated[bool, OWN] = False
    """Misses something a child must add; cannot be checked alone."""
    example_env: Label | None = None
    """The environment that `build` uses when none is named."""
    params: Annotated[Frozen[Name, Param], section(PARAM, bare=2)] = Field(default_factory=nothing)
    """Named numbers, constant or moving with a clock; they size axes and stand in expressions."""
    axes: Annotated[Frozen[Name, Expr], section(AXIS, bare=3)] = Field(default_factory=nothing)
    """Axes of the spec's own: name -> size, made of numbers, params and axes."""
    networks: Annotated[Frozen[Name, Network], section(NETWORK, bare=5)] = Field(default_factory=nothing)
    """Named sub-graphs that own weights."""
    graph: Annotated[Frozen[Name, Node], section(NODE, bare=1)]
    """Name -> expression, block, or application of a network; the order does not matter."""
    act: Annotated[Acting, Role(tags=("choose",))]
    """How actions are chosen."""
    record: Annotated[Frozen[Name, Expr], section(RECORDED, bare=8)] = Field(default_factory=nothing)
    """What is stored with an episode as it was while acting: name -> value; read as ``played.NAME``."""
    losses: Annotated[Frozen[Name, Loss], section(LOSS, bare=4)]
    """What is minimised: name -> term."""
    learner: Learning
    """How the weights are learned."""
    log: Annotated[Frozen[Name, Expr], section(LOGGED, bare=7)] = Field(default_factory=nothing)
    """Values that a training writes down: name -> [batch] or [batch time]; nothing is learned from them."""
    claims: Claims = Claims()
    """What the proofs are expected to say."""

    def data(self, *, defaults: bool = False) -> dict[str, Any]:
        """Plain data (what YAML holds); with ``defaults``, also what was left at its default."""
        data: dict[str, Any] = write(self, defaults=defaults)
        return data

    def canonical_json(self) -> str:
        """All that matters to the result (not names, prose and what is logged) as one text: sorted, defaults filled, no
        blanks."""
        return canonical_json(self.data(defaults=True))

    def identity(self) -> str:
        """SHA-256 of :meth:`canonical_json`: equal for specs that mean the same."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()
