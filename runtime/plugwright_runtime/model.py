"""Where pickles of 0.1 look for the defaults of models; goes in 0.3."""

from .message.model import EMPTY_DICT, EMPTY_LIST, UNSET

__all__ = ["EMPTY_DICT", "EMPTY_LIST", "UNSET"]
