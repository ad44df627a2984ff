"""An option of `function` is misspelt."""

from openrun_plugin import Module, function


class Store(Module):
    @function(read=True)  # error
    def count(self) -> int:
        return 0
