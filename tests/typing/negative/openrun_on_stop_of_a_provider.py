"""The end of a provider belongs to the SDK: modules have `on_stop`."""

from openrun_plugin import Provider


class Demo(Provider):
    async def on_stop(self) -> None:  # error
        pass
