"""How large may a message be? Asked by clients, servers and launch styles; loads nothing."""

from __future__ import annotations

# What plugin hosts send in one message: files, and lists without paging.
MAX_MESSAGE_BYTES = 100 * 1024 * 1024


def message_limits(size: int = MAX_MESSAGE_BYTES) -> list[tuple[str, int]]:
    """gRPC options of a channel or server for messages of up to `size` bytes, both ways."""
    names = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
    return [(name, size) for name in names]
