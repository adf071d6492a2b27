"""Runs whose files were damaged in any way: refused with the file's name, or used; never anything else."""

import io
import json
import random
import shutil

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file, save_file

from compose.language.diagnostics import SpecError
from compose.training import run as running
from compose.training import summary
from compose.training.policy import load_policy
from compose.training.run import train
from compose.training.settings import Settings
from tests.training.fakes import CountDown, build, spec

JUNK = (None, True, -1, 0, 1.5, 10**30, "x", "", [], {}, [1], {"a": 1}, float("nan"), float("inf"), "\0", "../../x")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damage") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_spec_text", lambda spec: "linear\n")
        patch.setattr(summary, "draw_curve", lambda *_: None)
        go(folder, updates=4, resume=False)
        yield folder


def go(folder, *, updates, resume):
    settings = Settings(updates=updates, eval_every=60, eval_episodes=2, log_every=10, checkpoint_updates=2,
                        chance_episodes=2)
    return train(spec(), CountDown(), run_dir=folder, settings=settings, seed=3, resume=resume, build=build,
                 console=Console(file=io.StringIO()))


def places(data, at=()):
    """Where a value stands in plain data."""
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield (*at, key)
        yield from places(part, (*at, key))


def changed(data, draw):
    """The same with one value removed, renamed or replaced."""
    data = json.loads(json.dumps(data))
    *to, key = draw.choice(list(places(data)))
    holder = data
    for part in to:
        holder = holder[part]
    kind = draw.random()
    if kind < 0.3:
        holder.pop(key)
    elif kind < 0.4 and isinstance(holder, dict):
        holder["new"] = holder.pop(key)
    else:
        holder[key] = draw.choice(JUNK)
    return data


def damage_tensor(x, draw):
    kind = draw.randrange(7)
    if kind == 0:
        return None
    return [x.double() if x.dtype != torch.float64 else x.float(), x.float() * float("nan"), x.flatten()[:-1].clone(),
            x[None].clone(), torch.full_like(x, 100) if x.dtype != torch.bool else ~x, x.long()][kind - 1]


def damage(path, draw):
    """Change a file in a way that its kind suggests, or its bytes."""
    data = path.read_bytes()
    if path.suffix == ".json" and draw.random() < 0.7:
        path.write_text(json.dumps(changed(json.loads(data), draw)))
    elif path.suffix == ".jsonl" and draw.random() < 0.6:
        rows = [json.loads(line) for line in data.splitlines()]
        row = draw.randrange(len(rows))
        rows[row] = changed(rows[row], draw)
        path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    elif path.suffix == ".safetensors" and draw.random() < 0.7 and (held := load_file(path)):
        name = draw.choice(sorted(held))
        held[name] = damage_tensor(held[name], draw)
        save_file({key: x for key, x in held.items() if x is not None}, path)
    else:
        at = draw.randrange(len(data) + 1)
        choices = [b"", data[:at], data[:at] + b"\0\0\0" + data[at:], data + data,
                   data.decode("latin1").encode("utf-16"), data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]]
        kind = draw.randrange(len(choices) + 2)
        if kind < len(choices):
            path.write_bytes(choices[kind])
        else:
            path.unlink()
            if kind > len(choices):
                path.mkdir()


@pytest.mark.parametrize("start", [*range(0, 36, 12), *(
    pytest.param(start, marks=pytest.mark.long) for start in range(36, 600, 12))])
def test_damage_of_any_kind_is_told_or_harmless(whole, tmp_path, start):
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.suffix != ".png")
    for seed in range(start, start + 12):
        draw, folder = random.Random(seed), tmp_path / str(seed)
        shutil.copytree(whole, folder)
        damage(folder / draw.choice(files), draw)
        for act in (lambda: load_policy(folder, build=build, load=lambda _: spec()),  # noqa: B023
                    lambda: go(folder, updates=6, resume=True)):  # noqa: B023
            try:
                act()
            except SpecError as error:
                assert str(folder) in str(error) or "train." in str(error), seed


def edit(path, change):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_chunks_lead_nowhere_else(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "run")
    state = max((folder / "checkpoints").glob("0*")) / "state.json"
    edit(state, lambda data: data.update(chunks=["../../000000000-000000004"]))
    with pytest.raises(SpecError, match=r"(?s)run\.damaged.*state\.json.*chunks\[0\]"):
        go(folder, updates=6, resume=True)


@pytest.mark.parametrize(("key", "value", "expected"), [
    ("clocks", {"env_steps": 1, "episodes": 2}, "clocks.updates: field required"),
    ("clocks", [1, 2, 3], "clocks: input should be"),
    ("wall_seconds", float("inf"), "Infinity is no number"),
    ("logged", 10**40, "logged: input should be less than"),
    ("target_last", "3", "target_last: input should be a valid integer"),
    ("interval", {"sums": {"a": 1.0}, "counts": {}}, "sums and counts are of other things"),
])  # fmt: skip
def test_what_is_wrong_in_a_state_is_named(whole, tmp_path, key, value, expected):
    folder = shutil.copytree(whole, tmp_path / "run")
    edit(max((folder / "checkpoints").glob("0*")) / "state.json", lambda data: data.update({key: value}))
    with pytest.raises(SpecError) as caught:
        go(folder, updates=6, resume=True)
    assert expected in str(caught.value)


def test_weights_that_are_not_finite_do_not_act(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "run")
    path = max((folder / "checkpoints").glob("0*")) / "weights.safetensors"
    save_file({name: x * float("nan") for name, x in load_file(path).items()}, path)
    with pytest.raises(SpecError, match=r"run\.damaged.*holds numbers that are not finite"):
        load_policy(folder, build=build, load=lambda _: spec())
