"""Emitted modules: they give what the model gives, stand alone, and are read with pleasure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from compose.compiler.export.emit import emit
from compose.compiler.export.samples import samples, timed
from compose.compiler.export.write import write_module
from tests.compiler.cases import DRAFTS, model
from tests.compiler.export.cases import ACTING, DIFFERENT, entries, odd, packaged
from tests.marked import first


@pytest.mark.slow
@pytest.mark.parametrize("spec", first(DIFFERENT, ACTING))
def test_every_packaged_spec_is_emitted(spec: str, tmp_path: Path) -> None:
    it = packaged(spec)
    made = write_module(it, tmp_path / "policy.py")
    assert made.parity.ok
    rounds = spec in ("ippo", "ippo_attention", "happo")  # gru_cell in place of gru may round otherwise: `simplify`
    assert max(output.difference for output in made.parity.outputs.values()) <= (1e-6 if rounds else 0.0)
    assert entries(tmp_path) == {"policy.py", "policy.safetensors"}
    weights = load_file(tmp_path / "policy.safetensors")
    assert set(weights) == set(it.programs["act"].needs("weight"))
    assert all(torch.equal(x, it.weights[name]) for name, x in weights.items())


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda p: p.stem)
def test_drafts_are_emitted(draft: Path, tmp_path: Path) -> None:
    made = write_module(model(draft), tmp_path / "policy.py")
    assert made.parity.ok
    assert made.parity.tolerance == 1e-10


def test_unusual_names_and_inputs(tmp_path: Path) -> None:
    made = write_module(odd(), tmp_path / "policy.py")
    assert made.parity.ok
    assert made.about["class"] == "PolicyTensor"
    assert {"state groups#1.first", "state groups#1.started", "state raw.state.previous"} < set(made.parity.outputs)
    assert "train_.lambda_.weight" in load_file(tmp_path / "policy.safetensors")
    text = (tmp_path / "policy.py").read_text()
    assert "        groups_label: Tensor,\n        warmth: Tensor,\n        state: dict[str, Tensor],\n" in text
    assert 'torch.full(\n                (batch, agents, 8), 0.5, dtype=torch.float64, device=device\n' in text
    assert "q = raw_values * warmth + 1\n" in text


def test_text_of_refil() -> None:
    text = emit(packaged("refil"), "refil.safetensors").text
    assert text.startswith('"""Refil: one acting step, in plain torch.\n')
    assert "    spec         refil  " in text
    assert "    environment  smac/3-8sz  " in text
    assert 'policy.load_state_dict(load_file("refil.safetensors"))' in text
    assert "        visible: bool [batch, agent 8, entity 16]\n            True where the agent may see" in text
    assert '        "q.h.h": float32 [batch, agent 8, hidden 64]\n' in text
    assert "            x=Weights(weight=(128, 52), bias=(128,)),\n" in text
    step = text[text.index("        # q: network utility"):text.index("if __name__")]
    assert step == STEP


