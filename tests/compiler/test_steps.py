"""The recurrent unit over packed steps, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, library
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from compose.kernels.steps import gru

FED, WIDTH = 5, 3
LENGTHS = {"falling": [6, 4, 4, 1], "equal": [3, 3, 3], "one sequence": [5], "one step": [1, 1, 1, 1],
           "one of both": [1]}
every = pytest.mark.parametrize("lengths", list(LENGTHS.values()), ids=list(LENGTHS))


def alive(lengths: list[int], time: int) -> Tensor:
    """How many sequences have each time."""
    return (torch.arange(time)[:, None] < torch.tensor(lengths)).sum(1)


def made(lengths: list[int], dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """x [sequence time In], start, input, hidden, their biases."""
    generator = torch.Generator().manual_seed(7)
    shapes = [(len(lengths), max(lengths), FED), (len(lengths), WIDTH), (3 * WIDTH, FED), (3 * WIDTH, WIDTH),
              (3 * WIDTH,), (3 * WIDTH,)]
    return [torch.randn(s, generator=generator, dtype=dtype).requires_grad_() for s in shapes]


def rows(x: Tensor, lengths: list[int]) -> Tensor:
    """[sequence time ...] -> [step ...], time by time."""
    return torch.cat([x[:n, t] for t, n in enumerate(alive(lengths, max(lengths)).tolist())])


def ours(given: list[Tensor], lengths: list[int], spare: int = 0) -> Tensor:
    x, start, fed, hidden, fed_bias, hidden_bias = given
    counts = alive(lengths, max(lengths) + spare)
    return gru(rows(x, lengths) @ fed.t() + fed_bias, counts, start, hidden, hidden_bias)[0]


def theirs(given: list[Tensor], lengths: list[int]) -> Tensor:
    x, start, *weights = given
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True)
    states, _ = torch.gru(packed.data, packed.batch_sizes, start[None], weights, True, 1, 0.0, True, False)
    padded, _ = pad_packed_sequence(packed._replace(data=states), batch_first=True)
    return rows(padded, lengths)


@every
@pytest.mark.parametrize("spare", [0, 2], ids=["", "times after the last"])
def test_states_and_gradients_are_those_of_torch(lengths: list[int], spare: int) -> None:
    given = made(lengths)
    mine, expected = ours(given, lengths, spare), theirs(given, lengths)
    torch.testing.assert_close(mine, expected, rtol=1e-12, atol=1e-12)
    pull = torch.randn(mine.shape, dtype=mine.dtype)
    found, wanted = (torch.autograd.grad(y, given, pull) for y in (mine, expected))
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-11)


@every
def test_gradients_are_those_of_small_changes(lengths: list[int]) -> None:
    assert torch.autograd.gradcheck(lambda *given: ours(list(given), lengths), made(lengths))


def direct(lengths: list[int], dtype: torch.dtype) -> list[Tensor]:
    x, start, fed, hidden, _, bias = made(lengths, dtype)
    gates = (rows(x, lengths) @ fed.t()).detach().requires_grad_()
    return [gates, alive(lengths, max(lengths)), start, hidden, bias]


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_a_well_behaved_operation_of_torch(lengths: list[int], dtype: torch.dtype) -> None:
    tests = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")
    result = library.opcheck(gru, direct(lengths, dtype), test_utils=tests)
    assert set(result.values()) == {"SUCCESS"}


def test_gradients_of_a_part_leave_inputs_alone() -> None:
    """A gradient that is a view, and a start that needs none: nothing that is given is written to."""
    lengths = LENGTHS["falling"]
    gates, counts, start, hidden, bias = direct(lengths, torch.float64)
    before = [x.detach().clone() for x in (gates, start, hidden, bias)]
    states, _ = gru(gates, counts, start.detach(), hidden, bias)
    pull = torch.ones((), dtype=torch.float64).expand(states.shape)
    torch.autograd.grad(states, [gates, hidden], pull)
    for x, y in zip((gates, start, hidden, bias), before, strict=True):
        assert torch.equal(x, y)


def test_products_in_low_precision_leave_the_recurrence_in_full() -> None:
    lengths = LENGTHS["falling"]
    gates, counts, start, hidden, bias = direct(lengths, torch.float32)
    expected = gru(gates, counts, start, hidden, bias)[0]
    with torch.autocast("cpu", torch.bfloat16):
        found = gru(gates, counts, start, hidden, bias)[0]
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
