"""Building a deprecated message."""

from __future__ import annotations

from deprecated_sdk import models

old = models.Parchment(text="a")  # error
