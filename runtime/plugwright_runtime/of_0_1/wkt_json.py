"""See the package."""

from plugwright_runtime.message.wkt_json import NullValue

__all__ = ["NullValue"]
