"""Config files of the PyMARL family: YAML or JSON of any author, read as plain data and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from compose.language.decode import decode
from compose.language.diagnostics import Diagnostic, Span, SpecError
from compose.language.scalars import UNPRINTABLE

MAX_DEPTH, MAX_VALUES = 40, 20_000
TEXT = 200
"""So many characters of a value are kept."""


def read_configs(paths: Sequence[Path]) -> dict[str, Any]:
    """The settings of some files, later ones over earlier ones; mappings inside them likewise.

    Raises:
        SpecError: ``import.config`` where one is no mapping of plain values, or uses anchors, aliases or tags.
    """
    found: dict[str, Any] = {}
    for path in paths:
        if not path.is_file():
            raise wrong("there is no file of this name", str(path))
        found = _over(found, read_config(path.read_bytes(), str(path)))
    return found


def read_config(raw: bytes, file: str) -> dict[str, Any]:
    """The settings of one file. Where a key stands twice the later value counts, as it did for PyMARL."""
    text = decode(raw, file)
    try:
        data = json.loads(text) if file.endswith(".json") else _yaml(text, file)
    except (ValueError, RecursionError) as error:
        raise wrong(f"is no {'JSON' if file.endswith('.json') else 'YAML'}: {_said(error)}", file) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = f"is no YAML: {getattr(error, 'problem', None) or _said(error)}"
        line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
        span = Span(file, mark.line + 1, mark.column + 1, mark.column + 2, line) if mark else None
        raise SpecError(Diagnostic("import.config", said, "" if span else file, span)) from None
    if not isinstance(data, dict):
        raise wrong("is no mapping of settings (name: value)", file)
    _bounded(data, file)
    return {str(key): value for key, value in data.items()}


def _yaml(text: str, file: str) -> Any:
    """PyYAML's safe loader, after a look at events, which are no deeper than they are told."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        named = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None)
        if named:
            raise wrong("uses an anchor, an alias or a tag", file, event.start_mark, text)
        if depth > MAX_DEPTH or count > 2 * MAX_VALUES:
            raise wrong("has more values, or deeper ones, than a config would", file, event.start_mark, text)
    return yaml.safe_load(text)


def _bounded(data: Any, file: str) -> None:
    """Plain values, not too many and not too deep."""
    level, left = [data], MAX_VALUES
    for _ in range(MAX_DEPTH):
        inner = [x for one in level for x in (one.values() if isinstance(one, dict) else one)]
        left -= len(inner)
        if left < 0:
            break
        for one in level:
            for key in one if isinstance(one, dict) else ():
                if UNPRINTABLE.search(str(key)) or len(str(key)) > TEXT:
                    raise wrong("has a key that nobody would write", file)
        level = [x for x in inner if isinstance(x, dict | list | tuple)]
        if not level:
            return
    raise wrong("has more values, or deeper ones, than a config would", file)


def _over(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        held = merged.get(key)
        merged[key] = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
    return merged


def shown(value: Any) -> str:
    """A value as one line of plain characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = UNPRINTABLE.sub("?", text)
    return text if len(text) <= TEXT else text[:TEXT] + "..."


def wrong(message: str, file: str, mark: Any = None, text: str = "") -> SpecError:
    """A file that is no config."""
    if mark is None:
        return SpecError(Diagnostic("import.config", message, where=file))
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    return SpecError(Diagnostic("import.config", f"{file} {message}", "",
                                Span(file, mark.line + 1, mark.column + 1, mark.column + 2, line)))


def _said(error: BaseException) -> str:
    return "it is too deep" if isinstance(error, RecursionError) else str(error).splitlines()[0]
