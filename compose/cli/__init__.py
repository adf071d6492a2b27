"""The command line, one file a command. Light to import; what a command needs is imported when it runs."""

from compose.cli.entry import main

__all__ = ["main"]
