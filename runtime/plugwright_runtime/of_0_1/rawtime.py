"""See the package."""

from plugwright_runtime.message.rawtime import RawDatetime, RawTimedelta

__all__ = ["RawDatetime", "RawTimedelta"]
