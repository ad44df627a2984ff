"""How is a long result fetched bit by bit? An iterable of either kind in, batches of items out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Iterable
from typing import Any

from openrun_plugin.models import StarValue

from .encoding import Encoder
from .running import Runner, UserError

# A batch is sent when it is so long, or so old: an app may iterate over what comes in slowly.
BATCH_ITEMS = 100
BATCH_BYTES = 1024 * 1024
BATCH_SECONDS = 0.1
ITEM_BYTES = 56 * 1024 * 1024  # so that there is room for a batch before it


class OpenCursor:
    """A cursor that an app reads. An error of the iterable is told after the items before it."""

    def __init__(
        self, items: Iterable[Any] | AsyncIterable[Any], name: str, runner: Runner
    ) -> None:
        self._items: Any = items
        self._iterator: Any = None  # of either kind, once it is read
        self._name = name
        self._runner = runner
        self._count = 0
        self._error: BaseException | None = None

    async def next(self, most: int) -> tuple[list[StarValue], bool]:
        """Up to `most` items, and whether they are the last ones; raises UserError."""
        batch = _Batch(most if most > 0 else BATCH_ITEMS, self._name, self._count)
        if self._error is not None:
            raise UserError(self._error)
        coroutine = isinstance(self._items, AsyncIterable)
        try:
            done: bool = await self._runner.run(
                self._take_async if coroutine else self._take, batch
            )
        except UserError as error:
            if not batch.items:
                raise
            self._error = error.cause
            done = False
        self._count += len(batch.items)
        return batch.items, done

    def _take(self, batch: _Batch) -> bool:
        if self._iterator is None:
            self._iterator = iter(self._items)
        return all(not batch.add(item) for item in self._iterator)

    async def _take_async(self, batch: _Batch) -> bool:
        if self._iterator is None:
            self._iterator = aiter(self._items)
        async for item in self._iterator:
            if batch.add(item):
                return False
        return True

    async def close(self) -> None:
        """Close the generator, if it is one; it can be closed again."""
        target = self._items if self._iterator is None else self._iterator
        for name in ("aclose", "close"):
            close = getattr(target, name, None)
            if close is not None:
                await self._runner.run(close)
                return


class _Batch:
    """The items of one answer."""

    def __init__(self, most: int, name: str, count: int) -> None:
        self.items: list[StarValue] = []
        self._most = most
        self._name = name
        self._count = count
        self._encoder = Encoder(functions=())  # the server takes none in an item
        self._until = time.monotonic() + BATCH_SECONDS

    def add(self, item: Any) -> bool:
        """Add one item; whether the batch is full."""
        place = f"{self._name}()[{self._count + len(self.items)}]"
        encoded = self._encoder.encode_within(item, place, ITEM_BYTES)
        self.items.append(encoded)
        return (
            len(self.items) >= self._most
            or self._encoder.weight >= BATCH_BYTES
            or time.monotonic() >= self._until
        )
