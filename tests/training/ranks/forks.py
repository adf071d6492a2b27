"""Runs ``compose`` commands in several processes as ``torchrun`` starts them: ``python -m tests.training.ranks.forks
COUNT``. Each is a fork that need not import anything.

Standard input: a command a line, ``[folder, arguments]`` as JSON. Standard output: the numbers of its processes, then
their exit codes, as JSON. What process r says goes to ``FOLDER/r.txt``.
"""

import json
import os
import sys
from pathlib import Path

import torch
from torch.distributed import TCPStore

import compose.training.ranks.follow  # noqa: F401  what takes long to import
from compose.cli import main


def serve(count: int) -> None:
    torch.set_num_threads(1)
    for line in sys.stdin:
        folder, arguments = json.loads(line)
        store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        port = store.port
        children = [child(rank, count, port, Path(folder), arguments) for rank in range(count)]
        print(json.dumps(children), flush=True)
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children]), flush=True)


def child(rank: int, count: int, port: int, folder: Path, arguments: list[str]) -> int:
    """The number of a process that runs a command."""
    number = os.fork()
    if number:
        return number
    told = os.open(folder / f"{rank}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(told, 1)
    os.dup2(told, 2)
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count),
                   "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": "test",
                   "TORCHELASTIC_USE_AGENT_STORE": "True"}
    sys.argv = ["compose", *arguments]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
