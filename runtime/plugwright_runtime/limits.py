"""How large may a message be, and a status? Asked by clients, servers and launch styles; loads
nothing.
"""

from __future__ import annotations

# What plugin hosts send in one message: files, and lists without paging.
MAX_MESSAGE_BYTES = 100 * 1024 * 1024


def message_limits(size: int = MAX_MESSAGE_BYTES) -> list[tuple[str, int]]:
    """gRPC options of a channel or server for messages of up to `size` bytes, both ways."""
    names = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
    return [(name, size) for name in names]


# A status travels in HTTP/2 trailers: a text, percent-encoded, and details, whose message has the
# text again. Of its peers' trailers C-core takes 8 to 16 KiB and so does hyper, but grpc-go 16 MiB.
STATUS_BYTES = 4096
STATUS_BYTES_OF_GO = 1024 * 1024
MOST_STATUS_BYTES = 4 * 1024 * 1024


def metadata_limits() -> list[tuple[str, int]]:
    """gRPC options of a channel that takes the largest status a peer may send."""
    names = ("grpc.max_metadata_size", "grpc.absolute_max_metadata_size")
    return [(name, 4 * MOST_STATUS_BYTES) for name in names]


def checked_status_bytes(size: int) -> int:
    """`size`, if a status may have so many bytes; raises ValueError."""
    if not 256 <= size <= MOST_STATUS_BYTES:
        raise ValueError(f"max_status_bytes must be 256 to {MOST_STATUS_BYTES}, not {size}")
    return size
