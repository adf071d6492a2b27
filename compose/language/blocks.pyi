"""Blocks as functions. Written by ``python -m tests.language.stub``; tests hold it to the catalogue."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from compose.language.closed import Closed
from compose.language.handles import Handle
from compose.language.writing import Node

Operand = Handle | str | float
"""A wire: a handle, the text of an expression, or a number (a truth value among them)."""
Axis = Handle | str
"""An axis, by its handle or name."""

class Blocks(Closed):
    """``block.linear(of=x, to="embed")``: a node of the catalogue; ``block["vendor/name"](...)`` of a plug-in."""

    def __getitem__(self, tag: str) -> Callable[..., Node]: ...

    def affine(
        self,
        *,
        of: Operand,
        by: Operand,
        target: bool = False,
        each: str | None = None,
        positive: bool = False,
    ) -> Node:
        """A learned scale and shift for every task: ``y = a_k x + b_k`` with k = ``by``, a = 1 and b = 0 at first.

        ``of`` [...], ``by`` int [...] -> [...]. With ``positive`` it is ``|a_k|``, so that y never falls when x
        rises and no greedy action changes. `moments` can rewrite the weights (PopArt, Hessel et al. 2019).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x.
            by: k, whose scale and shift.
            positive: Keep scales from turning the order of values round.
        """

    def argmax(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        where: Operand | None = None,
    ) -> Node:
        """Where the largest allowed element stands: ``of`` [...] -> int [... without over]; 0 if nothing is allowed.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is compared.
            where: Only these may win; all if left out.
            over: The axis that is searched.
        """

    def attention(
        self,
        *,
        queries: Operand,
        keys: Operand,
        mask: Operand,
        width: Operand,
        to: Operand,
        target: bool = False,
        each: str | None = None,
        heads: Operand = ...,
        bias: bool = True,
    ) -> Node:
        """Multi-head scaled dot-product attention of queries over keys, under a mask (Vaswani et al. 2017).

        Per head, with d = width / heads: ``softmax_k(q k / sqrt(d)) v``; heads side by side, then one output map.
        ``queries`` [... Query WidthQ], ``keys`` [... Key WidthK], ``mask`` bool [... Query Key] -> [... Query to].

        Absent keys are never seen. A query that sees no key gets zeros before the output map, so its bias after it.
        If queries and keys share an axis ``a``, a mask with ``a`` and ``a'`` is over pairs, one with ``a`` alone over keys.
        Projections of queries, keys and values have no bias (REFIL's official code).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            queries: Who looks.
            keys: What is looked at (keys and values).
            mask: True where the query may see the key.
            heads: Number of heads; divides ``width``.
            width: Of all heads together.
            to: Width of the result.
            bias: Whether the output map has a bias.
        """

    def batch_norm(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        where: Operand | None = None,
        over: Axis | Sequence[Axis] = ...,
        eps: float = 1e-05,
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """Batch normalisation by the statistics of the batch itself: ``y = g (x - mean) / sqrt(var + eps) + b``.

        ``of`` [... In] -> [... In] (Ioffe and Szegedy 2015). Mean and (biased) variance of every number of ``In`` are
        taken over ``over``, for each index of all other axes: of one time step over the agents of all episodes, say. They
        are those of the batch wherever it is used, in target networks and while acting too; running means are not kept. So
        what an agent does depends on others and on the episodes beside its own: no method that acts on it is decentralised.

        ``present``: absent rows and steps that were not played count nowhere; ``slots``: as rows of zeros; ``all``: with
        their content. A single row, or none that counts, gives b.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is normalised.
            where: Only these rows count; all if left out.
            over: The axes of the rows; not ``time``, since an agent acts before later steps are known.
            eps: Keeps the division finite.
            count: What counts: rows that are present; all slots, absent rows as zeros; all rows with their content.
        """

    def concat(
        self,
        *,
        of: Operand | Sequence[Operand],
        target: bool = False,
        each: str | None = None,
        along: Axis | None = None,
        as_: Axis | None = None,
    ) -> Node:
        """Operands one after the other: features side by side, or rows along a structural axis.

        Without ``along``: ``of`` a list of [... Last_i] -> [... Last_1+Last_2+...]; leading axes broadcast by name.
        With ``along: a, as: b``: rows of axis ``a`` (one row where an operand lacks it) -> axis ``b``, whose size the spec
        gives under ``axes``; presence is joined too. REFIL joins the imagined utilities of both groups so (2n factors).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: The operands, in order.
            along: The axis whose rows are joined.
            as_: The name of the joined axis.
        """

    def contract(
        self,
        *,
        of: Operand,
        with_: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The sum of products over an axis that both operands have: ``y = sum_a x_a z_a`` (a dot product).

        ``of`` [...], ``with`` [...] -> their joint axes without ``over``. Absent rows add nothing.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x
            with_: z
            over: The axis that is summed.
        """

    def contrastive(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """How little the rows of an axis differ, each against all: ``-mean_n log softmax_m(z_n . z_m)[n]``.

        Every row is its own positive and the others are its negatives (OPT, Liu et al. 2024, the disagreement of
        prototypes; InfoNCE with the dot product). ``of`` [... over In] -> [...]: log N where all N rows are the
        same, towards 0 as their products with one another fall. Absent rows count nowhere; 0 if all are absent.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: z, vectors that should differ.
            over: The axis of the vectors; it goes.
        """

    def duel(
        self,
        *,
        values: Operand,
        advantages: Operand,
        importance: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Duelling sum with importances: ``sum_f q_f + a_f (importance_f - 1)`` (QPLEX, Wang et al. 2021, Eq. 11-13).

        With ``q_f = v_f + a_f`` this is ``sum_f v_f + importance_f a_f``: greedy for the whole where every ``a_f`` is 0,
        provided that ``a_f <= 0`` and ``importance_f > 0``. Pass ``stop(a)``, as released codes do, to train utilities
        through the plain sum only. ``values``, ``advantages``, ``importance`` [... over] -> [...]. Absent factors add
        nothing.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            values: q, what each factor is worth.
            advantages: a, by how much that is below its best; never above 0.
            importance: Weights of the advantages, not negative.
            over: The axis of factors.
        """

    def entity_actions(
        self,
        *,
        plain: Operand,
        aimed: Operand,
        map: Operand,
        mask: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Values of all actions from those of the plain ones and of whom the others are aimed at.

        ``plain`` [... agent plain], ``aimed`` [... agent entity], ``map`` bool [... action entity],
        ``mask`` bool [... agent entity] -> [... agent action]. The first actions are the plain ones; any other has the
        value of the entity that ``map`` aims it at, 0 if there is none that is present and that the mask shows.

        In OPT (Liu et al. 2024, for single tasks) every action that is aimed at an entity is valued by that entity's token.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            plain: Of actions that are aimed at nothing.
            aimed: Of every entity as a target.
            map: True where the action is aimed at the entity.
            mask: True where the agent may see the entity.
        """

    def entropy(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The entropy of a distribution in nats: ``-sum_k p_k log p_k``, with 0 log 0 = 0.

        ``of`` nonneg [...] -> [... without over]. Absent outcomes add nothing.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: p, probabilities (a softmax).
            over: The axis of outcomes.
        """

    def expand(
        self,
        *,
        of: Operand,
        along: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The same numbers for every index of a new axis: every agent's own copy of the entities, say.

        ``of`` [...] -> [... with along], the new axis right after batch and time. Copies share memory.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is repeated.
            along: The new axis.
        """

    def flatten(
        self,
        *,
        of: Operand,
        axes: Axis | Sequence[Axis],
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Several axes as one width, in row-major order: what a network without structure reads.

        ``of`` [... with axes] -> [... product], e.g. (batch time agent action) -> (batch time agent*action). Absent rows
        count as zeros. The result depends on the order and the number of slots, so nothing after it is permutation
        invariant.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is flattened.
            axes: The axes that become one, slowest first.
        """

    def gaussian_entropy(
        self,
        *,
        variance: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The entropy of a normal distribution in nats: ``log(2 pi e variance) / 2``. ``variance`` nonneg [...] -> [...].

        Of independent numbers (a diagonal covariance) the ``sum`` over their axis. A variance of 0 gives -infinity.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            variance: The variance.
        """

    def gaussian_kl(
        self,
        *,
        mean: Operand,
        variance: Operand,
        to_mean: Operand,
        to_variance: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The Kullback-Leibler divergence of a normal distribution from another one, in nats:
        ``(log to_variance - log variance + (variance + (mean - to_mean)^2) / to_variance - 1) / 2``. All [...] -> [...].

        Of independent numbers (a diagonal covariance) the ``sum`` over their axis. Variances must be above 0.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            mean: Of the distribution.
            variance: Its variance.
            to_mean: Of the one compared with.
            to_variance: Its variance.
        """

    def gaussian_log_prob(
        self,
        *,
        of: Operand,
        mean: Operand,
        variance: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The logarithm of a normal density: ``-((x - mean)^2 / variance + log(2 pi variance)) / 2``.

        ``of`` [...], ``mean`` [...], ``variance`` nonneg [...] -> [...]; of independent numbers the ``sum`` over their
        axis. Positive where the density is above 1. The variance must be above 0.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x
            mean: The mean.
            variance: The variance.
        """

    def given_partition(
        self,
        *,
        same: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Groups that somebody gives, as masks (REFIL's oracles).

        ``same`` bool [... agent entity]: True where the entity is in the agent's group. ``within`` is ``same``; ``across``
        is everybody else. Absent entities are in neither: whatever reads the masks counts only who is present.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            same: Who shares the agent's group.
        """

    def gru(
        self,
        *,
        of: Operand,
        to: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """A gated recurrent unit over time (Cho et al. 2014, torch's variant), one state for every other leading index.

        ``r = s(Wr x + Ur h)``, ``z = s(Wz x + Uz h)``, ``n = tanh(Wn x + r (Un h))``, ``h' = (1 - z) n + z h`` (biases
        left out here). ``of`` [batch time ... In] -> [batch time ... to]. The state starts as zeros in every episode.
        Weights start from U(-1/sqrt(to), 1/sqrt(to)).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: The inputs, in time.
            to: Width of the state.
        """

    def gumbel_softmax(
        self,
        *,
        logits: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        temperature: float = 1.0,
        hard: bool = True,
        drawn: Literal["update"] = 'update',
    ) -> Node:
        """A draw from the softmax of logits as a one-hot row that gradients pass through: ``y = softmax((x + g) / t)``,
        ``g = -log(-log u)`` (Jang et al. 2017).

        ``logits`` [... over] -> [batch time ... over]. With ``hard`` the result is 1 at the largest ``x + g``, 0 elsewhere,
        and the gradient is that of y (straight-through); without it is y. The index of the 1 is distributed as that of
        `sample`. Every episode, step and row draws its own. Absent choices get 0.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            logits: x
            over: The axis that is chosen from.
            temperature: t: near 0 rows are nearly one-hot, and their gradients large.
            hard: Whether rows are one-hot.
            drawn: When the draw is fresh: at every gradient update (and at every step where acting reads it).
        """

    def in_turn(
        self,
        *,
        where: Operand,
        over: Axis,
        into: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Labels dealt out in turn: the i-th row that counts, from 0, gets ``i mod n``.

        ``where`` bool [... over] -> int [... over], 0 .. n - 1. Rows that do not count go on with the label before.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            where: Who counts.
            over: The axis whose rows are labelled.
            into: n, as the axis that the labels index.
        """

    def kl(
        self,
        *,
        of: Operand,
        over: Axis,
        to: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The Kullback-Leibler divergence in nats: ``sum_k p_k (log p_k - log r_k)``, with 0 log 0 = 0.

        ``of`` (p) and ``to`` (r) nonneg [...] -> their joint axes without ``over``. Absent outcomes add nothing.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: p, probabilities (a softmax).
            over: The axis of outcomes.
            to: r, the distribution compared with.
        """

    def kmeans(
        self,
        *,
        of: Operand,
        where: Operand,
        over: Axis,
        clusters: Operand,
        target: bool = False,
        each: str | None = None,
        restarts: int = 10,
        iterations: int = 300,
        drawn: Literal["update"] = 'update',
    ) -> Node:
        """Clusters of points (Lloyd 1982): labels that make ``sum_i |x_i - c_label(i)|^2`` small, c the clusters' means.

        ``of`` [... over Coordinate], ``where`` bool [... over] -> int [batch time ... over], at every step anew, without
        gradient. m points that count make ``min(clusters, m)`` clusters; the others get label 0. Each start takes points at
        random as centres, and the best of all starts is kept. Labels have no order: another draw may swap them.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x, positions.
            where: Who counts.
            over: The axis whose rows are labelled.
            clusters: How many clusters at most.
            restarts: Starts.
            iterations: Steps of one start at most; it ends when no label changes.
            drawn: When the draw is fresh: at every gradient update (and at every step where acting reads it).
        """

    def lambda_return(
        self,
        *,
        value: Operand,
        reward: Operand,
        terminated: Operand,
        target: bool = False,
        each: str | None = None,
        where: Operand = ...,
        discount: Operand = ...,
        trace: Operand = ...,
    ) -> Node:
        """The lambda-return (Sutton & Barto 2018, section 12.1), without gradient.

        ``G_t = r_t + discount (1 - terminated_t) ((1 - trace) value_{t+1} + trace G_{t+1})``, where ``G`` of the state in
        which the episode stopped is its ``value`` (truncated episodes bootstrap). ``trace`` is lambda: 0 gives `td_target`,
        1 the `mc_return` of a terminated episode. ``value`` [batch time ...], ``reward``, ``terminated`` and ``where``
        [batch time] -> [batch time ...]; at steps that were not taken it is the value.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            value: What a state is worth, at every step.
            reward: r
            terminated: True where the transition ended the episode for good.
            where: The steps that count: those that were taken.
            discount: gamma, one number.
            trace: lambda, one number.
        """

    def layer_norm(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        eps: float = 1e-05,
    ) -> Node:
        """Layer normalisation of the last axis (Ba et al. 2016): ``y = g (x - mean) / sqrt(var + eps) + b``.

        ``of`` [... In] -> [... In]; the variance is the biased one, as in torch.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is normalised.
            eps: Keeps the division finite.
        """

    def linear(
        self,
        *,
        of: Operand,
        to: Operand | Sequence[Operand],
        target: bool = False,
        each: str | None = None,
        activation: Literal["none", "relu", "elu", "leaky_relu", "tanh", "sigmoid"] = 'none',
        bias: bool = True,
    ) -> Node:
        """An affine map of the last axis, then an activation: ``y = f(W x + b)``.

        ``of`` [... In] -> [... to]. ``to`` may be several axes (``[agent, mixing]``) or ``scalar`` for none.
        Weights start from U(-1/sqrt(In), 1/sqrt(In)), torch's default.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is mapped.
            to: The axes of the result.
            activation: f, pointwise.
            bias: Whether b is there.
        """

    def log_prob(
        self,
        *,
        logits: Operand,
        index: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The logarithm of the probability of a choice: ``log p = x_index - log sum_k e^x_k``.

        ``logits`` [... Choice], ``index`` int [...] -> [...]. Absent choices have probability 0.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            logits: x
            index: What was chosen, counting from 0.
        """

    def lstm(
        self,
        *,
        of: Operand,
        to: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """A long short-term memory over time (Hochreiter and Schmidhuber 1997, torch's variant), one state and one cell for
        every other leading index.

        ``i = s(Wi x + Ui h)``, ``f = s(Wf x + Uf h)``, ``g = tanh(Wg x + Ug h)``, ``o = s(Wo x + Uo h)``,
        ``c' = f c + i g``, ``h' = o tanh(c')`` (biases left out here). ``of`` [batch time ... In] -> [batch time ... to],
        the states h. State and cell start as zeros in every episode. Weights start from U(-1/sqrt(to), 1/sqrt(to)).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: The inputs, in time.
            to: Width of the state.
        """

    def max(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        where: Operand | None = None,
    ) -> Node:
        """The largest allowed element: ``of`` [...] -> [... without over]; -1e30 if nothing is allowed.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is compared.
            where: Only these may win; all if left out.
            over: The axis that is searched.
        """

    def mc_return(
        self,
        *,
        reward: Operand,
        target: bool = False,
        each: str | None = None,
        where: Operand = ...,
        discount: Operand = ...,
    ) -> Node:
        """The Monte-Carlo return ``R_t = sum_{s >= t} discount^(s - t) r_s``, without gradient.

        ``reward`` [batch time ...], ``where`` bool [batch time] -> [batch time ...]. The sum ends with the episode, also
        where the time limit ended it: nothing is bootstrapped.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            reward: r
            where: The steps that count: those that were taken.
            discount: gamma, one number.
        """

    def mean(
        self,
        *,
        of: Operand,
        over: Axis | Sequence[Axis],
        target: bool = False,
        each: str | None = None,
        where: Operand | None = None,
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """The mean over axes of what counts.

        ``of`` [...] -> [... without over]. ``present``: sum over present rows / their number (0 if there is none);
        ``slots``: the same sum / number of slots; ``all``: sum over all rows / number of slots.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is reduced.
            where: Only these count; all if left out.
            over: The axis or axes that go.
            count: What counts: rows that are present; all slots, absent rows as zeros; all rows with their content.
        """

    def min(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        where: Operand | None = None,
    ) -> Node:
        """The smallest allowed element: ``of`` [...] -> [... without over]; 1e30 if nothing is allowed.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is compared.
            where: Only these may win; all if left out.
            over: The axis that is searched.
        """

    def min_max(
        self,
        *,
        of: Operand,
        over: Axis | Sequence[Axis],
        target: bool = False,
        each: str | None = None,
        eps: float = 1e-12,
    ) -> Node:
        """Numbers between 0 and 1 by the least and the most of them: ``y = (x - min) / (max - min + eps)``.

        ``of`` [...] -> nonneg [...]; min and max are over ``over``, for each index of the other axes, and gradients pass
        through them. Absent rows count nowhere and give 0; where all rows are alike, y is 0.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x
            over: The axes of what is compared.
            eps: Keeps the division finite.
        """

    def moments(
        self,
        *,
        by: Operand,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        where: Operand = ...,
        rescales: Operand | None = None,
        rate: float = 0.0003,
        low: float = 0.0001,
        high: float = 1000000.0,
        debias: bool = False,
    ) -> Node:
        """Running mean and scale of a value, for every task; outputs as they stood after the last update's look.

        ``by`` int [batch] -> ``mean`` [batch], ``scale`` nonneg [batch], without gradient. Before every update, for every
        task k = ``by`` in its batch, with E the mean of y = ``of`` where ``where``:
        ``mean_k += rate (E[y] - mean_k)``, ``square_k += rate (E[y^2] - square_k)``,
        ``scale_k = sqrt(clip(square_k - mean_k^2, low^2, high^2))``; mean 0 and square 1 at first. With ``debias`` they
        begin as nothing: mean and square are those of what was seen, divided by the weight that it has by now (as Adam's);
        with a small rate, of all that was seen. ``of`` [batch time] or [batch time agent].

        ``rescales`` names an `affine` node, whose scale a and shift b, online and lagged, are then rewritten, so that
        ``scale_k n + mean_k`` of its result n stays what it was:
        ``a' = a scale/scale'``, ``b' = (scale b + mean - mean')/scale'``.
        What is observed (``of``, ``where``) may depend on this node's own outputs: they are those of before.

        PopArt (Hessel et al. 2019, Eq. 4-11) for each task. An optimizer's own statistics of a and b are left alone.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            by: k, the task.
            of: y; looked at before every update, and not read otherwise.
            where: What of y counts; absent agents do unless it says.
            rescales: The `affine` node whose result these moments scale back.
            rate: Of the running means.
            low: The least scale.
            high: The largest.
            debias: Do the first batches count in full, not as a correction of mean 0 and square 1?
        """

    def monotone_mixer(
        self,
        *,
        factors: Operand,
        w1: Operand,
        b1: Operand,
        w2: Operand,
        v: Operand,
        target: bool = False,
        each: str | None = None,
        activation: Literal["none", "relu", "elu", "leaky_relu", "tanh", "sigmoid"] = 'elu',
    ) -> Node:
        """Two layers of generated weights, monotone in every factor (QMIX, Rashid et al. 2018).

        ``Q_tot = f(q w1 + b1) . w2 + v`` with w1, w2 >= 0 (sign types demand it). ``factors`` [... Factor],
        ``w1`` [... Factor Mixing], ``b1``, ``w2`` [... Mixing], ``v`` [...] -> [...]. Absent factors add nothing.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            factors: Utilities to mix (agents; 2n imagined ones in REFIL; sub-teams in VAST).
            w1: First layer, not negative.
            b1: Offset of the first layer.
            w2: Second layer, not negative.
            v: Offset of the result, V(s).
            activation: f; all choices are monotone.
        """

    def n_step_return(
        self,
        *,
        value: Operand,
        reward: Operand,
        terminated: Operand,
        n: int,
        target: bool = False,
        each: str | None = None,
        where: Operand = ...,
        discount: Operand = ...,
        steps: Literal["taken", "stored"] = 'taken',
    ) -> Node:
        """The n-step return (Sutton & Barto 2018, section 7.1), without gradient.

        ``G_t = r_t + discount r_{t+1} + ... + discount^(n-1) r_{t+n-1} + discount^n value_{t+n}``; an episode that stops
        before gives its rewards up to there and the ``value`` of the state in which it stopped, unless it terminated. 1
        step gives `td_target`. ``value`` [batch time ...], ``reward``, ``terminated`` and ``where`` [batch time] ->
        [batch time ...]; at steps that were not taken it is the value.

        ``steps: stored`` as EPyMARL: all run to the last step of the longest episode; rewards of steps that were not taken
        are 0, and so are values that stand there, but for that of the last state, which counts even if it terminated.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            value: What a state is worth, at every step.
            reward: r
            terminated: True where the transition ended the episode for good.
            n: So many rewards.
            where: The steps that count: those that were taken.
            discount: gamma, one number.
            steps: How far: to the end of each episode, or to that of the longest of the batch (``stored``).
        """

    def one_hot(
        self,
        *,
        of: Operand,
        as_: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """An index as a row of zeros with a single one: ``y[..., k] = 1 if k == index else 0``.

        ``of`` int [...] -> nonneg [... as]. An index outside 0 .. as-1 is an error.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: The index, counting from 0.
            as_: The axis that is indexed.
        """

    def own(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Every agent's own row among its copy of the entities: ``y[..., a] = x[..., a, a]`` (agents are entities).

        ``of`` [... agent entity ...] -> [... agent ...]; instead of ``entity`` the second axis may be ``agent'``.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: For every agent, a row about every entity.
        """

    def pool(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        mask: Operand = ...,
        by: Literal["mean", "sum", "max"] = 'mean',
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """The mean, sum or maximum of rows under a mask; a row of the mask for each reader.

        ``of`` [... In] with axis ``over``, ``mask`` bool [...] -> [... In] without ``over``, with the axes that the mask
        has beside it: under (batch time agent entity) every agent pools what it sees. A reader that sees nothing gets
        zeros.

        ``count: present`` takes only rows that are present and seen. ``slots`` counts the others as zeros (mean over all
        slots, max with 0), as REFIL's official poolings do. ``all`` takes every row with its content.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Rows to pool.
            mask: True where a row counts.
            over: The axis that is pooled.
            by: How.
            count: What counts.
        """

    def positive(
        self,
        *,
        of: Operand,
        by: Literal["softmax", "abs", "softplus", "sigmoid"],
        target: bool = False,
        each: str | None = None,
        over: Axis | Sequence[Axis] | None = None,
        plus: float = 0.0,
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """Numbers that are not negative, so that what they weight is monotone (a sign type).

        ``of`` [...] -> nonneg [...]: ``|x|``, ``log(1 + e^x)``, the logistic function, or a softmax over the axis ``over``
        (REFIL: over the mixing axis). ``plus`` is added. ``count`` as in `softmax`.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Any numbers.
            by: How they become positive.
            over: The axis of the softmax.
            plus: Added to the result.
            count: What takes part in a softmax.
        """

    def previous(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        start: float = 0.0,
        axes: str | None = None,
    ) -> Node:
        """The value of ``of`` one step earlier, ``start`` at the first step. The only block that shifts back in time.

        ``of`` [...] -> [...]. A loop may run through it; it then states its ``axes``, since they cannot be inferred.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is delayed.
            start: The value before the first step.
            axes: Axes of the result; needed only in a loop.
        """

    def prototype_attention(
        self,
        *,
        queries: Operand,
        keys: Operand,
        mask: Operand,
        prototypes: Operand,
        width: Operand,
        target: bool = False,
        each: str | None = None,
        by: Literal["softmax", "sparsemax"] = 'softmax',
    ) -> Node:
        """Several attentions of full width side by side, one for each prototype, and not joined (OPT, Liu et al. 2024).

        For prototype n: ``z_n = f_k(q_n k_n / sqrt(width)) v_n`` with queries, keys and values mapped by weights of its
        own, without bias. f is a softmax or a sparsemax over the keys that the mask shows.
        ``queries`` [... Query WidthQ], ``keys`` [... Key WidthK], ``mask`` bool [... Query Key]
        -> [... Query prototypes width].

        Absent keys are never seen; a query that sees no key gets zeros. If queries and keys share an axis ``a``, a mask
        with ``a`` and ``a'`` is over pairs, one with ``a`` alone over keys.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            queries: Who looks.
            keys: What is looked at (keys and values).
            mask: True where the query may see the key.
            prototypes: How many attentions; the axis they stand on.
            width: Of each of them.
            by: f; sparsemax leaves few keys with weight.
        """

    def random_index(
        self,
        *,
        into: Operand,
        target: bool = False,
        each: str | None = None,
        drawn: Literal["step", "episode"] = 'episode',
    ) -> Node:
        """An index at random, the same for all agents: uniform on ``0 .. n - 1``.

        -> int [batch] with ``drawn: episode``, one for all steps of an episode, also while acting; int [batch time] with
        ``drawn: step``. At every update all are drawn anew: what an episode was played with, acting may `record`.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            into: n, as the axis that is indexed.
            drawn: How long it holds.
        """

    def random_label(
        self,
        *,
        where: Operand,
        over: Axis,
        into: Operand,
        target: bool = False,
        each: str | None = None,
        drawn: Literal["update"] = 'update',
    ) -> Node:
        """A label for every row at random, all equally likely: uniform on ``0 .. min(n, rows that count) - 1``.

        ``where`` bool [... over] -> int [batch time ... over], fresh for every episode, step and row; 0 for rows that do
        not count.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            where: Who counts.
            over: The axis whose rows are labelled.
            into: n, as the axis that the labels index.
            drawn: When the draw is fresh: at every gradient update (and at every step where acting reads it).
        """

    def random_partition(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        parts: int = 2,
        drawn: Literal["update"] = 'update',
    ) -> Node:
        """Entities drawn into groups; who shares the agent's group, who does not (REFIL, Eq. 3, footnote 2).

        Group probabilities are uniform on the simplex (for two parts: p ~ U(0,1)), then every entity draws its group, so
        group *sizes* are uniform. ``of`` bool [batch entity] says who is present; both masks hold only for present pairs.
        ``within`` [batch agent entity]: same group. ``across``: another group. An agent is always in its own group.
        ``label`` int [batch entity]: the group, 0 .. parts-1.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Who is present (the papers' codes read it at the first step: ``first(env.present)``).
            parts: Number of groups.
            drawn: When the draw is fresh: at every gradient update (and at every step where acting reads it).
        """

    def rename(
        self,
        *,
        of: Operand,
        axis: Axis,
        to: Axis,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The same numbers with one axis under another name: ``agent'`` for the second of a pair (ROMA's pairs of roles).

        ``of`` [... axis ...] -> [... to ...]. A name that is not the primed old one must be as long; presence goes along.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Any tensor.
            axis: The axis that is renamed.
            to: Its new name.
        """

    def row(
        self,
        *,
        of: Operand,
        over: Axis,
        index: int,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """One row of an axis: ``y = x[.., index, ..]``, the first agent's, say.

        ``of`` [... over ...] -> [... ...]. A row that is absent gives zeros (False of a mask).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What it is taken from.
            over: The axis, which goes.
            index: Which row, counting from 0.
        """

    def sample(
        self,
        *,
        logits: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        drawn: Literal["update"] = 'update',
    ) -> Node:
        """An index drawn from the softmax of logits along an axis: ``P(k) = e^x_k / sum_j e^x_j``.

        ``logits`` [... over] -> int [batch time ...]: every episode, step and row draws its own, even where the logits are
        the same for all. No gradient passes through a choice; `log_prob` says how likely it was, with gradient. Absent
        choices are never drawn.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            logits: x
            over: The axis that is chosen from.
            drawn: When the draw is fresh: at every gradient update (and at every step where acting reads it).
        """

    def sample_gaussian(
        self,
        *,
        mean: Operand,
        variance: Operand,
        target: bool = False,
        each: str | None = None,
        drawn: Literal["step", "episode"] = 'step',
    ) -> Node:
        """A draw from a normal distribution: ``y = mean + sqrt(variance) n``, n from N(0, 1); gradients pass through both.

        ``mean`` [...], ``variance`` nonneg [...] -> [batch time ...]: every episode, step, row and number draws its own n,
        even where the distribution is the same for all; with ``drawn: episode`` the steps of an episode share them. A
        variance of 0 gives the mean, and an infinite gradient: keep it above (``maximum(variance, floor)``).
        Reparameterisation: Kingma and Welling 2014.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            mean: The mean.
            variance: The variance, not the deviation.
            drawn: How long n holds: one step, or all steps of an episode. At every update all are drawn anew.
        """

    def shifts(
        self,
        *,
        of: Operand,
        over: Axis,
        as_: Axis,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Every row beside all rows, one turn after the other: ``y[.., i, k, ..] = x[.., (i + k + 1) mod N, ..]``.

        ``of`` [... over ...] -> [... over as ...], both N long; the last turn gives every row itself. The ordered pairs
        of agents as ROMA's released code forms them. Absent rows are among them.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x
            over: The axis whose rows move.
            as_: The axis of the turns, as long as ``over``.
        """

    def softmax(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """``e^x / sum e^x`` over one axis.

        ``of`` [...] -> nonneg [...]. ``count: present`` leaves absent rows out (they get 0), ``slots`` gives them the
        logit 0 (REFIL's official linear mixer), ``all`` their own logit.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Logits.
            over: The axis that sums to one.
            count: What takes part.
        """

    def sparsemax(
        self,
        *,
        of: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """The point of the simplex next to ``x``: ``max(x - tau, 0)``, tau such that it sums to one over an axis.

        Martins and Astudillo 2016. Exact zeros where x is small; one-hot where the largest leads by 1 or more.
        ``of`` [...] -> nonneg [...]. ``count`` as in `softmax`. The gradient is that of x on the support, less its mean.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Logits.
            over: The axis that sums to one.
            count: What takes part.
        """

    def split(
        self,
        *,
        of: Operand,
        along: Axis,
        into: Mapping[str, Operand],
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """Consecutive stretches of an axis, each an output of its own: the reverse of ``concat``.

        ``of`` [... along ...] -> for every ``name: axis`` of ``into`` an output ``name`` [... axis ...], in order.
        ``name: 1`` is a single row, without its axis. Together they are as long as ``along``.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is divided.
            along: The axis that is divided.
            into: Outputs and the axis of each.
        """

    def squashed_gaussian_log_prob(
        self,
        *,
        of: Operand,
        mean: Operand,
        variance: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The logarithm of the density of the tanh of a normal number: ``log N(u; mean, variance) - log(1 - x^2)`` with
        ``u = artanh x``.

        ``of`` [...], ``mean`` [...], ``variance`` nonneg [...] -> [...]; of independent numbers the ``sum`` over their
        axis. ``of`` is taken as within ``1 - 1e-6`` of 0, where float32 still tells numbers from 1. The variance must be
        above 0. Haarnoja et al. 2018, appendix C.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x
            mean: The mean.
            variance: The variance.
        """

    def standardise(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        where: Operand = ...,
        steps: Literal["taken", "stored"] = 'taken',
    ) -> Node:
        """Standardised by everything that batches have held: ``y = (x - mean) / sqrt(variance)``, without gradient.

        ``of`` [batch time] -> [batch time]. Before every update the batch's own number n, mean m and unbiased variance v
        join what was seen, of number N (1e-4 at first), mean M (0) and variance V (1):
        ``V' = (V N + v n + (m - M)^2 N n / (N + n)) / (N + n)``, ``M' = M + (m - M) n / (N + n)``, ``N' = N + n`` (Chan et
        al. 1983); the batch is standardised by these. Running rewards of EPyMARL.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x, a reward.
            where: What of x counts.
            steps: Also steps that an episode of the batch does not have, as zeros: ``stored``.
        """

    def standardise_batch(
        self,
        *,
        of: Operand,
        target: bool = False,
        each: str | None = None,
        where: Operand = ...,
        steps: Literal["taken", "stored"] = 'taken',
        eps: float = 1e-05,
    ) -> Node:
        """Standardised by the batch that it is in: ``y = (x - mean) / (deviation + eps)``, without gradient.

        ``of`` [batch time], or [batch time agent], and ``where`` bool of these axes -> as ``of``, 0 where not. Mean and
        (unbiased) deviation are those where ``where``, of agents that are present; nothing is remembered. Rewards of
        MARLlib, advantages of PPO.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: x, a reward or an advantage.
            where: What of x counts.
            steps: Also steps that an episode of the batch does not have, as zeros: ``stored``.
            eps: Added to the denominator.
        """

    def success_rate(
        self,
        *,
        of: Operand,
        by: Operand,
        target: bool = False,
        each: str | None = None,
        forget: float = 0.0,
    ) -> Node:
        """How often episodes of the same task have succeeded in training so far: ``c = successes / episodes``, 0 for none.

        ``of`` bool [batch], ``by`` int [batch] -> nonneg [batch]: the rate of each episode's task, without gradient. Every
        collected episode counts, exploration included. What it remembers, ``rate`` and ``episodes`` for each task, changes
        after collection only; a batch from the replay reads it as it stands.

        Prioritized Tasks Mining (AAMAS 2023), Eq. 3.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Did the episode succeed?
            by: Its task.
            forget: Every new episode of a task multiplies the weight of its older ones by 1 - forget; 0: all count the same.
        """

    def sum(
        self,
        *,
        of: Operand,
        over: Axis | Sequence[Axis],
        target: bool = False,
        each: str | None = None,
        where: Operand | None = None,
        count: Literal["present", "slots", "all"] = 'present',
    ) -> Node:
        """The sum over axes of what counts. ``of`` [...] -> [... without over]; ``slots`` is the same as ``present``.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is reduced.
            where: Only these count; all if left out.
            over: The axis or axes that go.
            count: What counts: rows that are present; all slots, absent rows as zeros; all rows with their content.
        """

    def take(
        self,
        *,
        of: Operand,
        index: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """The element of the last axis that an index names: ``y = x[..., index]``.

        ``of`` [... Choice], ``index`` int [...] -> [...]; the action value of the action taken, for instance.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is picked from.
            index: Which one, counting from 0.
        """

    def td_target(
        self,
        *,
        value: Operand,
        reward: Operand,
        terminated: Operand,
        target: bool = False,
        each: str | None = None,
        discount: Operand = ...,
    ) -> Node:
        """The one-step target ``y_t = r_t + discount (1 - terminated_t) value_{t+1}``, without gradient.

        ``value`` [batch time ...], ``reward`` and ``terminated`` [batch time] -> [batch time ...]. At the last stored step,
        which no transition leaves, it is the reward (``env.steps`` excludes it). A truncated episode is not terminated, so
        it bootstraps.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            value: What the next state is worth, at every step.
            reward: r
            terminated: True where the transition ended the episode for good.
            discount: gamma
        """

    def unflatten(
        self,
        *,
        of: Operand,
        axis: Axis,
        into: Operand | Sequence[Operand],
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """One width as several axes, in row-major order: the reverse of ``flatten``.

        ``of`` [... axis ...] -> [... into ...], the new axes last, e.g. what a flat observation says of every unit,
        (batch time agent unit*trait) -> (batch time agent unit trait). Together they are as long as ``axis``.

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: What is taken apart.
            axis: The axis that is divided.
            into: The axes it becomes, slowest first.
        """

    def weighted_sum(
        self,
        *,
        of: Operand,
        weights: Operand,
        over: Axis,
        target: bool = False,
        each: str | None = None,
        offset: Operand = ...,
    ) -> Node:
        """``sum_f w_f q_f + offset`` with w >= 0 (REFIL's linear mixer, Qatten). Absent factors add nothing.

        ``of`` and ``weights`` [... over], ``offset`` [...] -> [...].

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            of: Utilities to mix.
            weights: Their weights, not negative.
            offset: Added at the end, V(s).
            over: The axis of factors.
        """

    def where(
        self,
        *,
        test: Operand,
        then: Operand,
        otherwise: Operand,
        target: bool = False,
        each: str | None = None,
    ) -> Node:
        """One of two values, element by element: ``then`` where ``test`` is true, ``otherwise`` elsewhere.

        ``test`` bool [...], ``then`` and ``otherwise`` [...] -> [...]. Turns a mask into numbers (weighted QMIX's weights).

        Args:
            target: Use the lagged copy of this node's weights.
            each: Own weights for every index of this axis.
            test: Which.
            then: Where it is true.
            otherwise: Where it is false.
        """

block: Blocks
