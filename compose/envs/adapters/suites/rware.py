"""RWARE, the multi-robot warehouse (package ``rware``, Papoudakis et al. 2021), as a family. No torch here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field as Limits

from compose.envs.adapters.declared import Answers, Observation
from compose.envs.adapters.suites.suite import Instances, Suite, flat, played
from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, Side

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

SIZES = {"tiny": (1, 3), "small": (2, 3), "medium": (2, 5), "large": (3, 5)}
"""Rows and columns of blocks of shelves."""
HEIGHT = 8
"""Of a block, in shelves."""
GOALS = 2
_REQUESTS = {"": 1.0, "-easy": 2.0, "-hard": 0.5}
"""For each robot."""
_NAME = re.compile(r"(tiny|small|medium|large)-([1-9]|1\d)ag(-easy|-hard)?-v2")


class Settings(Model):
    """What a name may change of one warehouse."""

    sight: Annotated[int, Limits(ge=1, le=9)] = 1
    """Cells that a robot sees in every direction."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 500
    """Steps after which an episode is cut off."""


def parts(name: str) -> tuple[int, int, int, int]:
    """Rows, columns, robots, and how many shelves are requested at a time."""
    found = _NAME.fullmatch(name)
    assert found is not None
    robots = int(found[2])
    return *SIZES[found[1]], robots, int(robots * _REQUESTS[found[3] or ""])


def _read(name: str) -> Settings | None:
    return Settings() if _NAME.fullmatch(name) and parts(name)[3] else None


def shelves(rows: int, columns: int) -> int:
    """How many shelves stand there: two in each row of a block, without the way to the goals at the bottom."""
    return 2 * columns * rows * HEIGHT - 2 * HEIGHT


class RwareFamily(Suite[Settings]):
    """The catalogue's entry."""

    family, package = "rware", "rware"
    summary = "RWARE: robots carry requested shelves to the goals and put them back, seeing only what is near."
    instances: ClassVar[Instances[Settings]] = Instances(
        [f"{size}-{robots}ag{kind}-v2" for size in ("tiny", "small") for robots in (2, 4) for kind in ("", "-hard")],
        _read)

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """Robots, then shelves in the order of the cells where they stand at first, then goals."""
        rows, columns, robots, _ = parts(instance)
        stand = shelves(rows, columns)
        robot: tuple[Side, ...] = ("agent",)
        return EntitySchema(
            name=f"rware/{instance}", summary=self.summary,
            note="The team's reward is the sum of the robots', 1 for each requested shelf at a goal. Beyond what is in "
                 "observations, who sees a robot knows whether it carries, and all know where the goals are. The "
                 "package calls its time limit an end; here it is a truncation. Nothing is ever a success.",
            agents=robots, entities=robots + stand + GOALS,
            types=(EntityType(name="robot", side="agent", min=robots, max=robots),
                   EntityType(name="shelf", side="other", min=stand, max=stand),
                   EntityType(name="goal", side="other", min=GOALS, max=GOALS)),
            features=(
                Feature(name="type", size=3, kind="one_hot", what="robot, shelf, goal"),
                Feature(name="place", size=2, kind="float", what="x and y over the size of the grid."),
                Feature(name="faces", size=4, kind="one_hot", of=robot, what="up, down, left, right"),
                Feature(name="carries", size=1, kind="bits", of=robot, what="Whether it carries a shelf."),
                Feature(name="highway", size=1, kind="bits", of=robot, what="Whether no shelf can be put down here."),
                Feature(name="requested", size=1, kind="bits", of=("other",), what="Whether the shelf is requested."),
            ),
            actions=tuple(ActionGroup(name=name, count=1) for name in ("stay", "forward", "left", "right", "load")),
            limit=settings.limit, truncates=True, returns=(0.0, float(GOALS * settings.limit)),
            **flat(robots, 8 + 7 * (1 + 2 * settings.sight) ** 2),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Copies of ``Warehouse``."""
        with self.needed(instance):
            from compose.envs.adapters.suites.rware_look import RwareLook

            rows, columns, robots, requests = parts(instance)

            def factory() -> Any:
                from rware.warehouse import RewardType, Warehouse

                return Warehouse(
                    shelf_columns=columns, column_height=HEIGHT, shelf_rows=rows, n_agents=robots, msg_bits=0,
                    sensor_range=settings.sight, request_queue_size=requests, max_inactivity_steps=None,
                    max_steps=settings.limit, reward_type=RewardType.INDIVIDUAL,
                )

            answers = Answers(api="gymnasium", observation=Observation(size=schema.sizes["observation"]), reward="sum",
                              state="joined", at_limit="truncated")
            return played(schema, answers, factory, lambda env: RwareLook(env, schema), device)


FAMILY = RwareFamily()
