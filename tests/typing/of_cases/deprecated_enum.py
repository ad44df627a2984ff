"""Naming a deprecated enum."""

from __future__ import annotations

from deprecated_sdk import models

kind = models.OldKind.UNSPECIFIED  # error
