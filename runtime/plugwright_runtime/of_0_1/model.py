"""See the package."""

from plugwright_runtime.message.model import EMPTY_DICT, EMPTY_LIST, UNSET

__all__ = ["EMPTY_DICT", "EMPTY_LIST", "UNSET"]
