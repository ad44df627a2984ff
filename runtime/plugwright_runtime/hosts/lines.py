"""How do bytes become lines, of which a stranger decides how long they are?"""

from __future__ import annotations

from collections.abc import Iterator

MOST = 65_536  # bytes of one line; go-plugin hosts read lines of less


class Lines:
    """Splits what is fed to it. The rest of a line of more than `MOST` bytes is left out, and its
    number of bytes told behind it.
    """

    def __init__(self) -> None:
        self._begun = bytearray()
        self._left_out = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete, without their breaks."""
        *complete, rest = data.split(b"\n")
        for part in complete:
            self._add(part)
            yield self.end()
        self._add(rest)

    def end(self) -> bytes:
        """What has been fed since the last line break."""
        line = bytes(self._begun.removesuffix(b"\r"))
        if self._left_out:
            line += b" ...[%d bytes cut]" % self._left_out
        self._begun.clear()
        self._left_out = 0
        return line

    @property
    def unfinished(self) -> bool:
        return bool(self._begun)

    def _add(self, part: bytes) -> None:
        room = MOST - len(self._begun)
        self._begun += part[:room]
        self._left_out += max(len(part) - room, 0)
