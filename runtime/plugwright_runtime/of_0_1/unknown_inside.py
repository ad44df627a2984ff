"""See the package."""

from plugwright_runtime.message.unknown_inside import Kept

__all__ = ["Kept"]
