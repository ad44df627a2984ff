"""Whether a function only reads is a bool."""

from openrun_plugin import Module, function


class Store(Module):
    @function(is_read="yes")  # error
    def count(self) -> int:
        return 0
