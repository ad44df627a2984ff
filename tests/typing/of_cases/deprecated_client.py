"""A client of a deprecated service."""

from __future__ import annotations

from deprecated_sdk import clients

client = clients.OldServiceClient("localhost:1")  # error
