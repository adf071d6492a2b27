"""No pass changes what a program computes: values and gradients against the plain form, alone and together."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
import torch

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.compiler.passes import PASSES, Pass, absent, batch, copies, fuse, pack, regroup, select, share, split
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import DRAFTS, PACKAGED, draws, gradients, params, stored
from tests.marked import first
from tests.specs.handful import few
from tests.specs.schemas import small_schema

SCHEMA = small_schema(4, 3)
SOME = ("refil_official", "qmix_attention", "qmix_mean_pooling", "qmix_max_pooling_official", "refil_vdn",
        "refil_multi_group", "refil_group_matching")  # fmt: skip
some_methods = pytest.mark.parametrize("spec", few([*PACKAGED, *DRAFTS]),
                                       ids=lambda s: s.stem if isinstance(s, Path) else s)
"""That the programs of all methods are the plain interpreter's is asked in `test_programs`; here, where there are more
agents and entities."""
ALONE = first(SOME[:3], SOME)
"""Attention with groups imagined, attention alone, pooling: the rest are variants."""


@lru_cache(maxsize=8)
def plain(spec: str | Path, set_: tuple[str, ...], dtype: torch.dtype) -> Model:
    """The plain form."""
    return Model(build_graph(load(spec, set_), SCHEMA), seed=3, dtype=dtype, passes=())


def differ(spec: str | Path, passes: tuple[Pass, ...], within: float, dtype: torch.dtype = torch.float64,
           set_: tuple[str, ...] = (), garbage: bool = False) -> None:
    """Fail unless losses and gradients agree, relative to the largest of each kind."""
    reference = plain(spec, set_, dtype)
    rewritten = Model(reference.graph, seed=3, dtype=dtype, passes=passes)
    fields = dict(fake_batch(stored(reference), 1, batch=5, dtype=dtype).items())
    if garbage:
        hidden = ~fields["present"]
        fields["entities"] = fields["entities"].masked_fill(hidden[..., None], 7.0)
    found = []
    for it in (reference, rewritten):
        learned = it.learn(fields, draws(it, batch=5), params(it))
        found.append((learned.losses, gradients(it, sum(learned.totals.values()))))  # type: ignore[arg-type]
    (losses, grads), (mine, my_grads) = found
    for name, loss in losses.items():
        assert float((loss - mine[name]).abs()) <= within * max(1.0, float(loss.abs())), name
    scale = max(float(g.abs().max()) for g in grads.values())
    for name, g in grads.items():
        assert float((g - my_grads[name]).abs().max()) <= within * scale, name


@some_methods
def test_all_passes_together(spec: str | Path) -> None:
    differ(spec, PASSES, 1e-10)


@pytest.mark.parametrize("spec", [*ALONE, "opt", "vast_qmix", "qmix_attention_popart"])
def test_all_passes_together_in_single_precision(spec: str) -> None:
    differ(spec, PASSES, 1e-5, torch.float32)


@pytest.mark.parametrize("spec", ALONE, scope="module")
@pytest.mark.parametrize("passes", [(split,), (share,), (split, batch), (split, fuse), (split, regroup), (pack,),
                                    (split, share, batch, regroup), (pack, absent), (split, pack, absent)],
                         ids=lambda ps: "+".join(p.__name__ for p in ps))
def test_each_pass_alone(spec: str, passes: tuple[Pass, ...]) -> None:
    differ(spec, passes, 1e-10)


@pytest.mark.parametrize("spec", ["opt_official", "refil_official"], scope="module")
@pytest.mark.parametrize("passes", [(copies,), (select,), (split, copies, select),
                                    (split, copies, share, select, regroup, pack, absent)],
                         ids=lambda ps: "+".join(p.__name__ for p in ps))
def test_picked_and_copied_rows_are_what_they_were(spec: str, passes: tuple[Pass, ...]) -> None:
    differ(spec, passes, 1e-10)


@pytest.mark.parametrize("order", [(pack, absent, split, share, regroup), (split, regroup, fuse, batch, pack, absent),
                                   (*PASSES, *PASSES)], ids=["early", "late", "twice"])  # fmt: skip
def test_the_order_of_passes_changes_no_number(order: tuple[Pass, ...]) -> None:
    differ("refil_official", order, 1e-10)


@pytest.mark.parametrize("count", ["present", "slots", "all"])
def test_absent_rows_are_left_out_only_where_nothing_reads_them(count: str) -> None:
    changes = tuple(f"networks.mixer.nodes.{node}.count={count}" for node in ("b1", "w2_mean", "v"))
    differ("refil", PASSES, 1e-10, set_=changes, garbage=True)
    differ("qmix_mean_pooling", PASSES, 1e-10, set_=(f"networks.utility.nodes.pool.count={count}",), garbage=True)
