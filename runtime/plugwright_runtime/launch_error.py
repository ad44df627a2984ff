"""Why can a process not start as a plugin? Apart from `errors`, which imports grpc."""

from __future__ import annotations


class LaunchError(Exception):
    """The process cannot start as a plugin; the text says why and what to do. Exit code 1."""
