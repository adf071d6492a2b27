"""A spec compiled for one environment: a torch module with its weights, and the programs `act` and `learn`."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from compose.compiler import batch, statistics
from compose.compiler import weights as weighing
from compose.compiler.draws import draw
from compose.compiler.interpret import Given, Interpreter
from compose.compiler.named import Named
from compose.compiler.passes import PASSES, Pass
from compose.compiler.placed import Placed
from compose.compiler.programs import Acted, Learned, learned, programs, roots
from compose.compiler.trace import Program
from compose.compiler.unroll import start
from compose.graph.graph import Graph
from compose.graph.proofs.signal import trained
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.moving import Moving
from compose.language.schedules import value

if TYPE_CHECKING:
    from compose.compiler.tensordict_acting import Acts
    from compose.compiler.tensordict_losses import Losses

__all__ = ["Acted", "Learned", "Model", "Tensors"]

Tensors = Mapping[str, Tensor]
TARGET, STATISTIC = "_target", "_statistic"
"""Parts of the module that hold lagged copies and statistics: no name of a spec begins like that."""
SHARED = ("graph", "spec", "schema", "taps", "passes", "native", "precision", "programs")
"""What models that differ in their weights alone have in common."""


class Model(Placed):
    """Weights and programs of one spec in one environment. Use :func:`compose.compile` to make one.

    A ``torch.nn.Module``: its parameters are the weights, under their names in the spec; lagged copies
    (``_target.NAME``) and statistics (``_statistic.NAME``) are buffers. A state that has weights only loads too: lagged
    copies are then equal to them, statistics stay. Moved to another kind of device or of number, programs are traced
    anew.
    """

    def __init__(self, graph: Graph, *, seed: int = 0, device: torch.device | str = "cpu",
                 dtype: torch.dtype = torch.float32, passes: Sequence[Pass] = PASSES,
                 taps: Sequence[str] = (), native: bool = False, precision: torch.dtype | None = None) -> None:
        super().__init__(device, dtype)
        self.graph, self.spec, self.schema = graph, graph.spec, graph.schema
        self.taps, self.passes, self.native, self.precision = tuple(taps), tuple(passes), native, precision
        self.programs: dict[str, Program] = self._traced()
        """``act`` and ``learn``, and ``observe`` and ``refresh`` where the spec keeps statistics."""
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        """With weights of a seed."""
        self.seed = seed
        started = weighing.initial(self.graph, seed, device=self.device, dtype=self.dtype)
        self.weights = Named(self, {name: torch.nn.Parameter(x) for name, x in started.items()})
        """Every weight by its name in the spec."""
        lagged = {n for program in self.programs.values() for n in program.needs("target")}
        self.target: Named[Tensor] = Named(self, {n: x.clone() for n, x in started.items() if n in lagged}, TARGET)
        """Lagged copies, by the names of their weights."""
        self.statistics = Named(self, statistics.initial(self.graph, device=self.device, dtype=self.dtype), STATISTIC)
        """What nodes remember between updates, by name."""
        self._drawn = dict.fromkeys(self.programs, 0)

    def _traced(self) -> dict[str, Program]:
        found = programs(self.graph, self.taps, dtype=self.dtype, device=self.device, passes=self.passes)
        for program in found.values() if self.native else ():
            program.compile()
        return found

    # ----------------------------------------------------------------- module

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for part, held in ((TARGET, self.target), (STATISTIC, self.statistics)):
            if not any(name.startswith(f"{prefix}{part}.") for name in state_dict):
                for name, mine in held.items():
                    given = state_dict.get(f"{prefix}{name}", mine) if part == TARGET else mine
                    state_dict[f"{prefix}{part}.{name}"] = given.detach().clone()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        """A model with weights of its own; the graph and the programs, which hold none, are shared."""
        made = memo[id(self)] = type(self).__new__(type(self))
        shared = {name: self.__dict__[name] for name in SHARED}
        made.__dict__.update({name: shared.get(name) or copy.deepcopy(x, memo) for name, x in self.__dict__.items()})
        return made

    def extra_repr(self) -> str:
        """What it is: spec, environment, how many numbers its weights hold."""
        where = f" in {self.schema.name}" if self.schema is not None else ""
        return f"{self.spec.name}{where}: {sum(w.numel() for w in self.weights.values()):,} weights"

    def forward(self, fields: Tensors, draws: Tensors | None = None,
                params: Mapping[str, float] | None = None) -> Learned:
        """:meth:`learn`."""
        return self.learn(fields, draws, params)

    def as_tensordict_module(self) -> Losses:
        """:meth:`learn` as a ``tensordict`` module, which declares the keys that it reads and gives."""
        from compose.compiler.tensordict_losses import Losses

        return Losses(self)

    def as_tensordict_policy(self, *, epsilon: float = 0.0) -> Acts:
        """:meth:`act` as a ``tensordict`` module that chooses as the spec does while it learns: with chance ``epsilon``
        at random, or, where the spec acts by ``categorical``, drawn from the softmax."""
        from compose.compiler.tensordict_acting import Acts

        return Acts(self, epsilon=epsilon, sampled=self.spec.act.sampled)

    # ---------------------------------------------------------------- weights

    def trained_by(self, optimizer: str) -> dict[str, torch.nn.Parameter]:
        """The weights that the losses of an optimizer reach."""
        terms = [t for t in self.graph.losses.values() if t.optimizer == optimizer]
        names = set().union(*(trained(self.graph, t.value) for t in terms))
        return {name: w for name, w in self.weights.items() if name in names}

    def load(self, weights: Tensors, target: Tensors | None = None, kept: Tensors | None = None) -> None:
        """Copy values in, by name: weights, lagged copies, statistics.

        Raises KeyError or ValueError unless names and shapes are exactly the model's.
        """
        pairs: tuple[tuple[Tensors, Tensors | None], ...] = (
            (self.weights, weights), (self.target, target), (self.statistics, kept))
        for mine, given in pairs:
            if given is None:
                continue
            if set(mine) != set(given):
                missing, extra = sorted(set(mine) - set(given)), sorted(set(given) - set(mine))
                raise KeyError(f"weights do not match: missing {missing}, left over {extra}")
            with torch.no_grad():
                for name, value in given.items():
                    if mine[name].shape != value.shape:
                        raise ValueError(f"{name}: expected {list(mine[name].shape)}, got {list(value.shape)}")
                    mine[name].copy_(value)

    def of_seed(self, seed: int) -> Model:
        """The model as it would be made with another seed: weights of its own, the same programs."""
        made = self._bare(SHARED)
        made._begin(seed)
        return made

    def follow(self, rate: float = 1.0) -> None:
        """Let the lagged copies follow: ``target <- (1 - rate) target + rate weights``."""
        weighing.follow(self.target, self.weights, rate)

    # --------------------------------------------------------------- programs

    @property
    def moving(self) -> tuple[str, ...]:
        """Params that move; `act` and `learn` need their values of the moment."""
        return tuple(name for name, value in self.spec.params.items() if isinstance(value, Moving))

    def params_at(self, clocks: Mapping[str, int]) -> dict[str, float]:
        """The values of the params that move at readings of the clocks ``env_steps``, ``episodes`` and ``updates``."""
        return {name: value(self.spec.params[name], clocks) for name in self.moving}

    def act(self, fields: Tensors, state: Tensors | None = None, draws: Tensors | None = None,
            params: Mapping[str, float] | None = None) -> Acted:
        """One step for a batch of episodes; ``fields`` have a time axis of length 1. Otherwise as :meth:`learn`."""
        return self._step("act", fields, state, draws, params)

    def play(self, fields: Tensors, state: Tensors | None = None, draws: Tensors | None = None,
             params: Mapping[str, float] | None = None) -> Acted:
        """:meth:`act` as a training does it: it also keeps what :meth:`note` needs, where the spec records."""
        return self._step("play" if "play" in self.programs else "act", fields, state, draws, params)

    @torch.no_grad()
    def note(self, acted: Acted, fields: Tensors, draws: Tensors | None = None,
             params: Mapping[str, float] | None = None) -> dict[str, Tensor]:
        """What the spec records of a step that :meth:`play` gave, by name [batch ...]; ``fields`` hold ``action``."""
        found = {name: x for name, x in acted.kept.items() if name.startswith("recorded:")}
        if "note" in self.programs:
            given = self._given("note", fields, draws, params)
            given["value"] = {name.removeprefix("value:"): x for name, x in acted.kept.items()}
            found |= self._run("note", given)
        return {name.removeprefix("recorded:"): x for name, x in found.items()}

    @torch.no_grad()
    def _step(self, program: str, fields: Tensors, state: Tensors | None, draws: Tensors | None,
              params: Mapping[str, float] | None) -> Acted:
        size, found = self._batch(fields), self._run(program, self._given(program, fields, draws, params, state))
        where, variance = found.pop("where", None), found.pop("variance", None)
        values = found.pop("values").expand(size, -1, -1)
        allowed = torch.ones_like(values, dtype=torch.bool) if where is None else where.expand(size, -1, -1)
        kept = {name: found.pop(name) for name in list(found) if ":" in name}
        return Acted(values, allowed, found, kept, None if variance is None else variance.expand_as(values))

    def _batch(self, fields: Tensors) -> int:
        """How many episodes the fields hold; those without a batch axis do not say."""
        known = {} if self.graph.stored is None else self.graph.stored.fields
        return next(x for n, x in fields.items() if n not in known or known[n].axes[:1] == ("batch",)).shape[0]

    def learn(self, fields: Tensors, draws: Tensors | None = None,
              params: Mapping[str, float] | None = None, state: Tensors | None = None) -> Learned:
        """All losses on a batch of whole episodes, or of stretches of them.

        Args:
            fields: Tensors [batch time ...] by name, as the schema declares them; more may be there than are read.
            draws: Random inputs, from :meth:`draw`. Without them it looks at the fields and draws for itself, fresh
                numbers at every call: a function of the model's seed and of how often it did.
            params: Values of :attr:`moving` params, from :meth:`params_at`.
            state: What acting carried to each row's first step, if the learner has a ``horizon``; else episodes begin.

        Raises:
            SpecError: ``batch.field`` with every field that is missing or wrong, ``batch.param`` if a value is missing.
        """
        given = self._given("learn", fields, draws, params, state)
        with torch.autocast(self.device.type, self.precision, enabled=self.precision is not None):
            found = self._run("learn", given)
        return learned(found)

    def reads(self, acting: bool) -> Collection[str]:
        """The fields that are looked at while it acts, or by all its other programs."""
        return {name for kind, program in self.programs.items() if (kind == "act") == acting for name in program.fields}

    @torch.no_grad()
    def observe(self, fields: Tensors, draws: Tensors | None = None, params: Mapping[str, float] | None = None,
                state: Tensors | None = None) -> None:
        """Let the statistics take in newly collected episodes; ``fields`` [batch time ...]."""
        self._watch("observe", fields, draws, params, state)

    @torch.no_grad()
    def refresh(self, fields: Tensors, draws: Tensors | None = None, params: Mapping[str, float] | None = None,
                state: Tensors | None = None) -> None:
        """Let those statistics look at the batch of the coming update that do so, and rewrite what they declare."""
        self._watch("refresh", fields, draws, params, state)

    def _watch(self, program: str, fields: Tensors, draws: Tensors | None, params: Mapping[str, float] | None,
               state: Tensors | None) -> None:
        if program in self.programs:
            given = self._given(program, fields, draws, params, state)
            seen = self._run(program, given)
            results = {value: seen[name] for name, value in statistics.read(self.graph, program).items()}
            old = {name: x.clone() for name, x in self.statistics.items()}
            found = statistics.watched(Interpreter(self.graph, Given(given), self.dtype, results), program)
            for name, x in found.items():
                self.statistics[name].copy_(x)
            if program == "refresh":
                statistics.rewrite(self.graph, old, self.statistics, self.weights, self.target)

    def _given(self, program: str, fields: Tensors, draws: Tensors | None, params: Mapping[str, float] | None,
               state: Tensors | None = None) -> dict[str, Any]:
        if draws is None:
            size, steps = self._look(program, fields, params or {})
            rows = fields["episode"] if "episode" in fields else torch.arange(size, device=self.device)
            draws = self.draw(program, self.seed, self._drawn[program], rows, steps)
            self._drawn[program] += 1
        if state is None and self.programs[program].needs("state"):
            state = self.initial_state(self._batch(fields), program)
        numbers = {n: torch.as_tensor(x, dtype=self.dtype, device=self.device) for n, x in (params or {}).items()}
        return {"weight": self.weights, "target": self.target, "field": fields, "draw": draws, "param": numbers,
                "state": state or {}, "statistic": self.statistics}

    def _run(self, program: str, given: dict[str, Any]) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.programs[program](given)
        except KeyError:
            self._look(program, given["field"], given["param"])  # says what is missing, if it is one of these
            raise
        return found

    def _look(self, program: str, fields: Tensors, params: Mapping[str, Any]) -> tuple[int, int]:
        needs = self.programs[program]
        if missing := [name for name in needs.needs("param") if name not in params]:
            hint = "params=model.params_at({'env_steps': ..., 'episodes': ..., 'updates': ...})"
            raise SpecError(*(Diagnostic("batch.param", "moves, and no value is given", where=f"params.{name}",
                                         hint=hint) for name in missing))
        return batch.look(self.graph, fields, needs.fields, self.device, self.dtype)

    def initial_state(self, batch: int, program: str = "act") -> dict[str, Tensor]:
        """What the first step of an episode carries."""
        wanted = set(self.programs[program].needs("state"))
        states = start(self.graph, self.graph.nodes(roots(self.graph, program)), batch, self.dtype, self.device)
        return {name: x for name, x in states.items() if name in wanted}

    # ----------------------------------------------------------------- random

    def draw(self, program: str, seed: int, clock: int | Tensor, episodes: Tensor,
             steps: int = 1) -> dict[str, Tensor]:
        """Every random input of a program: a pure function of (seed, node, program, clock, episode number).
        Args:
            program: ``act``, ``learn`` (and what ``refresh`` draws), ``observe``, ``refresh``, ``play``, ``note``.
            seed: Of the run.
            clock: What makes draws fresh: the update, or the step where acting reads them (or int64 [batch]).
            episodes: Episode numbers, int64 [batch].
            steps: Length of the batch's time axis. A draw that has ``time`` is also a function of the step.
        """
        wanted = {name: one.needs("draw") for name, one in self.programs.items()}
        return draw(self.graph, program, wanted, seed, clock, episodes, steps)
