"""See the package."""

from plugwright_runtime.message.wkt_any import AnyMessage, Empty, FieldMask

__all__ = ["AnyMessage", "Empty", "FieldMask"]
