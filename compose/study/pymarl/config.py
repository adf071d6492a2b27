"""A config of PyMARL, PyMARL2 or EPyMARL as a spec on the right preset, and what became of every key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from compose.graph.build import build_graph
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.load import load, load_text
from compose.study.pymarl.files import shown, wrong
from compose.study.pymarl.keys import AGENTS, MUST, NOTHING, OFF
from compose.study.pymarl.made import How, Imported, Library, Told

PRESETS: Mapping[tuple[Library, str], str] = {
    ("PyMARL", ""): "iql_official", ("PyMARL", "vdn"): "vdn", ("PyMARL", "qmix"): "qmix_pymarl",
    ("PyMARL2", ""): "iql_pymarl2", ("PyMARL2", "vdn"): "vdn_pymarl2", ("PyMARL2", "qmix"): "qmix_pymarl2",
    ("EPyMARL", ""): "iql_epymarl", ("EPyMARL", "vdn"): "vdn_epymarl", ("EPyMARL", "qmix"): "qmix_epymarl",
}
_SIGNS: Mapping[Library, tuple[str, ...]] = {
    "EPyMARL": ("target_update_interval_or_tau", "standardise_rewards", "hidden_dim", "use_rnn", "obs_individual_obs"),
    "PyMARL2": ("td_lambda", "q_lambda", "optimizer", "use_per"),
}


def imported(config: Mapping[str, Any], name: str = "") -> Imported:
    """The spec that a config stands for.

    Raises:
        SpecError: ``import.method`` if there is no preset for it, ``import.value`` if a setting is of another kind than
            its key's, or what a spec refuses.
    """
    library = _library(config)
    mixer = config.get("mixer") or ""
    learner = str(config.get("learner", "q_learner"))
    preset = PRESETS.get((library, mixer)) if isinstance(mixer, str) else None
    if preset is None or learner not in AGENTS["learner"]:
        what = f"learner {shown(learner)} with mixer {shown(config.get('mixer'))}"
        hint = "carried are q_learner and nq_learner with mixer vdn, qmix or none; others: `compose list specs`"
        raise SpecError(Diagnostic("import.method", f"there is no preset for {what}", hint=hint))
    if library == "PyMARL2" and mixer and learner == "q_learner":
        preset, library = PRESETS["PyMARL", mixer], "PyMARL2"
    made = Imported(library, preset, _name(name or str(config.get("name") or f"my_{preset}")))
    _Carrying(config, made).all()
    try:
        build_graph(load_text(made.text("config")))
    except SpecError as error:
        raise SpecError(*(Diagnostic("import.value", one.message, one.where, hint=one.hint)
                          for one in error.diagnostics)) from None
    return made


def _library(config: Mapping[str, Any]) -> Library:
    found = next((name for name, signs in _SIGNS.items() if any(sign in config for sign in signs)), None)
    if found is None and not {"target_update_interval", "mixer", "learner"} & set(config):
        raise wrong("has no key of a value-based method of PyMARL (learner, mixer, target_update_interval)", "config")
    return found or "PyMARL"


def _name(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:50]
    return plain if plain[:1].isalpha() else f"imported_{plain}".strip("_")


class _Carrying:
    """Key by key: what the preset says already is left to it."""

    def __init__(self, config: Mapping[str, Any], made: Imported) -> None:
        self.config, self.made = config, made
        self.spec = load(made.preset).spec
        self.data = self.spec.data(defaults=True)
        self.adam = made.origin == "EPyMARL" or (made.origin == "PyMARL2" and config.get("optimizer") == "adam")

    def all(self) -> None:
        rules = self.rules()
        for key, value in self.config.items():
            if key in rules:
                rules[key](key, value)
            elif key in AGENTS:
                known = AGENTS[key]
                self.tell(key, "carried" if value in known else "not carried",
                          "" if value in known else f"the preset is written for {' and '.join(known)}")
            elif key in MUST:
                wanted, instead = MUST[key]
                same = value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
                self.tell(key, "carried" if same else "not carried", "as here" if same else instead)
            elif key in OFF:
                self.tell(key, "no meaning", f"read with {OFF[key]} only")
            elif key in NOTHING:
                self.tell(key, "no meaning", NOTHING[key])
            else:
                near = did_you_mean(key, [*rules, *AGENTS, *MUST, *NOTHING])
                near = f"; {near[0].lower()}{near[1:]}" if near else ""
                self.tell(key, "not carried", f"a key that is not known{near}")
        if self.made.origin != "PyMARL2" and "mixer" in self.spec.networks and "hypernet_layers" not in self.config:
            self.one_layer()
        self.optimizer()
        self.updates()

    def rules(self) -> Mapping[str, Callable[[str, Any], None]]:
        param = {"gamma": "gamma", "rnn_hidden_dim": "hidden", "hidden_dim": "hidden", "mixing_embed_dim": "mixing",
                 "hypernet_embed": "hyper", "td_lambda": "trace"}
        found: dict[str, Callable[[str, Any], None]] = {key: self.param(name) for key, name in param.items()}
        found |= {"name": self.carried, "mixer": self.carried, "hypernet_layers": self.layers, "double_q": self.double,
                  "obs_last_action": self.seen, "obs_agent_id": self.seen, "use_rnn": self.recurrent,
                  "standardise_rewards": self.standardised, "target_update_interval": self.target,
                  "target_update_interval_or_tau": self.target, "buffer_size": self.number("learner.replay.episodes"),
                  "batch_size": self.number("learner.replay.batch"), "batch_size_run": self.run,
                  "epsilon_start": self.number("act.epsilon.from"), "epsilon_finish": self.number("act.epsilon.to"),
                  "epsilon_anneal_time": self.anneal}  # fmt: skip
        for key in ("lr", "optimizer", "optim_alpha", "optim_eps", "grad_norm_clip", "weight_decay"):
            found[key] = self.stepping
        return found

    # ------------------------------------------------------------------ keys

    def param(self, name: str) -> Callable[[str, Any], None]:
        def carry(key: str, value: Any) -> None:
            if name == "hidden" and (key == "hidden_dim") != (self.made.origin == "EPyMARL"):
                self.tell(key, "no meaning", f"{self.made.origin} reads the other name of it")
            elif name not in self.spec.params:
                self.tell(key, "no meaning", f"{self.made.preset} reads none")
            else:
                self.put(key, f"params.{name}", self.numeric(key, value))
        return carry

    def number(self, path: str) -> Callable[[str, Any], None]:
        return lambda key, value: self.put(key, path, self.numeric(key, value))

    def carried(self, key: str, value: Any) -> None:
        self.tell(key, "carried", f"in {self.made.preset}" if key == "mixer" else f"name: {self.made.name}")

    def layers(self, key: str, value: Any) -> None:
        if self.made.origin == "PyMARL2" or "mixer" not in self.spec.networks:
            self.tell(key, "no meaning", "nobody reads it")
        elif self.numeric(key, value) == 1:
            self.one_layer()
            self.tell(key, "carried", "networks.mixer")
        else:
            self.tell(key, *(("carried", "") if value == 2 else ("not carried", "there are one and two layers")))

    def one_layer(self) -> None:
        """PyMARL's mixer has hypernetworks of one layer unless told."""
        self.set("params.hyper", None)
        nodes = {"w1_x": None, "w1_raw": {"of": "state"}, "w2_x": None, "w2_raw": {"of": "state"}}
        self.set("networks.mixer.nodes", nodes)

    def double(self, key: str, value: Any) -> None:
        if self.config.get("learner") == "nq_learner":
            return self.tell(key, "no meaning", "nq_learner always takes the online networks' action")
        if self.truth(key, value) is False:
            self.set("graph.best", {"of": "q_bar"})
        return self.tell(key, "carried", "graph.best")

    def seen(self, key: str, value: Any) -> None:
        """Defaults of the libraries are both on; a config that is whole says so."""
        fields = {"obs_last_action": "env.last_action", "obs_agent_id": "env.agent_id"}
        more = [name for one, name in fields.items() if self.truth(one, self.config.get(one, True))]
        read = ["env.observation", *more]
        self.truth(key, value)
        node = {"block": "concat", "of": read} if len(read) > 1 else "env.observation"
        held = self.data["graph"]["seen"]
        if node != ({k: held[k] for k in ("block", "of")} if isinstance(held, dict) else held):
            self.set("graph.seen", {"of": read} if len(read) > 1 and isinstance(held, dict) else node)
        self.tell(key, "carried", "graph.seen")

    def recurrent(self, key: str, value: Any) -> None:
        wanted = "gru" if self.truth(key, value) else "linear"
        if self.data["networks"]["utility"]["nodes"]["h"]["block"] != wanted:
            layer = {"block": "gru", "of": "x", "to": "hidden"} if value else {
                "block": "linear", "of": "x", "to": "hidden", "activation": "relu"}
            self.set("networks.utility.nodes.h", layer)
        self.tell(key, "carried", "networks.utility.nodes.h")

    def standardised(self, key: str, value: Any) -> None:
        if not self.truth(key, value):
            self.set("graph.reward", None)
            self.set("graph.y", {"reward": "env.reward"})
        self.tell(key, "carried", "graph.reward")

    def target(self, key: str, value: Any) -> None:
        count = self.numeric(key, value)
        if key.endswith("tau") and count <= 1:
            wanted: dict[str, Any] = {"kind": "polyak", "tau": count}
        else:
            wanted = {"kind": "copy", "every": f"{count} {'updates' if key.endswith('tau') else 'episodes'}"}
        if {k: v for k, v in self.data["learner"]["target"].items() if k in wanted} != wanted:
            self.set("learner.target", wanted)
        self.tell(key, "carried", "learner.target")

    def anneal(self, key: str, value: Any) -> None:
        self.put(key, "act.epsilon.over", f"{self.numeric(key, value)} env_steps")

    def run(self, key: str, value: Any) -> None:
        self.numeric(key, value)
        alone = self.config.get("runner", "episode") == "episode"
        self.tell(key, "carried", "the episode runner plays one" if alone else "learner.environments, learner.updates")

    def stepping(self, key: str, value: Any) -> None:
        if key != "optimizer":
            self.numeric(key, value)
        unread = {"optim_alpha", "optim_eps"} if self.adam else set()
        unread |= {"optimizer"} if self.made.origin == "EPyMARL" else set()
        unread |= {"weight_decay"} if self.made.origin != "PyMARL2" else set()
        if key in unread:
            self.tell(key, "no meaning", "nobody reads it" + ("; Adam has its own eps" if "optim_" in key else ""))
        else:
            self.tell(key, "carried", "learner.optimizers.main")

    def optimizer(self) -> None:
        kind, given = "adam" if self.adam else "rmsprop", self.config
        names = {"lr": "lr", "grad_norm_clip": "clip"} | (
            {} if self.adam else {"optim_alpha": "alpha", "optim_eps": "eps"}) | (
            {"weight_decay": "weight_decay"} if self.made.origin == "PyMARL2" else {})
        wanted = {name: self.numeric(key, given[key]) for key, name in names.items() if key in given}
        held = self.data["learner"]["optimizers"]["main"]
        if held["kind"] != kind:
            self.set("learner.optimizers.main", {"kind": kind, **wanted})
        elif changed := {name: x for name, x in wanted.items() if held.get(name) != x}:
            self.set("learner.optimizers.main", changed)

    def updates(self) -> None:
        """A training step for every round of episodes; the first with a batch of them."""
        alone = self.config.get("runner", "episode") == "episode"
        count = 1 if alone else self.numeric("batch_size_run", self.config.get("batch_size_run", 1))
        learner = self.data["learner"]
        if learner["environments"] != count:
            self.set("learner.environments", count)
        ratio = "1 per episode" if count == 1 else f"1 per {count} episodes"
        if str(self.spec.learner.updates) != ratio:
            self.set("learner.updates", ratio)
        batch = self.config.get("batch_size", learner["replay"]["batch"])
        if learner["replay"]["start"] != batch:
            self.set("learner.replay.start", batch)

    # --------------------------------------------------------------- helpers

    def put(self, key: str, path: str, value: Any) -> None:
        """Set a value unless the preset has it."""
        held: Any = self.data
        for part in path.split("."):
            held = held.get(part) if isinstance(held, dict) else None
        if held != value:
            self.set(path, value)
        self.tell(key, "carried", path)

    def set(self, path: str, value: Any) -> None:
        *above, last = path.split(".")
        at = self.made.patch
        for part in above:
            at = at.setdefault(part, {})
        at[last] = value

    def tell(self, key: str, how: How, text: str) -> None:
        self.made.told.append(Told(shown(key)[1:-1], shown(self.config.get(key)), how, text))

    def numeric(self, key: str, value: Any) -> int | float:
        """A number; ``5e-4`` is text to a reader of YAML 1.1, but meant as one."""
        if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]{1,3}", value):
            value = float(value) if value.count(".") < 2 else value
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or abs(value) > 1e15:
            raise SpecError(Diagnostic("import.value", f"expected a number, got {shown(value)}", shown(key)[1:-1]))
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def truth(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise SpecError(Diagnostic("import.value", f"expected true or false, got {shown(value)}", shown(key)[1:-1]))
        return value
