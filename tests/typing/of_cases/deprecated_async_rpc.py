"""Awaiting a deprecated RPC."""

from __future__ import annotations

from deprecated_sdk import models
from deprecated_sdk.clients import AsyncPressClient


async def stamp(client: AsyncPressClient) -> models.Paper:
    return await client.stamp(models.Paper())  # error
