"""``compose explain``: one place of a spec: its value, who set it, what it means, what it comes to, who reads it."""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli.options import Env, Json, Plugin, Set, Spec, examples
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose explain refil graph.q_in.visible --env smac/3-8sz",
    "compose explain refil losses.td.weight --set params.lambda=0.3",
    "compose explain refil_official q.a",
    "compose explain refil learner.optimizers.main.lr",
    "compose explain mine/refil.yaml networks.utility.nodes.a --json",
    "compose explain refil agent --env group_matching",
)


def explain(
    spec: Spec,
    path: Annotated[str, typer.Argument(metavar="PATH", help=(
        "What to explain: graph.q_in.visible, a bare name such as q_in, lambda or utility, a node inside an "
        "application such as q.a, a field such as env.visible, or an axis such as agent."))],
    env: Env = None,
    overrides: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Explain one value of a spec: which line set it, what that overrode, what it comes to, and who reads it.

    Values that no file sets are defaults, and said to be. Without --env, sizes
    that an environment decides stay symbolic. A spec with mistakes is
    explained as far as it can be. Exit code 2 if there is no such place.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.views import explanation

        load_plugins(plugin or ())
        found = explanation.explained(spec, path, env, overrides or [])
        if json:
            print_json(explanation.data(found))
        else:
            explanation.show(found)
