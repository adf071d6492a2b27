"""Methods on flat observations and states, as PyMARL and QPLEX write them: QMIX and QPLEX."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from .update import Update, mean_square, pick


@dataclass(frozen=True)
class FlatSizes:
    """Widths; ``inputs`` counts observation, last action and agent's number."""

    agents: int
    actions: int
    inputs: int
    state: int
    hidden: int
    hyper: int
    mixing: int
    kernels: int


class FlatAgent(nn.Module):
    """Linear, GRU cell in a loop over time, linear: [batch time agent inputs] -> [batch time agent action]."""

    def __init__(self, sizes: FlatSizes) -> None:
        super().__init__()
        self.embed = nn.Linear(sizes.inputs, sizes.hidden)
        self.cell = nn.GRUCell(sizes.hidden, sizes.hidden)
        self.values = nn.Linear(sizes.hidden, sizes.actions)

    def forward(self, inputs: Tensor) -> Tensor:
        batch, time, agents, _ = inputs.shape
        h = inputs.new_zeros(batch * agents, self.cell.hidden_size)
        found = []
        for t in range(time):
            x = F.relu(self.embed(inputs[:, t].reshape(batch * agents, -1)))
            h = self.cell(x, h)
            found.append(self.values(h).view(batch, agents, -1))
        return torch.stack(found, dim=1)


class QMixer(nn.Module):
    """``elu(q |w1| + b1) . |w2| + v``, all made from the state; two layers for w1 and w2."""

    def __init__(self, sizes: FlatSizes) -> None:
        super().__init__()
        self.agents = sizes.agents
        self.w1_x = nn.Linear(sizes.state, sizes.hyper)
        self.w1_raw = nn.Linear(sizes.hyper, sizes.agents * sizes.mixing)
        self.b1 = nn.Linear(sizes.state, sizes.mixing)
        self.w2_x = nn.Linear(sizes.state, sizes.hyper)
        self.w2_raw = nn.Linear(sizes.hyper, sizes.mixing)
        self.v_x = nn.Linear(sizes.state, sizes.mixing)
        self.v = nn.Linear(sizes.mixing, 1)

    def forward(self, values: Tensor, best: Tensor, actions: Tensor, state: Tensor) -> Tensor:
        q, s = rearrange(values, "b t a -> (b t) 1 a"), rearrange(state, "b t s -> (b t) s")
        w1 = rearrange(self.w1_raw(F.relu(self.w1_x(s))).abs(), "n (a m) -> n a m", a=self.agents)
        w2 = rearrange(self.w2_raw(F.relu(self.w2_x(s))).abs(), "n m -> n m 1")
        hidden = F.elu(torch.bmm(q, w1) + self.b1(s)[:, None])
        return rearrange(torch.bmm(hidden, w2)[:, 0] + self.v(F.relu(self.v_x(s))), "(b t) 1 -> b t", b=len(values))


class TwoLayers(nn.Module):
    """Linear, relu, linear: [N inputs] -> [N outputs]."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.x, self.rows = nn.Linear(inputs, width), nn.Linear(width, outputs)

    def forward(self, s: Tensor) -> Tensor:
        return self.rows(F.relu(self.x(s)))


class DuplexMixer(nn.Module):
    """QPLEX: scaled and shifted utilities, plus advantages (no gradient) by their importance less 1."""

    def __init__(self, sizes: FlatSizes) -> None:
        super().__init__()
        both, kernels = sizes.state + sizes.agents * sizes.actions, range(sizes.kernels)
        self.scale = TwoLayers(sizes.state, sizes.hyper, sizes.agents)
        self.shift = TwoLayers(sizes.state, sizes.hyper, sizes.agents)
        self.key = nn.ModuleList(nn.Linear(sizes.state, 1) for _ in kernels)
        self.who = nn.ModuleList(nn.Linear(sizes.state, sizes.agents) for _ in kernels)
        self.what = nn.ModuleList(nn.Linear(both, sizes.agents) for _ in kernels)

    def forward(self, values: Tensor, best: Tensor, actions: Tensor, state: Tensor) -> Tensor:
        q, top, s = (rearrange(x, "b t f -> (b t) f") for x in (values, best, state))
        both = torch.cat([s, rearrange(actions, "b t ... -> (b t) (...)")], dim=1)
        w, v = self.scale(s).abs() + 1e-10, self.shift(s)
        importance = torch.zeros_like(w)
        for key, who, what in zip(self.key, self.who, self.what, strict=True):
            importance = importance + (key(s).abs() + 1e-10) * torch.sigmoid(who(s)) * torch.sigmoid(what(both))
        advantage = (w * (q - top)).detach()
        return rearrange((w * q + v + advantage * (importance - 1)).sum(1), "(b t) -> b t", b=len(values))


class FlatLearner(Update):
    """One loss, the squared error of the joint value at one-step double-Q targets; discount 0.99."""

    def __init__(self, sizes: FlatSizes, *, duplex: bool) -> None:
        self.sizes, self.agent = sizes, FlatAgent(sizes)
        self.mixer = DuplexMixer(sizes) if duplex else QMixer(sizes)
        self.target_agent, self.target_mixer = copy.deepcopy(self.agent), copy.deepcopy(self.mixer)
        self.prepare()

    def losses(self, batch: dict[str, Tensor], groups: Tensor | None = None) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, and each loss before its weight.

        Args:
            batch: ``observation`` [batch time agent observation], ``last_action`` [batch time agent action],
                ``agent_id`` [agent id], ``state`` [batch time state], ``available`` bool [batch time agent action],
                ``action`` [batch time agent], ``reward``, ``terminated`` and ``steps`` [batch time]. The last time
                index is only bootstrapped from.
            groups: Nothing here has any.
        """
        seen, state, action = batch["observation"], batch["state"], batch["action"]
        reward = batch["reward"][:, :-1]
        counted, ended = batch["steps"][:, :-1].to(reward.dtype), batch["terminated"][:, :-1].to(reward.dtype)
        number = batch["agent_id"].expand(*seen.shape[:2], -1, -1)
        inputs = torch.cat([seen, batch["last_action"], number], dim=-1)
        available = batch["available"]

        q = self.agent(inputs)
        top = q.detach().masked_fill(~available, -1e9).amax(-1)
        q_tot = self.mixer(pick(q, action)[:, :-1], top[:, :-1], self._one_hot(action, q)[:, :-1], state[:, :-1])
        with torch.no_grad():
            best = q.masked_fill(~available, -1e9).argmax(-1)
            lagged = self.target_agent(inputs)
            top = lagged.masked_fill(~available, -1e9).amax(-1)
            chosen, joint = pick(lagged, best), self._one_hot(best, q)
            later = self.target_mixer(chosen[:, 1:], top[:, 1:], joint[:, 1:], state[:, 1:])
            y = reward + 0.99 * (1 - ended) * later
        loss = mean_square(q_tot - y, counted)
        return loss, {"td": loss}

    def _one_hot(self, action: Tensor, like: Tensor) -> Tensor:
        return F.one_hot(action, self.sizes.actions).to(like.dtype)
