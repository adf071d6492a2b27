"""The agents' own rewards: those of the absent are zero, and the team's is what the schema makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.guard.finding import Finding

SLACK = 1e-4
"""For sums of float32, as a fraction of the rewards' magnitudes."""


def _check(case: Case) -> Iterator[Finding | Unseen]:
    for play in case.plays:
        if play.rewards is None:
            yield Unseen("there is no field 'rewards'")
            return
        here = play.fields["present"][1:, :, : play.schema.agents]
        late = ~play.running[..., None] & (play.rewards != 0)
        text = "rewards 0 after the end"
        yield from play.wrong("env.reward_after_end", text, "{value}", late, "step batch agent", "rewards")
        paid = ~here & (play.rewards != 0)
        text = "reward 0 of an absent agent"
        yield from play.wrong("env.absent_reward", text, "{value}", paid, "step batch agent", "rewards")
        if play.schema.reward == "own":
            continue
        each = play.rewards.double()
        count = here.sum(-1).clamp(min=1) if play.schema.reward == "mean" else 1
        far = (play.reward - each.sum(-1) / count).abs() > SLACK * (1 + each.abs().sum(-1))
        text = f"the {play.schema.reward} of the agents' rewards, as the schema says"
        yield from play.wrong("env.reward_sum", text, "{value}", far, "step batch", "reward")


PROPERTY = Property("rewards", "absent agents earn nothing, and the team what its schema makes of the agents' rewards",
                    _check)
