"""Random edits of a spec's tree: as a slip, a half-done refactoring or a merge of two files would leave it."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

Place = tuple[Any, Any]
"""A dict or list, and the key or index of a value in it."""

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e300, -1e300, 1e-320, 10**15, 10**30, float("nan"), float("inf"), "",
    " ", "~", "q", "env", "env.visible", "env.action", "2 * agent", "agent", "agent'", "scalar", "a.b.c", "(((((",
    "é", "１", "q_tot", "true", "x" * 200, "-", "--1", "1 2", "🙂", "\u202e", [], {}, [[]], [None], {"block": "linear"},
    {"": 1}, {"of": "q"}, {"network": "utility"}, {"kind": "linear"}, [1, 2], ["agent", "agent"], {"like": "mixer"},
    {"kind": "linear", "from": 0, "to": 1, "over": "10 updates"}, {"replace": True}, "1 per episode", "200 episodes",
]  # fmt: skip
KEYS = [
    "block", "network", "of", "over", "where", "count", "target", "each", "repeat", "carry", "tied", "like",
    "frozen",
    "replace", "kind", "mean", "sum", "weight", "activation", "to", "axes", "mask", "by", "with", "as", "along",
    "from", "null", "Name", "a b", "1", "<<", "", "env", "true", "agent", "batch", "q", "params", "extends", "é",
    "x" * 130,
]  # fmt: skip
BLOCKS = [
    "linear", "layer_norm", "gru", "previous", "attention", "pool", "mean", "sum", "max", "min", "argmax", "take",
    "softmax",
    "entropy", "kl", "contract", "positive", "monotone_mixer", "weighted_sum", "duel", "concat", "split", "flatten",
    "expand", "own", "rename", "one_hot", "where", "td_target", "random_partition", "given_partition", "lineer",
    "concat ", "vendor/thing", 7,
]  # fmt: skip
FIELDS = [
    "env.entities", "env.visible", "env.sight", "env.present", "env.available", "env.action", "env.last_action",
    "env.reward", "env.terminated", "env.steps", "env.active", "env.task", "env.success", "env.state", "env.position",
    "env.agent_id", "env.truth_groups", "env.action_entity", "env.nothing",
]  # fmt: skip
FUNCTIONS = [
    "stop", "previous", "first", "agents", "others", "entities", "square", "sqrt", "abs", "exp", "log", "relu",
    "leaky_relu", "elu", "tanh", "sigmoid", "softplus", "minimum", "maximum", "ceil", "floor", "~", "-", "sinh",
]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "&", "|", "<", "<=", "==", ">=", ">", "", ",", ".", "**", "=", "^"]
AXES = [
    "batch", "time", "agent", "entity", "action", "feature", "agent'", "entity'", "Width", "Key", "...", "bool",
    "int", "any", "embed", "layer", "agent?", "1", "other", "state", "batch'",
]  # fmt: skip


def places(tree: Any, depth: int = 0) -> Iterator[Place]:
    """Every value of a tree, by what holds it."""
    if depth > 60:
        return
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(items):
        yield tree, key
        yield from places(value, depth + 1)


def _some(tree: Any, rng: random.Random, test: Callable[[Any, Any, Any], bool] = lambda *_: True) -> Place | None:
    found = [(holder, key) for holder, key in places(tree) if test(holder, key, holder[key])]
    return rng.choice(found) if found else None


def _is_text(_: Any, __: Any, value: Any) -> bool:
    return isinstance(value, str)


def delete(tree: Any, rng: random.Random, _: list[Any]) -> None:
    if spot := _some(tree, rng):
        del spot[0][spot[1]]


def copy_over(tree: Any, rng: random.Random, _: list[Any]) -> None:
    """A value stands where another was, or under a new name."""
    if (a := _some(tree, rng)) and (b := _some(tree, rng)):
        value = copy.deepcopy(a[0][a[1]])
        if isinstance(b[0], dict) and rng.random() < 0.4:
            b[0][rng.choice([*KEYS, str(a[1])])] = value
        else:
            b[0][b[1]] = value


def swap(tree: Any, rng: random.Random, _: list[Any]) -> None:
    if (a := _some(tree, rng)) and (b := _some(tree, rng)):
        one, other = copy.deepcopy(a[0][a[1]]), copy.deepcopy(b[0][b[1]])
        a[0][a[1]] = other
        b[0][b[1]] = one


def rename(tree: Any, rng: random.Random, _: list[Any]) -> None:
    spot = _some(tree, rng, lambda holder, *_: isinstance(holder, dict))
    if spot:
        holder, key = spot
        others = [k for _, k in places(tree) if isinstance(k, str)]
        new = rng.choice([typo(str(key), rng), rng.choice(KEYS), rng.choice(others)])
        items = [(new if k == key else k, v) for k, v in holder.items()]
        holder.clear()
        holder.update(items)


def scalar(tree: Any, rng: random.Random, _: list[Any]) -> None:
    if spot := _some(tree, rng, lambda _, __, v: not isinstance(v, dict | list)):
        spot[0][spot[1]] = copy.deepcopy(rng.choice(ODD))


def anything(tree: Any, rng: random.Random, _: list[Any]) -> None:
    if spot := _some(tree, rng):
        spot[0][spot[1]] = copy.deepcopy(rng.choice(ODD))


def reorder(tree: Any, rng: random.Random, _: list[Any]) -> None:
    spot = _some(tree, rng, lambda _, __, v: isinstance(v, dict | list) and len(v) > 1)
    if spot:
        value = spot[0][spot[1]]
        if isinstance(value, list):
            rng.shuffle(value)
        else:
            items = list(value.items())
            rng.shuffle(items)
            value.clear()
            value.update(items)


def splice(tree: Any, rng: random.Random, others: list[Any]) -> None:
    """A part of another spec at a place of this one, of the same name if there is one."""
    donor = rng.choice(others)
    source = _some(donor, rng)
    if source is None:
        return
    spot = _some(tree, rng, lambda _, key, __: key == source[1]) or _some(tree, rng)
    if rng.random() < 0.3 or spot is None:
        spot = _some(tree, rng)
    if spot:
        spot[0][spot[1]] = copy.deepcopy(source[0][source[1]])


def section(tree: Any, rng: random.Random, others: list[Any]) -> None:
    """Members of a section of another spec, added to this one's."""
    donor = rng.choice(others)
    shared = [k for k, v in donor.items() if isinstance(v, dict) and isinstance(tree.get(k, {}), dict)]
    if shared:
        key = rng.choice(shared)
        tree.setdefault(key, {}).update(copy.deepcopy(donor[key]))


