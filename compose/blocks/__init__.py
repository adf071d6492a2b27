"""The catalogue: one block, or family of blocks, a file; a folder for each kind. Nothing here imports torch.

A block is registered when its file is imported.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages


def load(tag: str | None = None) -> None:
    """Import every block; or, which is quicker, the file that is called like a tag, if there is one."""
    if tag is None:
        for module in walk_packages(__path__, prefix=f"{__name__}."):
            import_module(module.name)
    elif tag.isidentifier():
        for file in Path(__path__[0]).glob(f"*/{tag}.py"):
            import_module(f"{__name__}.{file.parent.name}.{tag}")
