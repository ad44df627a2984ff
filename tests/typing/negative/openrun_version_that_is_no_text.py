"""The version is a text."""

from openrun_plugin import Provider


class Demo(Provider):
    version = 1.0  # error
