"""What the tab key offers: names of specs, blocks and environments, and the folders of runs. None of it imports torch.

Nothing is offered where a path of another kind is being written: the shell then offers files.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

MOST = 1000
"""Of entries of a folder that are looked at."""


def specs(incomplete: str) -> list[str]:
    """Packaged specs."""
    from compose.language.files import packaged_specs

    return _starting(incomplete, (path.stem for path in packaged_specs().glob("*.yaml")))


def envs(incomplete: str) -> list[str]:
    """Environments, families and instances; those of installed plug-ins by family, since none is imported."""
    from compose.envs import families
    from compose.language.diagnostics import SpecError

    try:
        return _starting(incomplete, families.names())
    except SpecError:  # two plug-ins claim one name: the command itself will say so
        return []


def studies(incomplete: str) -> list[str]:
    """Packaged studies."""
    from compose.study.file.reading import packaged_studies

    return _starting(incomplete, (path.stem for path in packaged_studies().glob("*.yaml")))


def blocks(incomplete: str) -> list[str]:
    """Blocks."""
    from compose.language.registry import catalogue

    return _starting(incomplete, catalogue())


def described(incomplete: str) -> list[str]:
    """All that ``compose describe`` knows by name."""
    others = _starting(incomplete, ("language", "passes"))
    return [*blocks(incomplete), *specs(incomplete), *envs(incomplete), *others]


def runs(incomplete: str) -> list[str]:
    """Folders of runs and of several seeds, and folders on the way to them, as far as they were written."""
    head, slash, last = incomplete.rpartition("/")
    found = []
    for folder in _folders(Path(head or slash or ".")):
        if folder.name.startswith(last) and (last or not folder.name.startswith(".")):
            below = [] if _is_run(folder) else _folders(folder)
            name = f"{head}{slash}{folder.name}"
            found += [name] if _is_run(folder) else [f"{name}/{run.name}" for run in below if _is_run(run)]
            if not _is_run(folder) and any(_folders(one) for one in below if not _is_run(one)):
                found.append(f"{name}/")
    return sorted(found)


def specs_and_runs(incomplete: str) -> list[str]:
    """What ``compose diff`` compares."""
    return [*specs(incomplete), *runs(incomplete)]


def policies(incomplete: str) -> list[str]:
    """Who plays, as far as it does not depend on the environment."""
    return [*_starting(incomplete, ("random",)), *runs(incomplete)]


def loggers(incomplete: str) -> list[str]:
    """Loggers that come with the package."""
    return _starting(incomplete, ("tensorboard", "wandb", "mlflow"))


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for _, path in zip(range(MOST), folder.iterdir(), strict=False) if path.is_dir()]
    except OSError:
        return []
