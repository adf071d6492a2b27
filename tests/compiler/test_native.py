"""Programs through ``torch.compile``: one compilation for all batches, the same numbers."""

from __future__ import annotations

import pytest
import torch

from compose.compiler.compile import compile
from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.language.load import load
from tests.compiler.cases import Fields, draws, gradients, largest
from tests.specs.schemas import small_schema

SCHEMA = small_schema(3, 2)
SMALL = ["params.embed=8", "params.hidden=8", "params.heads=2"]
SIZES = ((4, 7), (6, 5), (3, 4))


def episodes(batch: int, time: int) -> Fields:
    return dict(fake_batch(SCHEMA, batch, batch=batch, time=time).items())


def found(model: Model, batch: int, time: int) -> tuple[Fields, Fields]:
    learned = model.learn(episodes(batch, time), draws(model, batch=batch))
    return learned.losses, gradients(model, learned.totals["main"], again=False)


@pytest.mark.more
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_one_compilation_serves_every_batch() -> None:
    torch._dynamo.reset()
    fast, plain = (compile(load("vdn_attention", SMALL), SCHEMA, seed=2, native=native) for native in (True, False))
    found(fast, *SIZES[0])
    with torch.compiler.set_stance("fail_on_recompile"):
        for size in SIZES:
            (losses, grads), (expected, wanted) = found(fast, *size), found(plain, *size)
            for name, loss in expected.items():
                assert largest(losses[name], loss) <= 1e-5, (name, size)
            scale = max(float(g.abs().max()) for g in wanted.values())
            for name, g in wanted.items():
                assert float((grads[name] - g).abs().max()) <= 1e-5 * scale, (name, size)


@pytest.mark.more
@pytest.mark.filterwarnings("ignore")  # torch looks at what it need not where a graph breaks
def test_a_long_memory_is_computed_apart() -> None:
    torch._dynamo.reset()
    lstm = "networks.utility.nodes.h={block: lstm, of: z, to: hidden}"
    fast, plain = (compile(load("vdn_attention", [*SMALL, lstm]), SCHEMA, seed=2, native=n) for n in (True, False))
    for size in SIZES[:2]:
        (losses, _), (expected, _) = found(fast, *size), found(plain, *size)
        assert largest(losses["td"], expected["td"]) <= 1e-5


def test_low_precision_is_near_and_weights_stay_exact() -> None:
    near, plain = (compile(load("vdn_attention", SMALL), SCHEMA, seed=2, precision=p) for p in (torch.bfloat16, None))
    (losses, grads), (expected, wanted) = found(near, *SIZES[0]), found(plain, *SIZES[0])
    assert 0 < largest(losses["td"], expected["td"]) <= 0.05
    assert all(w.dtype == torch.float32 for w in near.weights.values())
    assert all(g.dtype == torch.float32 for g in grads.values())
    scale = max(float(g.abs().max()) for g in wanted.values())
    assert all(float((grads[name] - g).abs().max()) <= 0.1 * scale for name, g in wanted.items())
    acted = [m.act({n: x[:, :1] if "time" in SCHEMA.fields[n].axes else x for n, x in episodes(4, 7).items()})
             for m in (near, plain)]
    assert torch.equal(acted[0].values, acted[1].values)