def block(tree: Any, rng: random.Random, _: list[Any]) -> None:
    if spot := _some(tree, rng, lambda _, key, __: key == "block"):
        spot[0][spot[1]] = rng.choice(BLOCKS)


def setting(tree: Any, rng: random.Random, _: list[Any]) -> None:
    """A field more on some mapping."""
    if spot := _some(tree, rng, lambda _, __, v: isinstance(v, dict)):
        texts = [str(h[k]) for h, k in places(tree) if isinstance(h[k], str)] or ["q"]
        spot[0][spot[1]][rng.choice(KEYS)] = copy.deepcopy(
            rng.choice([rng.choice(ODD), rng.choice(texts), rng.choice(AXES)])
        )


def reference(tree: Any, rng: random.Random, _: list[Any]) -> None:
    """A name in an expression becomes another one, or a field."""
    spot = _some(tree, rng, _is_text)
    if spot:
        names = [str(k) for _, k in places(tree) if isinstance(k, str)]
        words = list(re.finditer(r"[A-Za-z_][A-Za-z0-9_.]*", spot[0][spot[1]]))
        if words:
            word, text = rng.choice(words), spot[0][spot[1]]
            new = rng.choice(
                [rng.choice(names), rng.choice(FIELDS), typo(word[0], rng), f"{word[0]}.{rng.choice(names)}"]
            )
            spot[0][spot[1]] = text[: word.start()] + new + text[word.end() :]


def expression(tree: Any, rng: random.Random, _: list[Any]) -> None:
    spot = _some(tree, rng, _is_text)
    if spot:
        texts = [h[k] for h, k in places(tree) if isinstance(h[k], str)]
        text = spot[0][spot[1]]
        match rng.randrange(7):
            case 0:
                text = f"{rng.choice(FUNCTIONS)}({text})"
            case 1:
                text = f"{text} {rng.choice(OPERATORS)} {rng.choice([*texts, *FIELDS, '1', '0.5', '-1', 'true'])}"
            case 2:
                text = re.sub(r"[-+*/&|<>=~]+", lambda m: rng.choice(OPERATORS), text, count=1)
            case 3:
                at = rng.randrange(len(text) + 1)
                text = text[:at] + rng.choice("()~-,.") + text[at:]
            case 4:
                text = text.replace(rng.choice("(),.&"), "", 1)
            case 5:
                text = f"{rng.choice(FUNCTIONS)}({text}, {rng.choice(texts)})"
            case 6:
                text = f"({text}) {rng.choice(OPERATORS)} ({text})"
        spot[0][spot[1]] = text


def axes(tree: Any, rng: random.Random, _: list[Any]) -> None:
    """Words of a signature or of a list of axes."""
    spot = _some(tree, rng, lambda _, __, v: isinstance(v, str) and ("batch" in v or v in AXES))
    if spot:
        words = spot[0][spot[1]].split()
        at = rng.randrange(len(words))
        match rng.randrange(5):
            case 0:
                del words[at]
            case 1:
                words.insert(at, rng.choice(AXES))
            case 2:
                words[at] = rng.choice(AXES)
            case 3:
                rng.shuffle(words)
            case 4:
                words[at] += rng.choice("'?xX")
        spot[0][spot[1]] = " ".join(words) if rng.random() < 0.8 else words


def parents(tree: Any, rng: random.Random, _: list[Any]) -> None:
    names = [
        "refil", "qmix_attention", "eql", "vdn_attention", "qmix_max_pooling_official", "refil_official", "nobody",
        "../x.yaml", "/etc/passwd", "refil.yaml", "", 7, None, ["refil"], "/dev/zero", ".", "a/b.yaml",
    ]  # fmt: skip
    tree["extends"] = rng.choice([rng.choice(names), [rng.choice(names), rng.choice(names)]])


EDITS: list[Callable[[Any, random.Random, list[Any]], None]] = [
    delete, copy_over, swap, rename, scalar, scalar, anything, reorder, splice, section, block, setting, setting,
    reference, reference, expression, expression, axes, parents,
]  # fmt: skip


def edited(tree: Any, rng: random.Random, others: list[Any]) -> Any:
    """A copy of a tree with one to three edits."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        rng.choice(EDITS)(tree, rng, others)
    return tree


def typo(word: str, rng: random.Random) -> str:
    """A letter lost, doubled, changed or in the wrong place."""
    if not word:
        return "_"
    at = rng.randrange(len(word))
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + "x" + word[at + 1 :],
            word[:at] + word[at + 1 :] + word[at],
            word.upper(),
            word + "s",
        ]
    )
