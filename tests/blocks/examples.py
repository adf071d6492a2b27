"""Examples of every block for its contract test: the block as a spec writes it, with a type at every port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """A block, and sizes of axes that cannot be just any prime."""

    node: dict[str, Any]
    sizes: dict[str, Any] = field(default_factory=dict)


def example(block: str, sizes: dict[str, Any] | None = None, **node: Any) -> Example:
    return Example({"block": block, **{k.rstrip("_"): v for k, v in node.items()}}, sizes or {})


PAIRS = "bool batch time agent entity"
LITTLE = {"proto": 13, "embed": 17}
"""Primes that no axis beside these has, where the next free ones would make large tensors."""
EXAMPLES = [
    example("linear", of="batch time agent embed", to="hidden", activation="relu"),
    example("linear", of="batch time embed", to=["agent", "mixing"], bias=False),
    example("linear", of="batch time agent embed", to="embed", activation="tanh"),
    example("linear", of="batch time embed", to="scalar"),
    example("layer_norm", of="batch time agent embed"),
    *(example("batch_norm", of="batch time agent embed", count=c) for c in ("present", "slots", "all")),
    example("batch_norm", of="batch time agent agent' embed", where="bool batch time agent",
            over=["batch", "agent", "agent'"]),
    example("batch_norm", of="batch agent time embed", over="batch"),
    example("batch_norm", of="batch time entity embed", over="entity", eps=0.1),
    example("gru", of="batch time agent embed", to="hidden"),
    example("gru", of="batch time embed", to="embed"),
    example("lstm", of="batch time agent embed", to="hidden"),
    example("lstm", of="batch time embed", to="embed"),
    example("previous", of="batch time agent embed", start=0.5),
    example("attention", {"embed": 12}, queries="batch time agent hidden", keys="batch time entity state", mask=PAIRS,
            heads=3, width="embed", to="embed"),
    example("attention", {"embed": 12, "token": 13}, queries="batch time agent token hidden",
            keys="batch time agent token hidden", mask="bool batch time agent token token'",
            heads=3, width="embed", to="hidden", bias=False),
    example("attention", {"embed": 12}, queries="batch time entity hidden", keys="batch time entity hidden",
            mask="bool batch time entity", heads=3, width="embed", to="hidden"),
    example("attention", {"embed": 12}, queries="batch time agent hidden", keys="batch time entity hidden", mask=True,
            heads=3, width="embed", to="hidden"),
    example("prototype_attention", {"proto": 2, "embed": 13}, queries="batch time agent hidden",
            keys="batch time entity state", mask=PAIRS, prototypes="proto", width="embed", by="softmax"),
    *(example("prototype_attention", LITTLE, queries="batch time entity embed", keys="batch time entity embed",
              mask=mask, prototypes="proto", width="embed", by="sparsemax")
      for mask in ("bool batch time entity", True)),
    example("prototype_attention", LITTLE, queries="batch time agent entity embed",
            keys="batch time agent entity embed", mask=PAIRS, prototypes="proto", width="embed", by="sparsemax"),
    *(example("pool", of="batch time entity embed", mask=PAIRS, over="entity", by=by, count=count)
      for by in ("mean", "sum", "max") for count in ("present", "slots", "all")),
    example("pool", of="nonneg batch time entity embed", over="entity", by="max"),
    example("unflatten", {"state": 6, "unit": 2, "trait": 3}, of="batch time agent state", axis="state",
            into=["unit", "trait"]),
    example("unflatten", {"state": 6, "unit": 2, "trait": 3}, of="bool batch state time", axis="state",
            into=["unit", "trait"]),
    example("row", of="batch time agent embed", over="agent", index=1),
    example("row", of="bool batch agent time entity", over="agent", index=0),
    example("random_partition", of="bool batch entity", parts=3),
    example("given_partition", same=PAIRS),
    example("positive", of="batch time agent mixing", by="softmax", over="mixing"),
    example("positive", of="batch time agent mixing", by="softmax", over="agent"),
    *(example("positive", of="batch time agent mixing", by=by, plus=0.5) for by in ("abs", "softplus", "sigmoid")),
    *(example("monotone_mixer", factors="batch time agent", w1="nonneg batch time agent mixing",
              b1="batch time mixing", w2="nonneg batch time mixing", v="batch time", activation=f)
      for f in ("elu", "relu", "leaky_relu", "tanh", "sigmoid", "none")),
    example("weighted_sum", of="batch time agent", weights="nonneg batch time agent", offset="batch time",
            over="agent"),
    example("weighted_sum", of="batch time team", weights="nonneg batch time team", over="team"),
    example("duel", values="batch time agent", advantages="batch time agent", importance="nonneg batch time agent",
            over="agent"),
    *(example(block, of="batch time agent embed", over=over, count=count)
      for block in ("mean", "sum") for over in ("agent", ["agent", "embed"]) for count in ("present", "slots", "all")),
    example("mean", of="nonneg batch time agent embed", where="bool batch time agent", over="agent"),
    example("sum", of="nonneg batch time agent embed", where="bool batch time agent", over="agent", count="slots"),
    *(example(block, of="batch time agent", where="bool batch time", over=over)
      for block in ("argmax", "max", "mean", "min", "sum") for over in ("agent", "time")),
    example("affine", of="batch time", by="int batch"),
    example("entity_actions", plain="batch time agent plain", aimed="batch time agent entity",
            map="bool batch action entity", mask="bool batch time agent entity"),
    example("affine", of="batch time", by="int batch", positive=True),
    example("moments", of="batch time", where="bool batch time", by="int batch", rate=0.1),
    example("moments", of="batch time agent", where="bool batch time agent", by="int batch", rate=0.1, debias=True),
    example("success_rate", of="bool batch", by="int batch", forget=0.1),
    *(example(block, of="batch time agent embed", over="agent", count=c)
      for block in ("softmax", "sparsemax") for c in ("present", "slots", "all")),
    example("sparsemax", of="batch time agent embed", over="embed"),
    example("contrastive", of="batch time agent proto embed", over="proto"),
    example("contrastive", of="batch time agent role", over="agent"),
    example("argmax", of="batch time agent action", where="bool batch time agent action", over="action"),
    example("max", of="batch time agent action", where="bool batch time agent action", over="action"),
    example("max", of="batch time agent action", over="agent"),
    example("min", of="batch time agent action", where="bool batch time agent action", over="action"),
    example("min", of="nonneg batch time agent action", over="agent"),
    example("take", of="batch time agent action", index="int batch time agent"),
    example("contract", of="batch time agent embed", with_="nonneg batch time agent", over="agent"),
    example("contract", of="nonneg batch time embed mixing", with_="nonneg batch time agent embed", over="embed"),
    example("entropy", of="nonneg batch time agent proto", over="proto"),
    example("entropy", of="nonneg batch time agent proto", over="agent"),
    example("kl", of="nonneg batch time agent proto", to="nonneg batch time agent proto", over="proto"),
    example("concat", of=["batch time entity feature", "batch time entity action", "batch embed"]),
    example("concat", {"factor": "2 * agent"}, of=["batch time agent", "nonneg batch time agent"], along="agent",
            as_="factor"),
    example("concat", {"token": "entity + 1"}, of=["batch time agent entity embed", "batch time agent embed"],
            along="entity", as_="token"),
    example("concat", {"token": "entity + 1"}, of=[PAIRS, True], along="entity", as_="token"),
    example("one_hot", of="int batch time agent", as_="action"),
    example("where", test="bool batch time", then="nonneg batch time agent", otherwise=0.1),
    example("where", test="bool batch time", then=1, otherwise="batch time agent"),
    example("where", test="bool batch time", then=1, otherwise=0.1),
    example("flatten", of="batch time agent action", axes=["agent", "action"]),
    example("flatten", of="nonneg batch time embed agent", axes="agent"),
    example("expand", of="batch time entity embed", along="agent"),
    example("own", of="batch time agent entity plain"),
    example("own", of="batch time agent' agent role"),
    example("rename", of="batch time agent role", axis="agent", to="agent'"),
    example("rename", {"member": "agent"}, of="batch time agent role", axis="agent", to="member"),
    example("split", {"token": "entity + 1"}, of="batch time agent token embed", along="token",
            into={"body": "entity", "last": 1}),
    example("shifts", {"turn": "agent"}, of="batch time agent embed", over="agent", as_="turn"),
    example("shifts", {"turn": "proto"}, of="nonneg batch proto", over="proto", as_="turn"),
    *(example("sample_gaussian", mean="batch time agent embed", variance=v, drawn=d)
      for d in ("step", "episode") for v in ("nonneg batch time agent embed", "nonneg agent embed", 0.5)),
    example("gaussian_entropy", variance="nonneg batch time agent embed"),
    example("gaussian_kl", mean="batch time agent embed", variance="nonneg batch time agent embed",
            to_mean="batch time embed", to_variance="nonneg embed"),
    example("gaussian_log_prob", of="batch time agent agent' embed", mean="batch time agent embed",
            variance="nonneg batch time agent embed"),
    example("gaussian_kl", mean="batch time agent embed", variance="nonneg batch time agent embed", to_mean=0,
            to_variance=1),
    example("gaussian_log_prob", of="batch time embed", mean=0.5, variance=2.0),
    example("squashed_gaussian_log_prob", of=0.5, mean="batch time embed", variance=2.0),
    example("squashed_gaussian_log_prob", of="batch time agent embed", mean="batch time agent embed",
            variance="nonneg batch time agent embed"),
    example("min_max", of="batch time agent agent'", over=["agent", "agent'"]),
    example("min_max", of="batch time agent embed", over="embed", eps=0.1),
    example("min_max", of="batch time agent", over="batch"),
    *(example("gumbel_softmax", logits=logits, over=over, hard=False, temperature=0.5)
      for logits, over in (("batch time agent team", "team"), ("agent team", "team"),
                           ("batch time agent embed", "agent"))),
    example("gumbel_softmax", logits="batch time agent team", over="team"),
    *(example("random_index", into="team", drawn=drawn) for drawn in ("step", "episode")),
    example("sample", logits="batch time agent team", over="team"),
    example("sample", logits="agent team", over="team"),
    example("sample", logits="batch time agent embed", over="agent"),
    example("log_prob", logits="batch time agent action", index="int batch time agent"),
    example("log_prob", logits="agent action", index="int batch time agent"),
    example("log_prob", logits="batch time agent", index="int batch time"),
    example("in_turn", where="bool batch time agent", over="agent", into="team"),
    example("random_label", where="bool batch time agent", over="agent", into="team"),
    example("random_label", where="bool batch agent", over="agent", into="team"),
    example("kmeans", of="batch time agent xy", where="bool batch time agent", over="agent", clusters=2, restarts=3),
    example("mc_return", reward="batch time", where="bool batch time", discount=0.9),
    example("mc_return", reward="batch time agent", where="bool batch time", discount=0.9),
    example("lambda_return", value="batch time", reward="batch time", terminated="bool batch time",
            where="bool batch time", discount=0.9, trace=0.7),
    example("lambda_return", value="batch time agent", reward="batch time", terminated="bool batch time",
            where="bool batch time", discount=0.9, trace=0.7),
    *(example("n_step_return", value=f"batch time{agent}", reward="batch time", terminated="bool batch time", n=3,
              where="bool batch time", discount=0.9, steps=steps) for agent in ("", " agent")
      for steps in ("taken", "stored")),
    *(example(block, of="batch time", where="bool batch time", steps=steps)
      for block in ("standardise", "standardise_batch") for steps in ("taken", "stored")),
    example("standardise_batch", of="batch time agent", where="bool batch time"),
    example("standardise_batch", of="batch time agent", where="bool batch time agent", steps="stored"),
    example("td_target", value="batch time agent", reward="batch time", terminated="bool batch time", discount=0.9),
]  # fmt: skip
