"""Can this program be run, and is it the one that was meant?

In: a command, a directory and an environment. Out: the file that would run, or a `ProgramError`
that tells apart what the system calls by one name: "no such file" may be the interpreter of a
script, "format error" another processor. Called by `child`.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import platform
import shutil
import stat
from collections.abc import Mapping, Sequence

from .failures import ChecksumError, ProgramError

# e_machine of ELF, and the names that `platform.machine` has for it.
MACHINES = {
    3: ("i386", "i486", "i586", "i686", "x86"),
    40: ("arm", "armv6l", "armv7l", "armv8l"),
    62: ("x86_64", "amd64"),
    183: ("aarch64", "arm64"),
    243: ("riscv64", "riscv32"),
    21: ("ppc64", "ppc64le"),
    22: ("s390x",),
}
MOST_SHEBANG = 256


def find(command: Sequence[str], cwd: str, path: str | None) -> str:
    """The file that `command` runs; a bare name is looked up in `path`, as a shell does."""
    if not command or not command[0]:
        raise ProgramError('the command must be a list of words, as in ["./plugin", "-v"]')
    if any("\0" in word for word in command):
        raise ProgramError("a word of the command has a NUL character, which no program can get")
    if cwd and not os.path.isdir(cwd):
        raise ProgramError(f"the working directory {cwd} of the plugin is not there: create it")
    name = command[0]
    if os.path.dirname(name):
        return os.path.join(cwd, name)
    found = shutil.which(name, path=path)
    if found is None:
        raise ProgramError(f"there is no program {name} in PATH: install it, or give its path")
    return found


def explained(error: OSError, program: str) -> ProgramError:
    """What a person needs to know of a program that the system does not run."""
    return ProgramError(_why(error, program))


def _why(error: OSError, program: str) -> str:
    if os.path.isdir(program):
        return f"{program} is a directory: give the program in it"
    if not os.path.exists(program):
        return f"there is no program {program}: build or install it, or correct the path"
    head = _head(program)
    interpreter = _interpreter(head)
    if error.errno == errno.EACCES:
        mode = stat.filemode(os.stat(program).st_mode)
        if interpreter and os.path.exists(interpreter) and os.access(program, os.X_OK):
            return f"{program} names {interpreter} as its interpreter, which may not be executed"
        return f"{program} may not be executed (mode {mode}): chmod +x it"
    if error.errno == errno.ENOENT:
        if interpreter:
            text = f"{program} names {interpreter} as its interpreter, which is not there"
            return f"{text}: correct its first line, or install that"
        return f"{program} needs a dynamic loader that is not there: build it for this system"
    if error.errno == errno.ENOEXEC:
        if head[:4] == b"\x7fELF":
            return f"{program} is built for {_machine(head)}, and this is {platform.machine()}"
        return f"{program} is no program: a script needs a first line such as #!/bin/sh"
    return f"{program} cannot be run: {error.strerror}"


def _head(program: str) -> bytes:
    try:
        with open(program, "rb") as file:
            return file.read(MOST_SHEBANG)
    except OSError:
        return b""


def _interpreter(head: bytes) -> str:
    """The program that a script's first line names, "" if it names none."""
    if not head.startswith(b"#!"):
        return ""
    words = head[2:].split(b"\n")[0].split()
    return os.fsdecode(words[0]) if words else ""


def _machine(head: bytes) -> str:
    number = int.from_bytes(head[18:20], "big" if head[5:6] == b"\x02" else "little")
    names = MACHINES.get(number)
    if names is None:
        return f"an unknown processor ({number})"
    return names[0] if platform.machine() not in names else f"{names[0]}, but in another format"


def check(program: str, expected: str | Mapping[str, str] | None) -> None:
    """Raises `ChecksumError` if a file is not the expected one."""
    if expected is None:
        return
    for path, digest in ({program: expected} if isinstance(expected, str) else expected).items():
        try:
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ChecksumError(f"{path} cannot be checked: {error.strerror}") from None
        if not hmac.compare_digest(found.encode(), digest.strip().lower().encode()):
            text = f"{path} is not the file that was expected: its SHA-256 is {found}"
            raise ChecksumError(f"{text}, not {digest!r}; it was not started")
