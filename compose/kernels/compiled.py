"""Small kernels in C++, compiled on first use where there is a compiler; whoever has one also has the code in torch.

The shared library goes to a cache folder (``$COMPOSE_CACHE``, else ``compose`` in ``$XDG_CACHE_HOME`` or ``~/.cache``)
under a hash of sources, flags, compiler and processor. It is built beside its place and moved there whole, so that
processes that build at once do not disturb one another, and nothing is written into the package.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.media import terminal

SWITCH = "COMPOSE_KERNEL"
"""Environment variable: ``auto`` (the default), ``off``, or ``on``, which makes it an error if there is no kernel."""
_MODES = ("auto", "off", "on")
_FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
"""What is left out matters: nothing may change the result of an operation on floats."""
_NATIVE = ("-march=native",)
_COMPILERS = ("g++", "c++", "clang++")
_PATIENCE = 300
"""Seconds for the compiler."""


class NoKernel(Exception):
    """Why there is none; torch computes the same."""


def library(main: Path, *others: Path) -> ctypes.CDLL:
    """The library of the file ``main``, which includes files of its own folder and of ``others``.

    Raises:
        NoKernel: If it is switched off, cannot be built or cannot be loaded.
    """
    if mode() == "off":
        raise NoKernel("")
    if sys.platform == "win32":
        raise NoKernel("kernels are not built on Windows")
    compiler = _compiler()
    files = [file for folder in (main.parent, *others) for file in sorted(folder.glob("*.[ch]*"))]
    texts = b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    said = repr((_FLAGS, _NATIVE, compiler, _processor(), sys.platform)).encode()
    place = _folder() / f"{main.stem}-{hashlib.sha256(texts + said).hexdigest()[:20]}.so"
    if not place.is_file():
        _build(compiler, main, place)
    try:
        return ctypes.CDLL(str(place))
    except OSError as wrong:
        raise NoKernel(f"{place} cannot be loaded ({wrong})") from None


def mode() -> str:
    """What :data:`SWITCH` says.

    Raises:
        SpecError: If that is no mode.
    """
    said = os.environ.get(SWITCH) or "auto"
    if said not in _MODES:
        hint = did_you_mean(said, _MODES) or f"one of {', '.join(_MODES)}"
        raise SpecError(Diagnostic("usage", f"'{said}' is no mode of kernels", SWITCH, hint=hint))
    return said


def missed(what: str, reason: str) -> None:
    """Say, once in a process, that torch computes ``what``; an error where a kernel was asked for.

    Raises:
        SpecError: If the mode is ``on``.
    """
    if mode() == "on":
        raise SpecError(Diagnostic("env.kernel", f"no kernel for {what}: {reason}", SWITCH,
                                   hint="install a C++ compiler, or leave the variable out"))
    if reason:
        _say(f"{what}: torch computes it, several times slower than a compiled kernel would: {reason} "
             f"({SWITCH}=off says no more)")


@cache
def _say(text: str) -> None:
    print(terminal(text), file=sys.stderr)


def _compiler() -> tuple[str, ...]:
    named = shlex.split(os.environ.get("CXX", ""))
    for words in ([named] if named else [[name] for name in _COMPILERS]):
        if found := shutil.which(words[0]):
            return (found, *words[1:])
    raise NoKernel(f"no C++ compiler ({named[0] if named else ', '.join(_COMPILERS)})")


def _processor() -> str:
    """What tells apart machines that share a cache folder and may not run one another's code."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    told = {line for line in lines if line.startswith(("flags", "Features", "model name", "CPU part"))}
    return repr((platform.machine(), sorted(told)))


def _folder() -> Path:
    """The cache folder, made if it is missing.

    Raises:
        NoKernel: If it cannot be made, or belongs to somebody else.
    """
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(os.environ.get("COMPOSE_CACHE") or Path(base) / "compose").absolute()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = folder.stat()
    except (OSError, RuntimeError) as wrong:
        raise NoKernel(f"no cache folder ({wrong}); COMPOSE_CACHE names another") from None
    if state.st_uid not in (os.getuid(), 0) or state.st_mode & 0o002:
        raise NoKernel(f"others may write into {folder}; COMPOSE_CACHE names another folder")
    return folder


def _build(compiler: tuple[str, ...], main: Path, place: Path) -> None:
    try:
        number, name = tempfile.mkstemp(suffix=".so", prefix=f".{place.stem}-", dir=place.parent)
    except OSError as wrong:
        said = f"cannot write to {place.parent} ({wrong.strerror}); COMPOSE_CACHE names another folder"
        raise NoKernel(said) from None
    os.close(number)
    try:
        for flags in ((*_FLAGS, *_NATIVE), _FLAGS):  # not every compiler knows the processor that it runs on
            done = subprocess.run([*compiler, *flags, str(main), "-o", name], capture_output=True, text=True,
                                  errors="replace", timeout=_PATIENCE, stdin=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                os.replace(name, place)
                return
        lines = done.stderr.strip().splitlines()
        raise NoKernel(f"{compiler[0]} failed: {lines[0] if lines else f'exit code {done.returncode}'}")
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise NoKernel(f"{compiler[0]} failed ({wrong})") from None
    finally:
        Path(name).unlink(missing_ok=True)
