"""Whole trainings in a folder: logs, resumption bit for bit, refusals, policies."""

import io
import json
import os
import re
import shutil
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file, save_file

from compose.language.diagnostics import Diagnostic, SpecError
from compose.training import run as running
from compose.training.actors import FixedActor
from compose.training.checkpoint import latest, read_state
from compose.training.clocks import Clocks
from compose.training.evaluate import chance_levels, evaluate, evaluate_actor, stream
from compose.training.folder import RunFolder
from compose.training.learner import Learner
from compose.training.policy import load_policy
from compose.training.progress import Reporter
from compose.training.rollout import rollout
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.summary import show
from compose.training.trainer import keeping
from tests.training.fakes import CountDown, Linear, build, optimizer, schema, spec


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    monkeypatch.setattr(running, "_spec_text", lambda spec: "linear\n")


def settings(**changes):
    given = {"updates": 40, "eval_every": 60, "eval_episodes": 5, "log_every": 20, "checkpoint_updates": 7}
    return Settings(**given | changes)


def go(folder, *, learner=None, console=None, **changes):
    seed, resume = changes.pop("seed", 3), changes.pop("resume", False)
    console = console or Console(file=io.StringIO())
    return train(spec(**learner or {}), CountDown(), run_dir=folder, settings=settings(**changes), seed=seed,
                 resume=resume, console=console, build=build)  # fmt: skip


def tensors(folder):
    checkpoint = latest(RunFolder(folder))
    return {f"{group}/{name}": x for group in ("weights", "target", "optimizers")
            for name, x in load_file(checkpoint / f"{group}.safetensors").items()}


def logs(folder):
    """All rows without what depends on the time of day."""
    rows = {log: RunFolder(folder).rows(log) for log in ("metrics", "evals")}
    return {log: [{k: v for k, v in row.items() if k != "wall"} for row in found] for log, found in rows.items()}


