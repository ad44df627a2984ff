"""See the package."""

from plugwright_runtime.message.nanotime import nano_datetime, nano_timedelta

__all__ = ["nano_datetime", "nano_timedelta"]
