"""The version of this package, as its installer wrote it down."""

from importlib.metadata import PackageNotFoundError, version


def _found() -> str:
    try:
        return version("compose-marl")
    except PackageNotFoundError:
        return "unknown"


__version__ = _found()
"""``unknown`` in a checkout that is not installed."""
