"""A tiny model and a tiny environment: what training needs, nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from compose.compiler.model import Model
from compose.envs.interface import Environment, Transition
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature
from compose.kernels.random import integers, key, uniform
from compose.language.acting import EpsilonGreedy
from compose.language.learning import Optimizer, ReplayLearner


def schema(limit: int = 4) -> EntitySchema:
    """2 agents, 1 other entity, 3 actions, 5 features."""
    return EntitySchema(
        name="count_down", summary="a test", agents=2, entities=3, fewest_agents=1, limit=limit, truncates=True,
        types=(EntityType(name="a", side="agent", min=1, max=2), EntityType(name="o", side="other", min=1, max=1)),
        features=(Feature(name="left", size=1, kind="float"), Feature(name="x", size=4, kind="float")),
        actions=(ActionGroup(name="wait", count=1), ActionGroup(name="go", count=2)), tasks=("short", "long"),
    )  # fmt: skip


class CountDown(Environment):
    """Episode n ends truly after ``2 + n % 3`` steps in which agent 0 takes action 2 (task n % 2), or at the limit.

    Reward is 1 for a 2 of agent 0, and a little noise. Odd episodes have one agent only. Action 1 is not available to
    agent 1 at odd steps.
    """

    def __init__(self, limit: int = 4) -> None:
        self.schema = schema(limit)
        self.device = torch.device("cpu")

    def reset(self, episodes: Tensor, seed: int) -> dict[str, Tensor]:
        self.numbers, self.seed, self.time = episodes, seed, 0
        self.left = 2 + episodes % 3
        self.over = torch.zeros(len(episodes), dtype=torch.bool)
        return self.fields()

    def fields(self) -> dict[str, Tensor]:
        batch = len(self.numbers)
        present = torch.ones(batch, 3, dtype=torch.bool)
        present[self.numbers % 2 == 1, 1] = False
        available = torch.ones(batch, 2, 3, dtype=torch.bool)
        available[:, 1, 1] = self.time % 2 == 0
        available[~present[:, 1], 1, 1:] = False
        counters = (self.numbers[:, None] * 99 + self.time) * 12 + torch.arange(12)
        entities = uniform(key(self.seed, "x"), counters).view(batch, 3, 4)
        entities = torch.cat([self.left[:, None, None].expand(-1, 3, 1) / 4.0, entities], -1)
        sight = present[:, :, None] & present[:, None]
        return {"entities": entities * present[..., None], "present": present, "available": available,
                "visible": sight[:, :2], "sight": sight, "active": present[:, :2],
                "task": self.numbers % 2}

    def step(self, action: Tensor) -> Transition:
        self.time += 1
        good = (action[:, 0] == 2) & ~self.over
        self.left = self.left - good.long()
        noise = integers(key(self.seed, "noise"), self.numbers * 99 + self.time, 10) / 100
        terminated = (self.left == 0) & ~self.over
        truncated = ~self.over & ~terminated & (self.time >= self.schema.limit)
        reward = torch.where(self.over, 0.0, good.float() + noise)
        self.over = self.over | terminated | truncated
        return Transition(reward, terminated, truncated, terminated.clone(), self.fields())


@dataclass(frozen=True)
class Period:
    count: int
    clock: str


@dataclass(frozen=True)
class Moving:
    kind: str
    from_: float
    to: float
    over: Period
    at: tuple[tuple[float, float], ...] = ()


class FakeSpec(SimpleNamespace):
    """Settings under the names of a spec."""

    document = SimpleNamespace(file="<fake>")

    def data(self) -> dict[str, Any]:
        return {"name": self.name}

    def identity(self) -> str:
        return self.name


def optimizer(kind: str = "rmsprop", **changes: Any) -> Any:
    plain = {"lr": 0.01, "clip": 10.0} | ({} if kind == "sgd" else {"eps": 1e-5})
    return TypeAdapter(Optimizer).validate_python({"kind": kind} | plain | changes)


def spec(**changes: Any) -> FakeSpec:
    """Learner settings with changes: ``spec(environments=8)``."""
    given = {
        "kind": "replay", "environments": 2, "updates": SimpleNamespace(updates=1, episodes=1),
        "replay": SimpleNamespace(episodes=20, of="episodes", batch=4, start=6),
        "target": SimpleNamespace(kind="copy", every=Period(10, "episodes"), tau=1.0),
        "optimizers": {"main": optimizer(), "second": optimizer("adam", after="main", clip=None)},
    }
    learner = ReplayLearner.model_construct(**given | changes)
    return FakeSpec(
        name="linear", params={"rate": Moving("linear", 1.0, 0.5, Period(100, "updates"))},
        act=EpsilonGreedy.model_construct(choose="epsilon_greedy",
                                          epsilon=Moving("linear", 1.0, 0.05, Period(60, "env_steps"))),
        learner=learner,
    )  # fmt: skip


@dataclass(frozen=True)
class Acted:
    values: Tensor
    where: Tensor
    state: dict[str, Tensor]
    variance: Tensor | None = None


@dataclass(frozen=True)
class Learned:
    totals: dict[str, Tensor]
    losses: dict[str, Tensor]
    logged: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class Linear:
    """Q = (decayed sum of own features so far, last action) W; Q_tot sums over agents; double-Q targets, discount 0.3.

    The discount is small because values bootstrap through the time limit: waiting must cost something.
    """

    spec: FakeSpec
    schema: EntitySchema
    seed: int = 0
    moving: tuple[str, ...] = ("rate",)
    programs: tuple[()] = ()
    graph: ClassVar[Any] = SimpleNamespace(stored=None, recorded=(), learned=tuple, acted=tuple, nodes=tuple)
    weights: dict[str, nn.Parameter] = field(init=False)
    target: dict[str, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        sizes = self.schema.sizes
        shape = (sizes["feature"] + sizes["action"], sizes["action"])
        random = torch.Generator().manual_seed(self.seed)
        start = torch.randn(*shape, generator=random) * 0.1
        self.weights = {"utility.w": nn.Parameter(start), "value.w": nn.Parameter(torch.zeros(sizes["feature"], 1))}
        self.target = {"utility.w": start.clone()}

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def statistics(self) -> dict[str, Tensor]:
        return {}

    def reads(self, acting: bool) -> list[str]:
        return [*self.schema.fields]

    params_at = Model.params_at

    def refresh(self, *given: Any) -> None:
        """Nothing to look at."""

    def trained_by(self, optimizer: str) -> dict[str, nn.Parameter]:
        name = {"main": "utility.w", "second": "value.w"}[optimizer]
        return {name: self.weights[name]}

    def load(self, weights: Mapping[str, Tensor], target: Mapping[str, Tensor] | None = None,
             kept: Mapping[str, Tensor] | None = None) -> None:
        with torch.no_grad():
            for name, x in weights.items():
                self.weights[name].copy_(x)
            for name, x in (target or {}).items():
                self.target[name].copy_(x)

    def act(self, fields: Mapping[str, Tensor], state: Mapping[str, Tensor] | None = None,
            draws: Mapping[str, Tensor] | None = None, params: Mapping[str, float] | None = None) -> Acted:
        assert set(params or {}) == {"rate"}
        own = fields["entities"][:, 0, :2]
        memory = own if state is None else 0.5 * state["memory"] + own
        x = torch.cat([memory, fields["last_action"][:, 0]], -1)
        return Acted((x @ self.weights["utility.w"]).detach(), fields["available"][:, 0], {"memory": memory})

    def learn(self, fields: Mapping[str, Tensor], draws: Mapping[str, Tensor] | None = None,
              params: Mapping[str, float] | None = None, state: None = None) -> Learned:
        memory, x = torch.zeros_like(fields["entities"][:, 0, :2]), []
        for t in range(fields["entities"].shape[1]):
            memory = 0.5 * memory + fields["entities"][:, t, :2]
            x.append(memory)
        inputs = torch.cat([torch.stack(x, 1), fields["last_action"]], -1) + draws["noise"][:, None, None, None]
        q = inputs @ self.weights["utility.w"]
        taken = (q.gather(-1, fields["action"][..., None])[..., 0] * fields["active"]).sum(-1)
        best = q.masked_fill(~fields["available"], -9e9).argmax(-1, keepdim=True)
        later = ((inputs @ self.target["utility.w"]).gather(-1, best)[..., 0] * fields["active"]).sum(-1)
        y = fields["reward"][:, :-1] + 0.3 * later[:, 1:] * ~fields["terminated"][:, :-1]
        valid = fields["steps"][:, :-1]
        td = (((taken[:, :-1] - y.detach()) ** 2) * valid).sum() / valid.sum()
        value = (fields["entities"].sum(2) @ self.weights["value.w"])[..., 0]
        fit = ((value[:, :-1] - taken[:, :-1].detach()) ** 2 * valid).sum() / valid.sum()
        return Learned({"main": params["rate"] * td, "second": fit}, {"td": td.detach(), "fit": fit.detach()})

    def draw(self, program: str, seed: int, clock: int, episodes: Tensor, steps: int = 1) -> dict[str, Tensor]:
        return {"noise": uniform(key(seed, program, clock), episodes) * 0.01} if program == "learn" else {}


def build(spec: FakeSpec, schema: EntitySchema, *, seed: int = 0, device: Any = "cpu") -> Linear:
    """As the compiler would."""
    return Linear(spec, schema, seed)
