"""What is deferred is a function, not its result."""

from openrun_plugin import Call


def close() -> None:
    pass


def begin(call: Call) -> None:
    call.session.defer("transaction", close())  # error
