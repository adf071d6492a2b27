"""Declarative model composition for cooperative multi-agent reinforcement learning.

    import compose

    spec = compose.load("refil", ["params.lambda=0.7"])       # a packaged spec, or the path of a file
    compose.check(spec, "smac/3-8sz").ok                      # every proof as the spec claims
    compose.diff("qmix_attention", spec).equal                # False
    run = compose.train(spec, "group_matching/small", updates=1500, run="runs/mine")
    policy = compose.load_policy("runs/mine")                 # policy.act(fields)

Everything is imported when it is first used; reading, writing, building, checking, comparing and drawing specs never
imports torch. What there is to import stands in ``__init__.pyi``, for type checkers and editors.
"""

_WHERE = {
    "compose.language.installed": ("__version__",),
    # specs and their text
    "compose.language.spec_text": ("load", "loads", "dumps"),
    "compose.language.models": ("Spec",),
    "compose.language.diagnostics": ("SpecError", "Diagnostic"),
    # what is asked of specs
    "compose.compiler.check": ("check", "Check"),
    "compose.graph.proofs": ("Proof",),
    "compose.graph.typed_spec": ("build",),
    "compose.graph.graph": ("Graph",),
    "compose.study.comparison": ("diff",),
    "compose.reading.diff": ("Diff",),
    "compose.reading.drawing.written": ("draw",),
    # models, training, policies
    "compose.compiler.compile": ("compile",),
    "compose.compiler.model": ("Model", "Acted", "Learned"),
    "compose.compiler.fake_batch": ("fake_batch",),
    "compose.training.start": ("train",),
    "compose.training.settings": ("Settings",),
    "compose.training.until": ("Until",),
    "compose.training.summary": ("RunResult",),
    "compose.training.loggers.interface": ("Logger", "LoggedRun"),
    "compose.training.runs": ("evaluate", "Evaluation"),
    "compose.training.evaluate": ("Score",),
    "compose.training.policy": ("load_policy", "Policy"),
    # specs written in Python
    "compose.language.builder": (
        "SpecBuilder", "Handle", "block", "env", "loss", "played", "moving", "patch",
        "agents", "entities", "first", "others", "previous", "stop",
        "ceil", "elu", "exp", "floor", "leaky_relu", "log", "maximum", "minimum", "relu", "sigmoid", "softplus", "sqrt",
        "square", "tanh",
    ),
    # blocks of your own
    "compose.language.block": ("Block", "Port"),
    "compose.language.axes": ("Type",),
    "compose.language.operation": ("Run", "Site", "Weight"),
    "compose.compiler.contract": ("check_block", "ContractError"),
    # environments, and those of your own
    "compose.envs.catalogue": ("make", "schema"),
    "compose.envs.families": ("register", "Family"),
    "compose.envs.interface": ("Environment", "Transition"),
    "compose.envs.single": ("Single",),
    "compose.envs.options": ("EnvSettings",),
    "compose.envs.adapters": ("Gymnasium", "GymnasiumVector", "PettingZoo"),
    "compose.envs.conformance": ("assert_conforms",),
    "compose.envs.conformance.play": ("play",),
    "compose.envs.pictures.scene": ("Moment", "Stage"),
    "compose.graph.schema": ("EntitySchema", "EntityType", "Feature", "ActionGroup"),
    # modules
    "compose.kernels": ("random",),
    "compose.envs.starcraft": ("scenario", "terrain"),
}  # fmt: skip
"""Module -> public names that it defines."""

_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'compose' has no attribute '{name}'")
    from importlib import import_module

    home = import_module(_HOME[name])
    found = getattr(home, name) if hasattr(home, name) else import_module(f"{_HOME[name]}.{name}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
