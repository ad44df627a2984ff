"""A provider is run, not one of its modules."""

from openrun_plugin import Module, run_provider


class Store(Module):
    pass


run_provider(Store)  # error
