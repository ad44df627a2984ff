"""Where pickles of 0.1 look for what makes a time again; goes in 0.3."""

from .message.nanotime import nano_datetime, nano_timedelta

__all__ = ["nano_datetime", "nano_timedelta"]
