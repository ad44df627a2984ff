"""A field of the user is misspelt."""

from openrun_plugin import Call


def who(call: Call) -> str:
    return call.user.user_mail  # error
