"""Runs ``compose`` commands, each in a fork that need not import anything: ``python -m tests.training.fork_server``.

Standard input: one command a line, its arguments as JSON. Standard output: the number of its process, then, when that
has ended, its exit code (negative: the signal that ended it). What the command itself prints goes to standard error.
"""

import json
import os
import sys

import torch

import compose.training.run  # noqa: F401  what takes long to import
from compose.cli import main


def serve() -> None:
    torch.set_num_threads(1)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os.dup2(2, 1)
            sys.argv = ["compose", *json.loads(line)]
            try:
                main()
            except SystemExit as end:
                sys.stdout.flush()
                os._exit(int(end.code or 0))
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
