"""A class that serves none of the services is no plugin."""

from __future__ import annotations

from sdk import run_plugin


class Mine:
    pass


def main() -> None:
    run_plugin(Mine)  # error
