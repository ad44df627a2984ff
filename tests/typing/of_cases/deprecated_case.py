"""Setting a deprecated case of a oneof."""

from __future__ import annotations

from deprecated_sdk import models

paper = models.Paper(back=models.Paper.Back.Seal("wax"))  # error
