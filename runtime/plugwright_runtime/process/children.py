"""What does a forked child keep of its plugin? Nothing that is the host's, or that it talks to.

A child that outlives the plugin would hold the host's pipes and the plugin's connections open, and
the host would wait for it. Programs that are started do not inherit such descriptors; a fork gets
all of them, and closes here what was named with `keep_from` and `keep_sockets_from`. Signals that
arrive in a child before it has unlearnt what the plugin does with them wait until it has. Called by
whoever opens a descriptor here or in a style, or has more to undo in a child (`tell`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import threading
from collections.abc import Callable, Iterable, Iterator

_descriptors: set[int] = set()
_addresses: set[str | int] = set()
_callbacks: list[Callable[[], None]] = []
_installed = False


class _Mask(threading.local):
    """The signals that were blocked in this thread before it forked."""

    before: Iterable[int] | None = None


_mask = _Mask()


def keep_from(descriptor: int) -> None:
    """Close `descriptor` in every child that is forked from now on."""
    _install()
    _descriptors.add(descriptor)


def leave_to(descriptor: int) -> None:
    """Take `keep_from` back: the descriptor is closed, and another file may get its number."""
    _descriptors.discard(descriptor)


def keep_sockets_from(address: str | int) -> None:
    """Close in every child the sockets of a server at `address`, a socket's path or a port: the one
    that listens, and its connections.
    """
    _install()
    _addresses.add(address)


def leave_sockets_of(address: str | int) -> None:
    """Take `keep_sockets_from` back: the server has gone."""
    _addresses.discard(address)


def tell(callback: Callable[[], None]) -> None:
    """Call `callback` in every child, before anything else runs there."""
    _install()
    _callbacks.append(callback)


def forget(callback: Callable[[], None]) -> None:
    """Take `tell` back."""
    with contextlib.suppress(ValueError):
        _callbacks.remove(callback)


def _install() -> None:
    global _installed
    if not _installed and hasattr(os, "register_at_fork"):
        _installed = True
        os.register_at_fork(
            before=_block_signals,
            after_in_parent=_unblock_signals,
            after_in_child=_in_child,
        )


def _block_signals() -> None:
    _mask.before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def _unblock_signals() -> None:
    if _mask.before is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _mask.before)
        _mask.before = None


def _in_child() -> None:
    try:
        for callback in tuple(_callbacks):
            callback()
        _close_all()
    finally:
        _unblock_signals()


def _close_all() -> None:
    """Put nothing in the place of what is closed: a number that is free would be taken by another
    file, and who still thinks it is his would close that.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in _descriptors.union(_sockets() if _addresses else ()):
        with contextlib.suppress(OSError):
            os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)
    _descriptors.clear()


def _sockets() -> Iterable[int]:
    """The sockets of this process that belong to the addresses."""
    try:
        numbers = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        return
    for number in numbers:
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            looked_at = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        with looked_at, contextlib.suppress(OSError):
            if not _addresses.isdisjoint(_places(looked_at)):
                yield number


def _places(of: socket.socket) -> Iterator[str | int]:
    """Where a socket is bound to, and where it leads if we may be at the other end too."""
    name = of.getsockname()
    if isinstance(name, tuple):
        yield name[1]
    elif isinstance(name, str):
        yield name
        with contextlib.suppress(OSError):  # it leads nowhere
            yield of.getpeername()