STEP = """\
        # q: network utility
        # q.x: linear -> [batch time entity embed]
        x = F.relu(F.linear(seen, self.utility.x.weight, self.utility.x.bias))

        # q.a: attention -> [batch time agent embed]
        a_query = (
            F.linear(x[..., :n_agents, :], self.utility.a.query)
            .unflatten(-1, (4, -1))
            .transpose(-2, -3)
        )
        a_key = F.linear(x, self.utility.a.key).unflatten(-1, (4, -1)).transpose(-2, -3)
        a_masked = ~(visible & present[:, None, None]).unsqueeze(-3)
        a_product = a_query @ a_key.transpose(-1, -2) / 5.656854249492381
        a_logits = a_product.masked_fill(a_masked, -1e30)
        a_softmax = a_logits.softmax(-1).masked_fill(a_masked, 0.0)
        a_value = (
            F.linear(x, self.utility.a.value).unflatten(-1, (4, -1)).transpose(-2, -3)
        )
        a_pooled = (a_softmax @ a_value).transpose(-2, -3).flatten(-2)
        a = F.linear(a_pooled, self.utility.a.out, self.utility.a.bias)

        # q.z: linear -> [batch time agent hidden]
        z = F.relu(F.linear(a, self.utility.z.weight, self.utility.z.bias))

        # q.h: gru -> [batch time agent hidden]
        h_cell = torch.gru_cell(
            z.flatten(0, -2),
            state["q.h.h"].flatten(0, -2),
            self.utility.h.input.flatten(0, 1),
            self.utility.h.hidden.flatten(0, 1),
            self.utility.h.input_bias.flatten(0, 1),
            self.utility.h.hidden_bias.flatten(0, 1),
        )
        h = h_cell.unflatten(0, (batch, 1, n_agents))

        # q.q: linear -> [batch time agent action]
        q = F.linear(h, self.utility.q.weight, self.utility.q.bias)

        # what the step gives
        values = q[:, 0]
        where = available
        next_state = {
            "q.h.h": h_cell.unflatten(0, (batch, n_agents)),
        }
        return values, where, next_state


"""


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with modules of all kinds."""
    folder = tmp_path_factory.mktemp("emitted")
    for name, it in [*((s, packaged(s)) for s in DIFFERENT), *((p.stem, model(p)) for p in DRAFTS), ("odd", odd())]:
        (folder / f"{name}.py").write_text(emit(it, f"{name}.safetensors").text)
    return folder


def test_it_imports_torch_only(emitted: Path) -> None:
    for file in emitted.glob("*.py"):
        *body, example = ast.parse(file.read_text()).body
        assert ast.unparse(example).startswith("if __name__ == '__main__'")
        found = {n.module for part in body for n in ast.walk(part) if isinstance(n, ast.ImportFrom)}
        found |= {a.name for part in body for n in ast.walk(part) if isinstance(n, ast.Import) for a in n.names}
        assert found <= {"__future__", "typing", "torch", "torch.nn"}, file.name


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=lambda c: c[0])
def test_it_is_as_ruff_wants_it(emitted: Path, command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(emitted)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


ALONE = """
import sys
sys.modules["compose"] = None
sys.path.insert(0, FOLDER)
import torch
from safetensors.torch import load_file, save_file
from policy import Refil
policy = Refil()
policy.load_state_dict(load_file(FOLDER + "/policy.safetensors"))
given = load_file(FOLDER + "/given.safetensors")
with torch.inference_mode():
    values, where, state = policy(**given, state=policy.initial_state(len(given["present"])))
save_file({"values": values, "where": where.contiguous(), **state}, FOLDER + "/found.safetensors")
"""


@pytest.mark.more
def test_it_runs_where_compose_is_not_installed(tmp_path: Path) -> None:
    it = packaged("refil")
    write_module(it, tmp_path / "policy.py")
    (sample,) = samples(it, batch=5, steps=1, seed=9)
    given = {name: x for name, x in sample.fields.items() if name in it.programs["act"].needs("field")}
    save_file(given, tmp_path / "given.safetensors")
    code = ALONE.replace("FOLDER", repr(str(tmp_path)))
    subprocess.run([sys.executable, "-I", "-W", "ignore", "-c", code], check=True)
    found, acted = load_file(tmp_path / "found.safetensors"), it.act(timed(it, sample.fields))
    assert torch.equal(found["values"], acted.values)
    assert torch.equal(found["where"], acted.where)
    assert torch.equal(found["q.h.h"], acted.state["q.h.h"])


@pytest.mark.slow
def test_its_example_runs(tmp_path: Path) -> None:
    write_module(odd(), tmp_path / "policy.py")
    command = [sys.executable, "-W", "ignore", str(tmp_path / "policy.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("actions of 2 episodes, a row each:\ntensor([[")