def same(one, two):
    a, b = tensors(one), tensors(two)
    assert set(a) == set(b)
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.draws
def test_a_run_is_a_folder(tmp_path):
    result = go(tmp_path / "a", chance_episodes=20)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "spec.yaml", "schema.json", "run.json", "metrics.jsonl", "evals.jsonl", "summary.json", "learning_curve.png",
        "checkpoints", "replay",
    }  # fmt: skip
    about = json.loads((tmp_path / "a" / "run.json").read_text())
    assert about["seed"] == 3
    assert about["spec_hash"] == "linear"
    assert about["schema_hash"] == schema().hash
    assert about["versions"]["torch"] == torch.__version__
    assert set(about["chance"]) == {"random", "always wait", "always go 0", "always go 1"}
    assert result.clocks["updates"] == 40
    assert result.clocks["episodes"] == 46  # 40 + start - 1, rounded up to pairs
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["final"]["episodes"] == 5
    assert (tmp_path / "a" / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


def test_metrics_and_evaluations_are_rows(tmp_path):
    go(tmp_path / "a")
    found = logs(tmp_path / "a")
    assert set(found["evals"][0]) == {"env_steps", "updates", "episode", "return", "length", "success", "task"}
    at = sorted({row["env_steps"] for row in found["evals"]})
    assert at[0] == 0
    assert [a // 60 for a in at[1:-1]] == list(range(1, len(at) - 1))
    assert len(found["evals"]) == 5 * len(at)
    assert len({row["episode"] for row in found["evals"]}) == len(found["evals"])
    last = found["metrics"][-1]
    assert {"env_steps", "episodes", "updates", "epsilon", "param/rate", "loss/td", "loss/fit", "grad_norm/main",
            "grad_norm/second", "collected/return", "collected/length", "collected/success"} <= set(last)
    assert last["updates"] == 40
    wall = RunFolder(tmp_path / "a").rows("metrics")[-1]["wall"]
    assert set(wall) == {"seconds", "updates_per_second", "env_steps_per_second"}


def test_two_runs_of_one_seed_are_equal_and_of_two_are_not(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        go(tmp_path / name, seed=seed)
    same(tmp_path / "a", tmp_path / "b")
    assert logs(tmp_path / "a") == logs(tmp_path / "b")
    assert not torch.equal(tensors(tmp_path / "a")["weights/utility.w"], tensors(tmp_path / "c")["weights/utility.w"])


@pytest.mark.parametrize("dies_at", [3, 11, 26, 33])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, monkeypatch, dies_at):
    learner = {"environments": 3}
    go(tmp_path / "whole", learner=learner)
    update = Learner.update

    def killed(self):
        if self.clocks.updates == dies_at:
            raise Killed
        update(self)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", killed)
        with pytest.raises(Killed):
            go(tmp_path / "killed", learner=learner)
    go(tmp_path / "killed", learner=learner, resume=True)
    same(tmp_path / "whole", tmp_path / "killed")
    assert logs(tmp_path / "whole") == logs(tmp_path / "killed")


@pytest.mark.parametrize(("stops_at", "number"), [(5, signal.SIGINT), (20, signal.SIGTERM)])
def test_ctrl_c_and_what_a_scheduler_sends_save_before_they_interrupt(tmp_path, monkeypatch, stops_at, number):
    go(tmp_path / "whole")
    update = Learner.update

    def interrupted(self):
        update(self)
        if self.clocks.updates == stops_at:
            os.kill(os.getpid(), number)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            go(tmp_path / "stopped")
    assert read_state(latest(RunFolder(tmp_path / "stopped")))["clocks"]["updates"] == stops_at
    go(tmp_path / "stopped", resume=True)
    same(tmp_path / "whole", tmp_path / "stopped")


def test_a_finished_run_goes_on_as_if_it_had_been_meant_longer(tmp_path):
    go(tmp_path / "long", updates=40)
    go(tmp_path / "short", updates=17)
    go(tmp_path / "short", updates=40, resume=True)
    same(tmp_path / "long", tmp_path / "short")
    assert logs(tmp_path / "long") == logs(tmp_path / "short")


def test_how_often_one_saves_changes_nothing(tmp_path):
    go(tmp_path / "a", checkpoint_updates=None)
    go(tmp_path / "b", checkpoint_updates=1)
    same(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize(("end", "value"), [("env_steps", 70), ("episodes", 15), ("updates", 9)])
def test_ends(tmp_path, end, value):
    clocks = go(tmp_path / "a", **{"updates": None, end: value}).clocks
    assert value <= clocks[end] < value + 8
    assert clocks["updates"] == 9 or clocks["updates"] == clocks["episodes"] - 5


def test_an_existing_run_is_not_overwritten(tmp_path):
    go(tmp_path / "a", updates=2)
    before = (tmp_path / "a" / "evals.jsonl").read_bytes()
    with pytest.raises(SpecError, match=r"(?s)error\[train.exists\].*is not empty.*--resume"):
        go(tmp_path / "a", updates=2)
    assert (tmp_path / "a" / "evals.jsonl").read_bytes() == before


def test_only_the_same_run_is_resumed(tmp_path):
    with pytest.raises(SpecError, match="holds no run"):
        go(tmp_path / "a", resume=True)
    go(tmp_path / "a", updates=2)
    with pytest.raises(SpecError, match="the run there has seed 3, this one 4"):
        go(tmp_path / "a", updates=4, seed=4, resume=True)


def test_too_much_memory_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(SpecError, match=r"train\.memory"):
        go(tmp_path / "a", memory_limit=1000)
    assert not (tmp_path / "a").exists()


def test_an_explosion_stops_at_once_and_names_the_loss(tmp_path):
    exploding = {"optimizers": {"main": optimizer(lr=1e30, clip=None), "second": optimizer(after="main")}}
    with pytest.raises(SpecError, match=r"train\.not_finite.*losses\.\w+: the loss is (inf|nan)|norm of the gradient"):
        go(tmp_path / "a", learner=exploding)
    with pytest.raises(SpecError, match=r"= no checkpoint was written before, so no weights are kept"):
        go(tmp_path / "b", learner=exploding, checkpoint_updates=None)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "latest").write_text("000001")
    problem = SpecError(Diagnostic("train.not_finite", "the loss is nan", notes=("seed 1",)))
    with pytest.raises(SpecError, match=r"= seed 1\n  = the last checkpoint, .*000001, holds the weights of before"), \
            keeping(RunFolder(tmp_path)):
        raise problem


def test_settings_that_make_no_sense():
    with pytest.raises(SpecError, match="say when to stop"):
        Settings()
    with pytest.raises(SpecError, match="eval_every: must be positive, got 0"):
        Settings(updates=1, eval_every=0)


def test_progress_is_plain_lines_without_a_terminal(tmp_path):
    text = io.StringIO()
    result = go(tmp_path / "a", console=Console(file=text, width=200))
    show(result, Console(file=text, width=200))
    shown = text.getvalue()
    assert shown.startswith("memory: about ")
    assert "40/40 updates" in shown
    assert "solved" in shown
    assert "\x1b" not in shown


def test_progress_is_a_bar_on_a_terminal(tmp_path):
    text = io.StringIO()
    go(tmp_path / "a", console=Console(file=text, width=200, force_terminal=True))
    assert "40/40" in text.getvalue()
    assert "env steps/s" in text.getvalue()


@pytest.mark.parametrize(("width", "evaluation"), [(60, False), (80, True)])
def test_a_narrow_terminal_keeps_count_and_time_left(tmp_path, width, evaluation):
    text = io.StringIO()
    with Reporter(Console(file=text, width=width, force_terminal=True), "env_steps", 1_000_000) as reporter:
        reporter.evaluated(Clocks(), "solved 0.06, return -2.91, length 29.1")
        reporter.moved(Clocks())
        reporter._started -= 60
        reporter.moved(Clocks(500_000, 1000, 1000))
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue()).split("\r")[-1]
    assert "500,000/1,000,000" in last
    assert ("updates/s" in last) == (width >= 80)
    assert re.search(r"[\d-]:[\d-]{2}:[\d-]{2}", last)
    assert "…" not in last
    assert ("solved 0.06" in last) == evaluation


def test_evaluation_is_of_its_own_stream_and_repeatable():
    env, model = CountDown(), Linear(spec(), schema())
    rows = evaluate(model, env, 6, seed=3, first_episode=12, params={"rate": 1.0})
    assert [row["episode"] for row in rows] == list(range(12, 18))
    assert [row["task"] for row in rows] == ["short", "long"] * 3
    assert rows[2:4] == evaluate(model, env, 2, seed=3, first_episode=14, params={"rate": 1.0})
    played = rollout(FixedActor(2), env, torch.tensor([0]), stream(3))
    (row,) = evaluate_actor(FixedActor(2), env, 1, seed=3)
    assert row == {"episode": 0, "return": float(played["reward"].sum()), "length": 2, "success": True, "task": "short"}


def test_chance_levels():
    levels = chance_levels(CountDown(limit=4), 60, seed=0)
    assert levels["always go 1"].success == 1.0
    assert levels["always wait"].success == 0.0
    assert 0.0 < levels["random"].success < 1.0
    assert levels["always wait"].length == 4


def test_a_policy_acts_as_the_evaluation_does(tmp_path):
    go(tmp_path / "a", learner={"environments": 4})
    policy = load_policy(tmp_path / "a", build=build, load=lambda path: spec())
    env = CountDown()
    numbers = torch.arange(5)
    fields, actions = env.reset(numbers, 1), []
    policy.reset(5)
    for _ in range(4):
        action = policy.act({name: fields[name].numpy() for name in ("visible", "entities", "present", "available")})
        assert isinstance(action, np.ndarray)
        actions.append(torch.from_numpy(action))
        fields = env.step(actions[-1]).fields
    actor = policy._actor
    played = rollout(actor, env, numbers, 1)
    taken = played["action"][:, :4]
    assert torch.equal(torch.stack(actions, 1)[played["steps"][:, :4]], taken[played["steps"][:, :4]])


def test_a_policy_says_what_is_wrong_with_fields(tmp_path):
    go(tmp_path / "a", updates=2)
    policy = load_policy(tmp_path / "a", build=build, load=lambda path: spec())
    fields = CountDown().reset(torch.arange(2), 0)
    with pytest.raises(SpecError, match=r"entities: expected \[batch entity feature\] = \[1, 3, 5\], got \[2, 3, 5\]"):
        policy.act(fields)
    with pytest.raises(SpecError, match=r"available: is missing"):
        policy.act({"entities": fields["entities"][:1]})


def test_no_policy_where_there_is_no_run(tmp_path):
    with pytest.raises(SpecError, match=r"(?s)run\.file.*is this the folder of a run"):
        load_policy(tmp_path, build=build)


def test_it_learns(tmp_path):
    result = go(tmp_path / "a", updates=400, eval_every=1000, eval_episodes=60, checkpoint_updates=None,
                chance_episodes=200,
                learner={"environments": 8, "replay": SimpleNamespace(
                    episodes=500, of="episodes", batch=16, start=16)})  # fmt: skip
    assert result.chance["random"].success < 0.3
    assert result.final.success > 0.9


def _checkpoint(folder):
    return latest(RunFolder(folder))


def _edit(folder, group, change):
    path = _checkpoint(folder) / f"{group}.safetensors"
    held = load_file(path)
    change(held)
    save_file(held, path)


DAMAGE = {
    "evals cut short": lambda run: (run / "evals.jsonl").write_text('{"env_steps": 0'),
    "evals gone": lambda run: (run / "evals.jsonl").unlink(),
    "metrics no text": lambda run: (run / "metrics.jsonl").write_bytes(b"\xff\n" * 5000),
    "run.json a list": lambda run: (run / "run.json").write_text("[1]"),
    "run.json null": lambda run: (run / "run.json").write_text("null"),
    "run.json no text": lambda run: (run / "run.json").write_bytes(b"\xff"),
    "chance no score": lambda run: (run / "run.json").write_text(
        json.dumps({**json.loads((run / "run.json").read_text()), "chance": {"random": 1}})),
    "latest empty": lambda run: (run / "checkpoints" / "latest").write_bytes(b""),
    "latest gone": lambda run: (run / "checkpoints" / "latest").unlink(),
    "latest names none": lambda run: (run / "checkpoints" / "latest").write_text("000099\n"),
    "latest no number": lambda run: (run / "checkpoints" / "latest").write_bytes(b"\xff\n"),
    "state cut short": lambda run: (_checkpoint(run) / "state.json").write_text('{"clocks'),
    "state empty": lambda run: (_checkpoint(run) / "state.json").write_text("{}"),
    "state gone": lambda run: (_checkpoint(run) / "state.json").unlink(),
    "weights cut short": lambda run: (_checkpoint(run) / "weights.safetensors").write_bytes(b"\x08\0\0"),
    "a statistic missing": lambda run: _edit(run, "optimizers", lambda held: held.pop("second/value.w/exp_avg")),
    "a foreign statistic": lambda run: _edit(run, "optimizers", lambda held: held.update(x=torch.zeros(1))),
    "statistics of another shape": lambda run: _edit(
        run, "optimizers", lambda held: held.update({"main/utility.w/square_avg": torch.zeros(7)})),
    "a chunk gone": lambda run: max((run / "replay").iterdir()).unlink(),
    "a chunk cut short": lambda run: os.truncate(max((run / "replay").iterdir()), 900),
    "a chunk of other episodes": lambda run: shutil.copy(
        min((run / "replay").iterdir()), max((run / "replay").iterdir())),
    "replay gone": lambda run: [chunk.unlink() for chunk in (run / "replay").iterdir()],
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a short run, to be copied."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_spec_text", lambda spec: "linear\n")
        go(folder, updates=10, chance_episodes=4)
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_reported_before_anything_is_trained(tmp_path, damage, monkeypatch, trained):
    shutil.copytree(trained, tmp_path / "a")
    DAMAGE[damage](tmp_path / "a")
    found = {path: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    monkeypatch.setattr(Learner, "update", lambda self: pytest.fail("it trained"))
    with pytest.raises(SpecError, match=r"run\.(damaged|file)") as caught:
        go(tmp_path / "a", updates=20, resume=True)
    assert str(tmp_path / "a") in str(caught.value)
    rewritten = tmp_path / "a" / "run.json"
    assert {path for path, data in found.items() if path.read_bytes() != data} <= {rewritten}


@pytest.mark.parametrize("name", ["schema.json", "run.json", "checkpoints/latest"])
@pytest.mark.parametrize("contents", [b"{}", b"\xff", b"[]"])
def test_a_policy_of_a_damaged_run_is_refused(tmp_path, name, contents, trained):
    shutil.copytree(trained, tmp_path / "a")
    (tmp_path / "a" / name).write_bytes(contents)
    with pytest.raises(SpecError, match=r"run\.damaged"):
        load_policy(tmp_path / "a", build=build, load=lambda _: spec())


def test_a_run_stopped_while_chance_is_measured_can_be_resumed(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "chance_levels", stop)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "a", updates=10, chance_episodes=4)
    monkeypatch.undo()
    monkeypatch.setattr(running, "_spec_text", lambda spec: "linear\n")
    assert "random" in go(tmp_path / "a", updates=10, chance_episodes=4, resume=True).chance


def test_bars_without_the_letters_for_them(tmp_path):
    result = go(tmp_path / "a", updates=10)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    show(result, Console(file=stream))
    stream.flush()
    assert b"env steps  solved" in stream.buffer.getvalue()
