"""Calling a deprecated RPC."""

from __future__ import annotations

from deprecated_sdk import models
from deprecated_sdk.clients import PressClient


def stamp(client: PressClient) -> models.Paper:
    return client.stamp(models.Paper())  # error
