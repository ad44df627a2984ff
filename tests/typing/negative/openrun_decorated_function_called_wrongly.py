"""A decorated method keeps its signature."""

from openrun_plugin import Module, function


class Store(Module):
    @function(is_read=True)
    def find(self, word: str) -> int:
        return len(word)


Store().find(1)  # error
