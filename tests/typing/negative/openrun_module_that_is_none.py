"""A provider's modules are classes of modules."""

from openrun_plugin import Provider


class Demo(Provider):
    modules = (str,)  # error
