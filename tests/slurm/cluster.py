"""Slurm on one machine, from Debian's packages, unpacked into a folder, not installed; root and no systemd are fine.

Nothing outside the folder is touched but free ports of this machine; what was started is stopped again.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

PACKAGES = ("munge", "libmunge2", "slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "libhwloc15",
            "liblua5.1-0")
LIBRARIES = "root/usr/lib/x86_64-linux-gnu"
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={other}
AuthType=auth/munge
AuthInfo=socket={base}/run/munge/s,cred_expire=5
PluginDir={base}/{libraries}/slurm-wlm
SlurmUser=root
SlurmdUser=root
StateSaveLocation={base}/run/state
SlurmdSpoolDir={base}/run/spool
SlurmctldPidFile={base}/run/ctld.pid
SlurmdPidFile={base}/run/slurmd.pid
SlurmctldLogFile={base}/run/log/ctld.log
SlurmdLogFile={base}/run/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MaxArraySize=11
SchedulerParameters=sched_min_interval=100000,default_queue_depth=500,sched_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=d Nodes=ALL Default=YES MaxTime=60 State=UP
"""
"""``cred_expire``: a requeued job waits for so long, by default two minutes."""


@contextmanager
def cluster(base: Path) -> Iterator[Mapping[str, str]]:
    """A Slurm of two processors in an empty folder with a short name; gives the environment that its commands need."""
    environment = unpacked(base)
    try:
        start(base, environment)
        yield environment
    finally:
        stop(base)


def unpacked(base: Path) -> dict[str, str]:
    """Fetch packages and write the configuration."""
    base.chmod(0o755)  # munge's socket must be within reach of everybody
    (base / "debs").mkdir()
    subprocess.run(["apt-get", "download", "--quiet", *PACKAGES], cwd=base / "debs", check=True, capture_output=True)
    for package in (base / "debs").glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(base / "root")], check=True)
    (base / "root/usr/sbin/slurmstepd").symlink_to("slurmstepd-wlm")
    for name in ("log", "state", "spool", "munge", "secret"):
        (base / "run" / name).mkdir(parents=True)
    (base / "run/munge").chmod(0o711)
    (base / "run/secret").chmod(0o700)
    (base / "munge.key").write_bytes(os.urandom(1024))
    (base / "munge.key").chmod(0o400)
    (base / "cgroup.conf").touch()
    port, other = free_ports()
    (base / "slurm.conf").write_text(CONFIGURATION.format(
        base=base, host=socket.gethostname(), port=port, other=other, libraries=LIBRARIES))
    return {**os.environ, "SLURM_CONF": str(base / "slurm.conf"),
            "LD_LIBRARY_PATH": f"{base / LIBRARIES}:{base / LIBRARIES / 'slurm-wlm'}",
            "PATH": f"{base / 'root/usr/bin'}:{base / 'root/usr/sbin'}:{os.environ['PATH']}"}


def start(base: Path, environment: Mapping[str, str]) -> None:
    """Start the daemons, by absolute paths, as they change their directory; wait for the node."""
    run, configuration = base / "run", str(base / "slurm.conf")
    commands = [
        [str(base / "root/usr/sbin/munged"), f"--key-file={base / 'munge.key'}", f"--socket={run / 'munge/s'}",
         f"--pid-file={run / 'munge/pid'}", f"--log-file={run / 'secret/log'}", f"--seed-file={run / 'secret/seed'}"],
        [str(base / "root/usr/sbin/slurmctld-wlm"), "-f", configuration],
        [str(base / "root/usr/sbin/slurmd-wlm"), "-f", configuration, "-N", socket.gethostname(), "-d",
         str(base / "root/usr/sbin/slurmstepd-wlm")],
    ]  # fmt: skip
    for command in commands:
        with (run / "log/start.log").open("ab") as log:  # a file: daemons would keep a pipe open
            done = subprocess.run(command, env=dict(environment), timeout=60, stdout=log, stderr=log, check=False)
        assert done.returncode == 0, (run / "log/start.log").read_text()
    end = time.monotonic() + 60
    while said(environment, "sinfo", "-h", "-o", "%T").strip() != "idle":
        assert time.monotonic() < end, (run / "log/ctld.log").read_text()[-2000:]
        time.sleep(0.2)


def stop(base: Path) -> None:
    """Stop daemons, and whatever else was started with this configuration."""
    for name in ("slurmd.pid", "ctld.pid", "munge/pid"):
        with suppress(OSError, ValueError):
            os.kill(int((base / "run" / name).read_text()), signal.SIGTERM)
    end = time.monotonic() + 10
    while (left := ours(base)) and time.monotonic() < end:
        time.sleep(0.2)
    for number in left:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    shutil.rmtree(base, ignore_errors=True)


def ours(base: Path) -> list[int]:
    """Processes whose environment names the configuration of this folder."""
    mark, found = f"SLURM_CONF={base / 'slurm.conf'}\0".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


def said(environment: Mapping[str, str], *command: str) -> str:
    """What a command of Slurm prints."""
    return subprocess.run(command, env=dict(environment), check=True, capture_output=True, text=True, timeout=60).stdout


def free_ports() -> list[int]:
    """Two ports that nobody listens at."""
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
