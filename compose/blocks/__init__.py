"""The catalogue: one block a file, one folder a family. Importing it registers every block and imports no torch."""

from importlib import import_module
from pkgutil import walk_packages

for _module in walk_packages(__path__, prefix=f"{__name__}."):
    import_module(_module.name)
